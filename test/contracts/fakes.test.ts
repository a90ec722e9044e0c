import { FakeCards } from "../fakes/cards.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeLedger } from "../fakes/ledger.ts";
import { cardsContract } from "./cards.ts";
import { ledgerContract } from "./ledger.ts";
import { outboxContract } from "./outbox.ts";

ledgerContract("in memory", async () => {
  const ledger = new FakeLedger(new FakeClock());
  return { host: () => ledger };
});

outboxContract("in memory", async () => {
  const clock = new FakeClock();
  const ledger = new FakeLedger(clock);
  return { clock, host: () => ({ ledger, outbox: ledger }) };
});

cardsContract("in memory", async () => {
  const clock = new FakeClock();
  const cards = new FakeCards(clock);
  return { clock, host: () => cards };
});

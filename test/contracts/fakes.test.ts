import { FakeIndex } from "../fakes/audit-index.ts";
import { FakeCards } from "../fakes/cards.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeConsumers } from "../fakes/consumers.ts";
import { FakeLedger } from "../fakes/ledger.ts";
import { FakePolicyVersions } from "../fakes/policy-store.ts";
import { FakeWatch } from "../fakes/watch.ts";
import { auditIndexContract } from "./audit-index.ts";
import { cardsContract } from "./cards.ts";
import { consumersContract } from "./consumers.ts";
import { ledgerContract } from "./ledger.ts";
import { outboxContract } from "./outbox.ts";
import { policyVersionsContract } from "./policy-versions.ts";
import { requestListContract } from "./request-list.ts";
import { watchContract } from "./watch.ts";

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

watchContract("in memory", async () => {
  const clock = new FakeClock();
  const watch = new FakeWatch(clock);
  return {
    clock,
    host: () => watch,
    waiting: async () => watch.messages.length,
    take: async () => {
      const message = watch.take();
      return message && { serviceId: message.service.id, door: message.door };
    },
  };
});

auditIndexContract("in memory", async () => new FakeIndex());
requestListContract("in memory", async () => new FakeIndex());
consumersContract("in memory", async () => new FakeConsumers());
policyVersionsContract("in memory", async () => {
  const versions = new FakePolicyVersions();
  return { host: () => versions };
});

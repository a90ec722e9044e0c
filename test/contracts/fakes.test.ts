import { FakeClock } from "../fakes/clock.ts";
import { FakeLedger } from "../fakes/ledger.ts";
import { ledgerContract } from "./ledger.ts";

ledgerContract("in memory", async () => {
  const ledger = new FakeLedger(new FakeClock());
  return { host: () => ledger };
});

import { FakeAnchors, FakeArchive } from "../fakes/audit.ts";
import { FakeIndex } from "../fakes/audit-index.ts";
import { FakeCards } from "../fakes/cards.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeConsumers } from "../fakes/consumers.ts";
import { FakeIndexCare } from "../fakes/index-care.ts";
import { FakeLedger } from "../fakes/ledger.ts";
import { FakePolicyVersions } from "../fakes/policy-store.ts";
import { fakePorts } from "../fakes/ports.ts";
import { FakeWatch } from "../fakes/watch.ts";
import { auditIndexContract } from "./audit-index.ts";
import { cardsContract } from "./cards.ts";
import { consumersContract } from "./consumers.ts";
import { evidenceContract } from "./evidence.ts";
import { indexCareContract } from "./index-care.ts";
import { ledgerContract } from "./ledger.ts";
import { outboxContract } from "./outbox.ts";
import { policyVersionsContract } from "./policy-versions.ts";
import { requestListContract } from "./request-list.ts";
import { simultaneousVotesSuite } from "./simultaneous-votes.ts";
import { trailContract } from "./trail.ts";
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

evidenceContract("in memory", async () => ({ archive: new FakeArchive(), anchors: new FakeAnchors() }));
trailContract("in memory", async () => {
  const ledger = new FakeLedger(new FakeClock());
  return { ledger, trail: ledger };
});
indexCareContract("in memory", async () => {
  const index = new FakeIndex();
  return { index, care: new FakeIndexCare(index) };
});
auditIndexContract("in memory", async () => new FakeIndex());
requestListContract("in memory", async () => new FakeIndex());
consumersContract("in memory", async () => new FakeConsumers());
simultaneousVotesSuite("in memory", async () => {
  const ports = fakePorts();
  return () => ports;
});
policyVersionsContract("in memory", async () => {
  const versions = new FakePolicyVersions();
  return { host: () => versions };
});

import { describe } from "node:test";
import { AuditIndex } from "../../src/azure/audit-index.ts";
import { AuditTrail } from "../../src/azure/audit-trail.ts";
import { openEvidence } from "../../src/azure/blob-container.ts";
import { ConsumerTable } from "../../src/azure/consumer-table.ts";
import { IndexTableCare } from "../../src/azure/index-care.ts";
import { openLedger, type StoredLedger } from "../../src/azure/ledger.ts";
import { PolicyVersionTable } from "../../src/azure/policy-version-table.ts";
import { auditIndexContract } from "../contracts/audit-index.ts";
import { cardsContract } from "../contracts/cards.ts";
import { consumersContract } from "../contracts/consumers.ts";
import { evidenceContract } from "../contracts/evidence.ts";
import { indexCareContract } from "../contracts/index-care.ts";
import { ledgerContract } from "../contracts/ledger.ts";
import { outboxContract } from "../contracts/outbox.ts";
import { policyVersionsContract } from "../contracts/policy-versions.ts";
import { requestListContract } from "../contracts/request-list.ts";
import { simultaneousVotesSuite } from "../contracts/simultaneous-votes.ts";
import { trailContract } from "../contracts/trail.ts";
import { watchContract } from "../contracts/watch.ts";
import { FakeArchive } from "../fakes/audit.ts";
import { FakeClock } from "../fakes/clock.ts";
import { auditHost, clockAhead } from "./audit-host.ts";
import { openWatch } from "./queue-world.ts";
import { azuriteWorld } from "./storage-world.ts";
import { consumersSuite } from "./suites/consumers.ts";
import { conversationsSuite } from "./suites/conversations.ts";
import { damagedEntriesSuite } from "./suites/damaged-entries.ts";
import { indexCostSuite } from "./suites/index-cost.ts";
import { keepingSuite } from "./suites/keeping.ts";
import { lookThroughSuite } from "./suites/look-through.ts";
import { lostAnswersSuite } from "./suites/lost-answers.ts";
import { manyWritersSuite } from "./suites/many-writers.ts";
import { outboxMarkersSuite } from "./suites/outbox-markers.ts";
import { policiesSuite } from "./suites/policies.ts";
import { storageSuite } from "./suites/storage.ts";
import { sweepJournalSuite } from "./suites/sweep-journal.ts";
import { tamperingSuite } from "./suites/tampering.ts";
import { unreadableSuite } from "./suites/unreadable.ts";
import { versionsSuite } from "./suites/versions.ts";
import { watchWireSuite } from "./suites/watch-wire.ts";

// One Azurite for all of them: it takes seconds to start.
describe("storage on Azurite", () => {
  const world = azuriteWorld();

  storageSuite(world);
  unreadableSuite(world);
  damagedEntriesSuite(world);

  const opens =
    <T>(part: (stored: StoredLedger) => T) =>
    async () => {
      const { again } = await world.storage("ledger");
      const clock = new FakeClock();
      return { clock, host: () => part(openLedger(again().ledger, clock)) };
    };
  ledgerContract(
    "Table Storage",
    opens(({ ledger }) => ledger),
  );
  outboxContract(
    "Table Storage",
    opens((stored) => stored),
  );
  cardsContract(
    "Table Storage",
    opens(({ cards }) => cards),
  );
  const openIndex = async () => new AuditIndex((await world.storage("index")).storage.index);
  auditIndexContract("Table Storage", openIndex);
  requestListContract("Table Storage", openIndex);
  evidenceContract("blobs", async () => {
    const { place } = await world.storage();
    return openEvidence({ connectionString: place.connectionString }, place.prefix);
  });
  trailContract("Table Storage", async () => {
    const { storage } = await world.storage("ledger");
    const { ledger } = openLedger(storage.ledger, new FakeClock());
    return { ledger, trail: new AuditTrail(storage.ledger, new FakeArchive()) };
  });
  indexCareContract("Table Storage", async () => {
    const { index } = (await world.storage("index")).storage;
    return { index: new AuditIndex(index), care: new IndexTableCare(index) };
  });
  watchContract("Table Storage and a queue", () => openWatch(world));
  consumersContract(
    "Table Storage",
    async () => new ConsumerTable((await world.storage("consumers")).storage.consumers),
  );
  policyVersionsContract("Table Storage", async () => {
    const { again } = await world.storage("policies");
    return { host: () => new PolicyVersionTable(again().policies) };
  });
  lostAnswersSuite(world);
  outboxMarkersSuite(world);
  lookThroughSuite(world);
  manyWritersSuite(world);
  simultaneousVotesSuite("Table Storage", async () => {
    const { again } = await world.storage("ledger", "index");
    return () =>
      auditHost(
        again(),
        clockAhead(() => 0),
      );
  });
  watchWireSuite(world);
  versionsSuite(world);
  sweepJournalSuite(world);
  indexCostSuite(world);
  consumersSuite(world);
  conversationsSuite(world);
  policiesSuite(world);
  tamperingSuite(world);
  keepingSuite(world);
});

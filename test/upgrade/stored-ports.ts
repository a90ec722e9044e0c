import { AuditIndex } from "../../src/azure/audit-index.ts";
import { AuditTrail } from "../../src/azure/audit-trail.ts";
import { openEvidence } from "../../src/azure/blob-container.ts";
import { ConsumerTable } from "../../src/azure/consumer-table.ts";
import { ConversationTable } from "../../src/azure/conversation-table.ts";
import { IndexTableCare } from "../../src/azure/index-care.ts";
import { openLedger } from "../../src/azure/ledger.ts";
import { PolicyStore } from "../../src/azure/policy-store.ts";
import { PolicyVersionTable } from "../../src/azure/policy-version-table.ts";
import { openStorage } from "../../src/azure/storage.ts";
import { SweepJournalRow } from "../../src/azure/sweep-journal.ts";
import { WatchTable } from "../../src/azure/watch-table.ts";
import type { PrivateLinkService } from "../../src/connection/connection.ts";
import { stage } from "../workflow/stage.ts";

/** A host with all of its store on Azurite; ARM, directory and Teams are in memory. */
export function storedPorts(connectionString: string, services: readonly PrivateLinkService[]) {
  const storage = openStorage({ connectionString });
  const evidence = openEvidence({ connectionString });
  const { clock, ...rest } = stage(services);
  const trail = new AuditTrail(storage.ledger, evidence.archive);
  return {
    ...rest,
    ...openLedger(storage.ledger, clock, undefined, evidence.archive),
    ...evidence,
    clock,
    trail,
    indexCare: new IndexTableCare(storage.index),
    index: new AuditIndex(storage.index),
    policies: new PolicyStore(storage.policies),
    versions: new PolicyVersionTable(storage.policies),
    consumers: new ConsumerTable(storage.consumers),
    conversations: new ConversationTable(storage.conversations),
    watch: new WatchTable(storage.services, storage.reviews, clock),
    sweeps: new SweepJournalRow(storage.services),
    storage,
  };
}

export type StoredPorts = ReturnType<typeof storedPorts>;

import { AuditTrail } from "../../src/azure/audit-trail.ts";
import { openEvidence } from "../../src/azure/blob-container.ts";
import { IndexTableCare } from "../../src/azure/index-care.ts";
import { openLedger } from "../../src/azure/ledger.ts";
import { openStorage } from "../../src/azure/storage.ts";
import { rowVersions } from "../../src/ledger/row-versions.ts";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import type { RequestId, ServiceKey } from "../../src/requests/request-id.ts";
import { verifyAudit } from "../../src/workflow/verify-audit.ts";

export type Look = Awaited<ReturnType<typeof look>>;

/** What stands in the store, read by whatever version of plgate this file was bundled with. */
export async function look(connectionString: string) {
  const storage = openStorage({ connectionString });
  const evidence = openEvidence({ connectionString });
  const trail = new AuditTrail(storage.ledger, evidence.archive);
  const audit = { ...evidence, trail, indexCare: new IndexTableCare(storage.index) };
  const verdict = await verifyAudit({ anchors: false, index: true }, audit);
  const { ledger } = openLedger(storage.ledger, { now: () => new Date() }, undefined, evidence.archive);
  const requests: ApprovalRequest[] = [];
  const events: { readonly kind: string; readonly request: string | null }[] = [];
  const chains: ServiceKey[] = [];
  for await (const chain of trail.chains()) {
    chains.push(chain);
    for (const id of await requestsIn(chain, trail))
      requests.push(...[(await ledger.request(id))?.request ?? []].flat());
    for await (const event of ledger.events(chain)) events.push({ kind: event.kind, request: event.requestId });
  }
  return { verdict, requests, events, chains, knows: rowVersions };
}

async function requestsIn(chain: ServiceKey, trail: AuditTrail): Promise<readonly RequestId[]> {
  const ids: RequestId[] = [];
  for await (const state of trail.states(chain)) if ("request" in state) ids.push(state.request.id);
  return ids;
}

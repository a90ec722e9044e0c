import { AuditIndex } from "../../src/azure/audit-index.ts";
import { openLedger } from "../../src/azure/ledger.ts";
import type { Storage } from "../../src/azure/storage.ts";
import { compilePolicy } from "../../src/policy/compile.ts";
import { aConnectionRef, anEndpoint, aServiceRef, connection, consumer, customer, service } from "../builders.ts";
import { review, stage } from "../workflow/stage.ts";

const silver = "88888888-0000-4000-8000-000000000008";
const blocked = "bbbbbbbb-0000-4000-8000-00000000000b";
const pls = "pls-payments";

/** Puts three requests on record, judged by the policy of docs/policies.md: of a gold, a silver and a blocked customer. */
export async function paymentsHistory(storage: Storage, source: string): Promise<void> {
  const compiled = compilePolicy(source, "payments.yaml");
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  const connections = [customer, silver, blocked].map((subscription, at) =>
    connection({
      ref: aConnectionRef(`pe-${at}.${at}`, aServiceRef(pls)),
      endpoint: anEndpoint(`pe-${at}`, subscription),
    }),
  );
  const ports = stage([service({ ref: aServiceRef(pls), tags: { app: "payments" }, connections })]);
  ports.policies.set([{ policy: compiled.policy, version: 1 }]);
  ports.consumers.put(consumer({ subscriptionId: silver, name: "Fabrikam", tier: "silver" }));
  ports.consumers.put(consumer({ subscriptionId: blocked, name: "Tailwind" }));
  await review({ ...ports, ...openLedger(storage.ledger, ports.clock), index: new AuditIndex(storage.index) }, pls);
}

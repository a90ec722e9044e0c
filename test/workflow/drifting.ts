import assert from "node:assert/strict";
import type { Connection, PrivateLinkService } from "../../src/connection/connection.ts";
import type { Finding } from "../../src/ledger/standing-finding.ts";
import { compilePolicy } from "../../src/policy/compile.ts";
import type { PolicyInForce } from "../../src/policy/evaluate.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import type { Ports, Settings } from "../../src/workflow/ports.ts";
import { aConnectionRef, anEndpoint, aServiceRef, connection, service } from "../builders.ts";
import { auditOf, blocked, reviewers, stage } from "./stage.ts";

/** A consumer that no registry knows: policy asks people about it. */
export const stranger = "77777777-0000-4000-8000-000000000007";

type Wish = {
  readonly drift?: string;
  readonly approves?: string;
  readonly rejects?: string;
  readonly version?: number;
};

/** A policy that approves the registered, rejects the blocked, and says this of drift. */
export function driftPolicy({
  drift = "record",
  approves = "true",
  rejects = blocked,
  version = 1,
}: Wish): PolicyInForce {
  const source = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: drifting
defaultReview: { by: [network] }
reviewers: { network: { entraGroup: ${reviewers} } }
drift: ${drift}
rules:
  - { id: blocked, effect: reject, because: On the block list., when: { consumer.subscriptionId: ${rejects} } }
  - { id: customer, effect: approve, because: A registered customer., when: { consumer.registered: ${approves} } }
`;
  const compiled = compilePolicy(source, "drifting.yaml");
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.faults));
  return { policy: compiled.policy, version };
}

/** A service where these connections stand as they are before plgate looks for the first time. */
export function drifting(wish: Wish, shown: Partial<PrivateLinkService>, settings: Partial<Settings> = {}) {
  const ports = stage([service(shown)], settings);
  ports.policies.set([driftPolicy(wish)]);
  return ports;
}

/** One that ARM shows as Approved, of a consumer whom nobody knows unless it is said. */
export function approved(name = "pe-x", subscription = stranger): Connection {
  const ref = aConnectionRef(`${name}.1`);
  return connection({ ref, status: "Approved", description: "Approved", endpoint: anEndpoint(name, subscription) });
}

export async function findingsOf(ports: Ports): Promise<readonly Finding[]> {
  return (await ports.ledger.unsettled(serviceKey(aServiceRef().id))).findings;
}

export async function foundKinds(ports: Ports): Promise<readonly string[]> {
  return (await findingsOf(ports)).map(({ kind }) => kind).sort();
}

/** What was put on record about drift, in order. */
export async function driftOnRecord(ports: Ports): Promise<readonly string[]> {
  const events = await auditOf(ports);
  return events.filter(({ kind }) => kind.startsWith("drift-")).map(({ kind, what }) => `${kind}: ${what}`);
}

import assert from "node:assert/strict";
import type { Connection, PrivateLinkService } from "../../src/connection/connection.ts";
import { verifyChain } from "../../src/ledger/chain.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import { compilePolicy } from "../../src/policy/compile.ts";
import type { PolicyInForce } from "../../src/policy/evaluate.ts";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import { connectionKey, serviceKey } from "../../src/requests/request-id.ts";
import type { Ports, Settings } from "../../src/workflow/ports.ts";
import { reviewService } from "../../src/workflow/review-service.ts";
import { aServiceRef, consumer, service } from "../builders.ts";
import { fakePorts } from "../fakes/ports.ts";

export const reviewers = "55555555-0000-4000-8000-000000000005";
export const megan = "aaaaaaaa-0000-4000-8000-000000000001";
export const blocked = "bbbbbbbb-0000-4000-8000-00000000000b";
export const tenant = "22222222-0000-4000-8000-000000000002";

const source = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: stage
defaultReview: { by: [network] }
lists: { blocked: [${blocked}] }
reviewers: { network: { entraGroup: ${reviewers} } }
rules:
  - { id: blocked, effect: reject, because: On the block list., when: { consumer.subscriptionId: { inList: blocked } } }
  - id: customer
    effect: approve
    because: A registered customer within quota.
    when: { consumer.registered: true, consumer.connectionsOnService: { lessThan: 2 }, history.rejectedBefore: false }
`;

export function stagePolicy(): PolicyInForce {
  const compiled = compilePolicy(source, "stage.yaml");
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.faults));
  return { policy: compiled.policy, version: 1 };
}

/** Fakes with one service, a policy that approves registered customers, and one registered customer. */
export function stage(services: readonly PrivateLinkService[] = [service()], settings: Partial<Settings> = {}) {
  const fallbackReviewers = [{ group: reviewers, name: "fallback", approvals: 1 }];
  const ports = fakePorts(services, { fallbackReviewers, tenantId: tenant, ...settings });
  ports.policies.set([stagePolicy()]);
  ports.consumers.put(consumer());
  ports.directory.add(reviewers, megan);
  return ports;
}

export type Stage = ReturnType<typeof stage>;

export function review(ports: Ports, name?: string) {
  return reviewService(aServiceRef(name), "event", ports);
}

export async function requestOf(ports: Ports, connection: Connection): Promise<ApprovalRequest | undefined> {
  const key = serviceKey(connection.ref.service.id);
  return (await ports.ledger.latestOf(key, connectionKey(connection.ref.id)))?.request;
}

export async function auditOf(ports: Ports, name?: string): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const event of ports.ledger.events(serviceKey(aServiceRef(name).id))) events.push(event);
  return events;
}

export async function kindsOf(ports: Ports): Promise<readonly string[]> {
  return (await auditOf(ports)).map(({ kind }) => kind);
}

export async function assertChainHolds(ports: Ports): Promise<void> {
  const key = serviceKey(aServiceRef().id);
  assert.deepEqual((await verifyChain(ports.ledger.events(key), await ports.ledger.head(key))).ok, true);
}

/** The same ports under other settings, as after a restart with another mode. */
export function restarted(ports: Stage, settings: Partial<Settings>): Stage {
  return { ...ports, settings: { ...ports.settings, ...settings } };
}

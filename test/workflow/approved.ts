import assert from "node:assert/strict";
import type { Connection } from "../../src/connection/connection.ts";
import { compilePolicy } from "../../src/policy/compile.ts";
import type { PolicyInForce } from "../../src/policy/evaluate.ts";
import type { LiveApproval } from "../../src/requests/live-approval.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import type { Ports, Settings } from "../../src/workflow/ports.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { verifyAudit } from "../../src/workflow/verify-audit.ts";
import { aServiceRef, connection, service } from "../builders.ts";
import { megan, requestOf, review, reviewers, type Stage, stage, tenant } from "./stage.ts";

export const hour = 3600;
export const day = 24 * hour;

/** Lets everybody in, for as long as is said; asks `network` about the rest. */
export function limitedPolicy(expiresAfter: string | null, version = 1): PolicyInForce {
  const limit = expiresAfter ? `expiresAfter: ${expiresAfter}, ` : "";
  const source = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: stage
reviewers: { network: { entraGroup: ${reviewers} } }
defaultReview: { by: [network] }
rules: [{ id: all, effect: approve, because: Everybody., ${limit}when: { service.name: pls-a } }]
`;
  const compiled = compilePolicy(source, "stage.yaml");
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.faults));
  return { policy: compiled.policy, version };
}

/** A stage on which policy approved the connections at 10:00 on the 24th, for as long as is said. */
export async function approvedFor(
  expiresAfter: string | null,
  settings: Partial<Settings> = {},
  connections: readonly Connection[] = [connection()],
): Promise<Stage> {
  const ports = stage([service({ connections: [...connections] })], settings);
  ports.policies.set([limitedPolicy(expiresAfter)]);
  await review(ports);
  return ports;
}

/** Lets the time pass, in minutes' sweeps around the end of it, as the timer would. */
export async function pass(ports: Stage, seconds: number): Promise<void> {
  ports.clock.advance(seconds);
  await sweep(ports);
}

/** One sweep, and all the reviews that follow. */
export async function sweep(ports: Stage): Promise<number> {
  const { woken } = await reconcile(ports);
  while (ports.watch.take()) await review(ports);
  return woken;
}

export async function standing(ports: Ports): Promise<readonly LiveApproval[]> {
  return (await ports.ledger.unsettled(serviceKey(aServiceRef().id))).approvals;
}

export async function voteOn(
  ports: Stage,
  vote: "approve" | "reject",
  expiresAfter?: string,
  of: Connection = connection(),
) {
  const request = await requestOf(ports, of);
  const person = { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined };
  const outcome = await decideManually(
    {
      ...{ requestId: request?.id ?? "", vote, justification: "CHG-1", person, door: "api", correlation: "c" },
      ...(expiresAfter ? { expiresAfter } : {}),
    },
    ports,
  );
  while (ports.watch.take()) await review(ports);
  return outcome;
}

export async function liveRequest(ports: Stage, of: Connection = connection()) {
  const request = await requestOf(ports, of);
  assert.ok(request?.live, "no live request");
  return { ...request, live: request.live };
}

/** All that can be proved of the record is proved. */
export async function assertRecordHolds(ports: Stage): Promise<void> {
  const verdict = await verifyAudit({ anchors: false, index: true }, ports);
  assert.deepEqual([verdict.findings, verdict.chains.flatMap(({ findings }) => findings)], [[], []]);
}

export function statusOf(ports: Stage, of: Connection = connection()) {
  return ports.connections.shown(of.ref)?.status;
}

import assert from "node:assert/strict";
import type { Connection } from "../../src/connection/connection.ts";
import type { Actor } from "../../src/decision/decision.ts";
import { compilePolicy } from "../../src/policy/compile.ts";
import { runChain } from "../../src/requests/request-id.ts";
import type { Run } from "../../src/requests/run.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import type { Hand } from "../../src/workflow/record.ts";
import { type RunWish, startRun } from "../../src/workflow/runs.ts";
import { showRun } from "../../src/workflow/show-run.ts";
import { aConnectionRef, anEndpoint, connection, service } from "../builders.ts";
import { megan, requestOf, review, reviewers, type Stage, stage, tenant } from "./stage.ts";

export const ada = "dddddddd-0000-4000-8000-00000000000d";

export function handOf(ports: Pick<Ports, "clock">, objectId = megan): Hand {
  const who: Actor = { kind: "person", objectId, tenantId: tenant, name: objectId === megan ? "Megan" : "Ada" };
  return { who, door: "api", correlation: "c-1", clock: ports.clock };
}

export function wish(change: Partial<RunWish> = {}): RunWish {
  return {
    kind: "recertify",
    scope: {},
    note: "Quarterly review",
    within: "P14D",
    unanswered: "flag",
    cap: 1000,
    by: "remove",
    acknowledge: null,
    ...change,
  };
}

export async function started(ports: Ports, change: Partial<RunWish> = {}): Promise<Run> {
  const outcome = await startRun(wish(change), handOf(ports), ports);
  assert.ok(outcome.kind === "started", JSON.stringify(outcome));
  return outcome.run;
}

export const one = connection({ ref: aConnectionRef("pe-1.1"), endpoint: anEndpoint("pe-1") });
export const two = connection({ ref: aConnectionRef("pe-2.2"), endpoint: anEndpoint("pe-2") });

/** Two approved connections of a customer. */
export async function approved(settings: Parameters<typeof stage>[1] = {}): Promise<Stage> {
  const ports = stage([service({ connections: [one, two] })], settings);
  await review(ports);
  ports.clock.advance(60);
  return ports;
}

/** The sweep and the reviews that it causes. */
export async function sweep(ports: Stage): Promise<void> {
  await reconcile(ports);
  while (ports.watch.take()) await review(ports);
}

export async function answer(ports: Stage, about: Connection, vote: "approve" | "reject"): Promise<void> {
  const request = await requestOf(ports, about);
  const person = { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined };
  const outcome = await decideManually(
    { requestId: request?.id ?? "", vote, justification: "CHG-1", person, door: "teams", correlation: "c" },
    ports,
  );
  assert.equal(outcome.kind, "recorded", JSON.stringify(outcome));
  await review(ports);
}

export async function countsOf(ports: Stage, run: Run) {
  return (await showRun(run.id, ports))?.counts;
}

export async function runKinds(ports: Stage): Promise<readonly string[]> {
  const kinds: string[] = [];
  for await (const { kind } of ports.ledger.events(runChain)) kinds.push(kind);
  return kinds;
}

/** Puts a policy in force whose only rule has this effect for everybody; `review` asks people. */
export function putInForce(ports: Stage, effect: "approve" | "reject" | "review"): void {
  const rule = `{ id: all, effect: ${effect}, because: It is so., when: { consumer.registered: true } }`;
  const compiled = compilePolicy(
    `apiVersion: plgate/v1
kind: ApprovalPolicy
name: other
defaultReview: { by: [network] }
reviewers: { network: { entraGroup: ${reviewers} } }
rules:
  - ${effect === "review" ? rule.replace("review,", "review, review: { by: [network] },") : rule}
`,
    "other.yaml",
  );
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.faults));
  ports.policies.set([{ policy: compiled.policy, version: 2 }]);
}

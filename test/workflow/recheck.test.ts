import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { compilePolicy } from "../../src/policy/compile.ts";
import type { PolicyInForce } from "../../src/policy/evaluate.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { aServiceRef, connection, consumer, service } from "../builders.ts";
import {
  assertChainHolds,
  auditOf,
  kindsOf,
  megan,
  requestOf,
  restarted,
  review,
  type Stage,
  stage,
  stagePolicy,
  tenant,
} from "./stage.ts";

/* "Hold while full": the example policy `capacity` beside one that approves the customer. */

const source = readFileSync(new URL("../../policies/examples/capacity.yaml", import.meta.url), "utf8");
const customers = connection();
const { id: serviceId } = aServiceRef();

function compiled(text: string): PolicyInForce {
  const result = compilePolicy(text, "capacity.yaml");
  assert.ok(result.ok, result.ok ? "" : JSON.stringify(result.faults));
  return { policy: result.policy, version: 1 };
}

const capacity = compiled(source);
const blocking = compiled(`apiVersion: plgate/v1
kind: ApprovalPolicy
name: blocking
rules:
  - { id: retired, effect: reject, because: No such tier any more., when: { consumer.tier: retired } }
`);

/** A service whose NAT ports are nearly used up, asked for by a customer whom policy would approve. */
async function full(others: readonly PolicyInForce[] = []): Promise<Stage> {
  const ports = stage([service({ connections: [customers] })]);
  ports.policies.set([stagePolicy(), capacity, ...others]);
  ports.directory.add("55555555-0000-0000-0000-000000000005", megan);
  ports.metrics.used.set(serviceId, 92);
  await review(ports);
  return ports;
}

/** Time passes, and the sweep wakes what is due. */
async function passes(ports: Stage, minutes: number): Promise<void> {
  ports.clock.advance(minutes * 60);
  await reconcile(ports);
  while (ports.watch.take()) await review(ports);
}

async function lookAgainAt(ports: Stage): Promise<string | undefined> {
  const [watched] = await ports.watch.list();
  return watched?.lookAgainAt?.toISOString();
}

const asked = ["requested", "evaluated", "escalated"];

describe("A request that waits while its service is full", () => {
  it("is held back for people, with a look in an hour", async () => {
    const ports = await full();
    const request = await requestOf(ports, customers);
    assert.deepEqual(
      [request?.state, request?.verdict?.decidedBy, request?.recheck],
      ["awaiting-decision", ["nat-ports-full"], { every: "PT1H", since: "2026-11-24T10:00:00.000Z" }],
    );
    assert.equal(await lookAgainAt(ports), "2026-11-24T11:00:00.000Z");
    assert.deepEqual((await auditOf(ports)).at(-1)?.detail, {
      reviewers: [...(request?.reviewers ?? [])],
      recheck: "PT1H",
    });
  });

  it("is asked about again each hour, and nothing is put on record while the answer is the same", async () => {
    const ports = await full();
    await passes(ports, 60);
    await passes(ports, 60);
    assert.deepEqual(await kindsOf(ports), asked);
    assert.equal(ports.metrics.reads, 3);
    assert.equal(await lookAgainAt(ports), "2026-11-24T13:00:00.000Z");
  });

  it("is not judged more often than that, however often the service is looked at", async () => {
    const ports = await full();
    for (const _ of [1, 2, 3]) await review(ports);
    ports.clock.advance(3_600);
    for (const _ of [1, 2, 3]) await review(ports);
    assert.equal(ports.metrics.reads, 2);
  });

  it("is approved by policy once there is room, as after a change of policy", async () => {
    const ports = await full();
    await passes(ports, 60);
    ports.metrics.used.set(serviceId, 40);
    await passes(ports, 59);
    assert.equal((await requestOf(ports, customers))?.state, "awaiting-decision");
    await passes(ports, 1);
    const request = await requestOf(ports, customers);
    assert.deepEqual(
      [request?.state, request?.decided?.by.kind, request?.verdict?.decidedBy, request?.recheck],
      ["approved", "robot", ["customer"], undefined],
    );
    assert.deepEqual(await kindsOf(ports), [...asked, "evaluated", "decided", "applied"]);
    await assertChainHolds(ports);
    assert.equal(await lookAgainAt(ports), undefined);
  });

  it("goes on waiting when nobody can tell, and is approved when it can be told", async () => {
    const ports = await full();
    ports.metrics.broken = true;
    await passes(ports, 60);
    assert.deepEqual(await kindsOf(ports), asked);
    ports.metrics.broken = false;
    ports.metrics.used.delete(serviceId);
    await passes(ports, 60);
    assert.equal((await requestOf(ports, customers))?.state, "approved", "an idle service has room");
  });

  it("may be decided by people meanwhile, and is left alone then", async () => {
    const ports = await full();
    const id = (await requestOf(ports, customers))?.id ?? "";
    const person = { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined };
    const ballot = { requestId: id, vote: "reject", justification: "No.", door: "teams", correlation: "c" } as const;
    assert.equal((await decideManually({ ...ballot, person }, ports)).kind, "recorded");
    await review(ports);
    ports.metrics.used.delete(serviceId);
    await passes(ports, 120);
    assert.equal((await requestOf(ports, customers))?.state, "rejected");
    assert.equal(ports.metrics.reads, 1);
  });

  it("is never rejected by it: that stays with the people who were asked", async () => {
    const ports = await full([blocking]);
    await ports.consumers.put({ ...consumer(), tier: "retired" });
    await passes(ports, 60);
    assert.equal((await requestOf(ports, customers))?.state, "awaiting-decision");
    assert.deepEqual(await kindsOf(ports), asked);
  });

  it("is judged once by a host that knows nothing of it", async () => {
    const ports = await full();
    ports.metrics.used.delete(serviceId);
    ports.clock.advance(3_600);
    const other = { ...ports, ledger: Object.create(ports.ledger) as Stage["ledger"] };
    assert.notEqual(other.ledger, ports.ledger);
    await review(ports);
    assert.equal((await requestOf(ports, customers))?.state, "approved");
  });

  it("is not approved by a plgate that only observes", async () => {
    const ports = await full();
    const observing = restarted(ports, { mode: "observe" });
    ports.metrics.used.delete(serviceId);
    await passes(observing, 60);
    const request = await requestOf(ports, customers);
    assert.deepEqual([request?.state, request?.held?.effect], ["awaiting-decision", "approve"]);
    assert.equal(await lookAgainAt(ports), undefined);
  });
});

describe("The share of NAT ports in use", () => {
  it("is not read where no policy in force asks for it", async () => {
    const ports = stage([service({ connections: [customers] })]);
    await review(ports);
    assert.equal(ports.metrics.reads, 0);
    const facts = JSON.stringify((await auditOf(ports)).find(({ kind }) => kind === "evaluated")?.detail);
    assert.doesNotMatch(facts, /natPorts/);
    assert.match(facts, /"service\.connections\.total":1/);
  });

  it("is on record with the judgement that it was read for", async () => {
    const ports = await full();
    const facts = JSON.stringify((await auditOf(ports)).find(({ kind }) => kind === "evaluated")?.detail);
    assert.match(facts, /"service\.natPorts":92/);
  });
});

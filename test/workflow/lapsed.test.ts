import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compilePolicy } from "../../src/policy/compile.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import type { Hand } from "../../src/workflow/record.ts";
import { reopenRequest } from "../../src/workflow/reopen-request.ts";
import { verifyAudit } from "../../src/workflow/verify-audit.ts";
import { aConnectionRef, anEndpoint, connection, consumer, request, service, step } from "../builders.ts";
import {
  assertChainHolds,
  auditOf,
  kindsOf,
  megan,
  requestOf,
  restarted,
  review,
  reviewers,
  type Stage,
  stagePolicy,
  tenant,
} from "./stage.ts";
import { survives } from "./survival.ts";
import { askedAbout, deadline, stranger, strangersRequest } from "./timed.ts";

const hour = 3600;

/** A stage on which the stranger's request has expired. */
async function lapsed(): Promise<Stage> {
  const ports = await askedAbout({ deadlines: [deadline("PT10H")] });
  ports.clock.advance(10 * hour);
  await review(ports);
  assert.equal((await strangersRequest(ports)).state, "expired");
  return ports;
}

/** The stage's policy, and a rule that decides about the stranger. */
function deciding(effect: "approve" | "reject") {
  const source = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: stage
reviewers: { network: { entraGroup: ${reviewers} } }
defaultReview: { by: [network] }
rules: [{ id: all, effect: ${effect}, because: Everybody., when: { service.name: pls-a } }]
`;
  const compiled = compilePolicy(source, "stage.yaml");
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.faults));
  return { policy: compiled.policy, version: 2 };
}

/** The same stage, and how many single requests were read: in all, and at most at a time. */
function countingReads(ports: Stage) {
  let [reads, running, most] = [0, 0, 0];
  const latestOf: Ports["ledger"]["latestOf"] = async (...asked) => {
    reads += 1;
    running += 1;
    most = Math.max(most, running);
    const found = await ports.ledger.latestOf(...asked);
    running -= 1;
    return found;
  };
  const bound = (target: Stage["ledger"], name: string | symbol): unknown => {
    const member: unknown = Reflect.get(target, name, target);
    return typeof member === "function" ? member.bind(target) : member;
  };
  const get = (target: Stage["ledger"], name: string | symbol) =>
    name === "latestOf" ? latestOf : bound(target, name);
  return { ports: { ...ports, ledger: new Proxy(ports.ledger, { get }) }, reads: () => reads, most: () => most };
}

function handOf(ports: Ports): Hand {
  const who = { kind: "person", objectId: megan, tenantId: tenant, name: "Megan" } as const;
  return { who, door: "api", correlation: "c", clock: ports.clock };
}

async function reopened(ports: Ports, note = "CHG-1") {
  const ended = await requestOf(ports, stranger);
  return reopenRequest(ended?.id ?? "", handOf(ports), note, ports);
}

describe("A connection that nobody decided about in time", () => {
  it("is not asked about again, and nothing is written however often its service is reviewed", async () => {
    const ports = await lapsed();
    const told = ports.ledger.told.length;
    for (let day = 0; day < 5; day += 1) {
      ports.clock.advance(24 * hour);
      await reconcile(ports);
      await review(ports);
    }
    assert.equal(ports.ledger.told.length, told);
    assert.equal((await strangersRequest(ports)).round, 1);
  });

  it("causes no look by itself: the sweep finds nothing to do", async () => {
    const ports = await lapsed();
    await review(ports);
    ports.clock.advance(24 * hour);
    assert.equal((await reconcile(ports)).woken, 0);
  });

  it("costs a look one read of the ledger, and many are read at a time", async () => {
    const ports = await lapsed();
    const { verdict } = await strangersRequest(ports);
    const others = Array.from({ length: 40 }, (_, n) => connection({ ref: aConnectionRef(`pe-${n}.1`) }));
    for (const { ref } of others)
      await ports.ledger.commit(step({ request: request({ state: "expired", verdict }, ref) }));
    ports.connections.put(service({ connections: [stranger, ...others] }));
    const counted = countingReads(ports);
    ports.clock.advance(1);
    await review(counted.ports);
    assert.deepEqual([counted.reads(), counted.most() > 1], [41, true]);
    assert.equal(ports.ledger.told.at(-1)?.request.state, "expired");
  });

  it("is asked about when another endpoint has taken its place", async () => {
    const ports = await lapsed();
    const other = { ...stranger, endpoint: anEndpoint("pe-other", "77777777-0000-4000-8000-000000000007") };
    ports.connections.connect(other);
    await review(ports);
    const { round, state, previous } = await strangersRequest(ports);
    assert.deepEqual([round, state], [2, "awaiting-decision"]);
    assert.ok(previous?.endsWith("-1"));
  });

  it("is asked about again when its request ended in any other way", async () => {
    const ports = await askedAbout({});
    ports.connections.nextReads.push({ kind: "gone" });
    await review(ports);
    assert.equal((await strangersRequest(ports)).state, "withdrawn");
    ports.clock.advance(1);
    await review(ports);
    const { round, state } = await strangersRequest(ports);
    assert.deepEqual([round, state], [2, "awaiting-decision"]);
  });

  it("is left alone while the policies cannot be read: that is no change of policy", async () => {
    const ports = await lapsed();
    ports.policies.set([], [{ policy: "stage", message: "cannot be read" }]);
    const told = ports.ledger.told.length;
    await review(ports);
    assert.equal(ports.ledger.told.length, told);
  });

  it("is left alone by other policies that still ask people, which is on record once", async () => {
    const ports = await lapsed();
    const before = await strangersRequest(ports);
    ports.policies.set([{ ...stagePolicy(), version: 2 }]);
    for (let look = 0; look < 3; look += 1) await review(ports);
    const after = await strangersRequest(ports);
    assert.equal((await kindsOf(ports)).slice(-2).join(), "expired,evaluated");
    assert.deepEqual(after, { ...before, verdict: after.verdict });
    assert.equal(after.verdict?.policies[0]?.version, 2);
    await assertChainHolds(ports);
  });

  for (const [effect, state] of [["approve", "approved"] as const, ["reject", "rejected"] as const]) {
    it(`is a new round when other policies ${effect} it`, async () => {
      const ports = await lapsed();
      const ended = await strangersRequest(ports);
      ports.policies.set([deciding(effect)]);
      assert.equal((await reconcile(ports)).woken, 1);
      await review(ports);
      const now = await strangersRequest(ports);
      assert.deepEqual([now.round, now.previous, now.state], [2, ended.id, state]);
      assert.equal((await ports.ledger.request(ended.id))?.request.state, "expired");
      await assertChainHolds(ports);
    });
  }

  it("is judged by the mode too: in observe a new round is held", async () => {
    const ports = restarted(await lapsed(), { mode: "observe" });
    ports.policies.set([deciding("approve")]);
    await review(ports);
    const { state, held } = await strangersRequest(ports);
    assert.deepEqual([state, held], ["awaiting-decision", { mode: "observe", effect: "approve" }]);
    assert.deepEqual(ports.connections.writes, []);
  });

  it("is recorded once by a host that is killed at any call", async () => {
    const prepare = async () => {
      const ports = await lapsed();
      ports.policies.set([{ ...stagePolicy(), version: 2 }]);
      return ports;
    };
    const check = async (ports: Stage) => {
      assert.deepEqual((await kindsOf(ports)).slice(3), ["expired", "evaluated"]);
      await assertChainHolds(ports);
    };
    await survives((ports) => review(ports), prepare, check);
  });
});

describe("Reopening an expired request", () => {
  it("asks people anew in a new round, and says who wanted it and why", async () => {
    const ports = await lapsed();
    const ended = await strangersRequest(ports);
    const outcome = await reopened(ports);
    assert.equal(outcome.kind, "reopened");
    assert.ok(ports.watch.take(), "its service is reviewed at once");
    await review(ports);
    const now = await strangersRequest(ports);
    assert.deepEqual(
      [now.round, now.previous, now.state, now.reviewers.map(({ group }) => group)],
      [2, ended.id, "awaiting-decision", [reviewers]],
    );
    assert.equal(ports.notifier.showing(now.id)?.request.state, "awaiting-decision");
    const events = (await auditOf(ports)).slice(-3);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ["requested", "evaluated", "escalated"],
    );
    const [asked] = events;
    assert.deepEqual([asked?.who, asked?.door, asked?.why?.justification], [handOf(ports).who, "api", "CHG-1"]);
    assert.deepEqual(asked?.detail, {
      ...{ message: "please", endpointId: stranger.endpoint?.id, round: 2, reopenedFrom: ended.id },
    });
    await assertChainHolds(ports);
  });

  it("knows the consumer as the registry does by then", async () => {
    const ports = await lapsed();
    const known = { name: "Fabrikam", tier: null, tenantId: null };
    await ports.consumers.put(consumer({ subscriptionId: stranger.endpoint?.subscriptionId ?? "", ...known }));
    await reopened(ports);
    await review(ports);
    const now = await strangersRequest(ports);
    assert.deepEqual([now.consumer, now.state], [known, "approved"]);
  });

  it("is done once: whoever comes later is told of the round that there is", async () => {
    const ports = await lapsed();
    const ended = await strangersRequest(ports);
    const wishes = [1, 2, 3].map(() => reopenRequest(ended.id, handOf(ports), "CHG-1", ports));
    const kinds = (await Promise.all(wishes)).map(({ kind }) => kind).sort();
    assert.deepEqual(kinds, ["reopened", "reopened-before", "reopened-before"]);
    await review(ports);
    const again = await reopenRequest(ended.id, handOf(ports), "CHG-1", ports);
    assert.equal(again.kind === "reopened-before" && again.latest.id, (await strangersRequest(ports)).id);
  });

  it("is refused for what did not expire, and for what is no request", async () => {
    const ports = await askedAbout({});
    assert.equal((await reopened(ports)).kind, "not-expired");
    assert.equal((await reopenRequest("nothing", handOf(ports), "CHG-1", ports)).kind, "unknown-request");
  });

  it("leaves an audit that can be verified, whatever was judged after the end", async () => {
    const ports = await lapsed();
    ports.policies.set([{ ...stagePolicy(), version: 2 }]);
    await review(ports);
    await reopened(ports);
    await review(ports);
    const verdict = await verifyAudit({ anchors: false, index: true }, ports);
    assert.deepEqual([verdict.ok, verdict.findings], [true, []]);
  });

  it("of a connection that is gone ends as withdrawn", async () => {
    const ports = await lapsed();
    ports.connections.disconnect(stranger.ref);
    await reopened(ports);
    await review(ports);
    assert.equal((await strangersRequest(ports)).state, "withdrawn");
  });

  it("of one that somebody approved in Azure meanwhile finds just that", async () => {
    const ports = await lapsed();
    ports.connections.connect({ ...stranger, status: "Approved", rawStatus: "Approved" });
    await reopened(ports);
    await review(ports);
    assert.equal((await strangersRequest(ports)).state, "resolved-elsewhere");
  });

  it("survives a host that is killed at any call, and its wake-up with it", async () => {
    await survives(
      async (ports) => {
        await reopened(ports);
        await review(ports);
      },
      lapsed,
      async (ports) => {
        const { round, state } = await strangersRequest(ports);
        // Killed before it was on record, the operator tells it again.
        assert.ok((round === 1 && state === "expired") || (round === 2 && state === "awaiting-decision"), state);
        const kinds = await kindsOf(ports);
        assert.deepEqual(kinds.slice(4), round === 1 ? [] : ["requested", "evaluated", "escalated"]);
        await assertChainHolds(ports);
      },
    );
  });
});

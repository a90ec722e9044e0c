import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type Ballot, decideManually } from "../../src/workflow/decide-manually.ts";
import { aConnectionRef, anEndpoint, connection, service } from "../builders.ts";
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
  stage,
  tenant,
} from "./stage.ts";

const adele = "aaaaaaaa-0000-4000-8000-000000000002";
const eve = "eeeeeeee-0000-4000-8000-00000000000e";
const stranger = anEndpoint("pe-s", "77777777-0000-4000-8000-000000000007");

async function escalated(approvals = 1): Promise<{ readonly ports: Stage; readonly id: string }> {
  const ports = stage([service({ connections: [connection({ endpoint: stranger })] })], {
    fallbackReviewers: [{ group: reviewers, name: "network", approvals }],
  });
  ports.directory.add(reviewers, adele);
  if (approvals > 1) ports.policies.set([]);
  await review(ports);
  return { ports, id: (await requestOf(ports, connection()))?.id ?? "" };
}

function ballot(requestId: string, change: Partial<Ballot> = {}, objectId: string | undefined = megan): Ballot {
  return {
    requestId,
    vote: "approve",
    justification: "CHG-1234",
    person: { objectId, tenantId: tenant, name: "Megan Test", groups: undefined },
    door: "teams",
    correlation: "c-1",
    ...change,
  };
}

describe("A reviewer decides", () => {
  it("an approval is put on record as theirs, and the review of the service carries it out", async () => {
    const { ports, id } = await escalated();
    const outcome = await decideManually(ballot(id), ports);
    assert.equal(outcome.kind === "recorded" && outcome.stored.request.state, "approving");
    assert.equal(ports.connections.writes.length, 0);

    assert.ok(ports.watch.take());
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "approved");
    assert.deepEqual(await kindsOf(ports), ["requested", "evaluated", "escalated", "voted", "decided", "applied"]);
    const voted = (await auditOf(ports)).find(({ kind }) => kind === "voted");
    assert.deepEqual(voted?.who, { kind: "person", objectId: megan, tenantId: tenant, name: "Megan Test" });
    assert.equal(voted?.why?.justification, "CHG-1234");
    await assertChainHolds(ports);
  });

  it("the card ends with what ARM confirmed", async () => {
    const { ports, id } = await escalated();
    await decideManually(ballot(id), ports);
    // Nobody who votes waits for the card.
    await setImmediate();
    assert.equal(ports.notifier.showing(id)?.request.state, "approving");
    await review(ports);
    assert.equal(ports.notifier.showing(id)?.request.state, "approved");
  });

  it("a rejection by a person does not tell the consumer what reviewers wrote to each other", async () => {
    const { ports, id } = await escalated();
    await decideManually(ballot(id, { vote: "reject", justification: "they still owe us money" }), ports);
    await review(ports);
    const shown = ports.connections.shown(aConnectionRef());
    assert.equal(shown?.status, "Rejected");
    assert.doesNotMatch(shown?.description ?? "", /money/);
  });

  it("the same vote told twice counts once", async () => {
    const { ports, id } = await escalated(2);
    await decideManually(ballot(id), ports);
    await decideManually(ballot(id), ports);
    const request = await requestOf(ports, connection());
    assert.deepEqual([request?.votes.length, request?.state], [1, "awaiting-decision"]);
    assert.equal((await kindsOf(ports)).filter((kind) => kind === "voted").length, 1);
  });

  it("two of two are two different people", async () => {
    const { ports, id } = await escalated(2);
    await decideManually(ballot(id), ports);
    const outcome = await decideManually(ballot(id, {}, adele), ports);
    assert.equal(outcome.kind === "recorded" && outcome.tally.kind, "approve");
    assert.equal((await requestOf(ports, connection()))?.state, "approving");
  });

  it("two people at the same moment both count, and the decision is made once", async () => {
    const { ports, id } = await escalated(2);
    await Promise.all([decideManually(ballot(id), ports), decideManually(ballot(id, {}, adele), ports)]);
    assert.equal((await kindsOf(ports)).filter((kind) => kind === "decided").length, 1);
  });

  it("somebody may change their mind before the quorum, and both words are on record", async () => {
    const { ports, id } = await escalated(2);
    await decideManually(ballot(id), ports);
    await decideManually(ballot(id, { vote: "reject" }), ports);
    assert.equal((await requestOf(ports, connection()))?.state, "rejecting");
    assert.equal((await kindsOf(ports)).filter((kind) => kind === "voted").length, 2);
  });

  it("a decision that died before its wake-up is carried out by the timer", async () => {
    const { ports, id } = await escalated();
    const dying = { ...ports, watch: { ...ports.watch, wake: () => Promise.reject(new Error("killed")) } };
    await decideManually(ballot(id), {
      ...ports,
      watch: Object.assign(Object.create(ports.watch), { wake: dying.watch.wake }),
    });
    assert.equal(ports.watch.take(), undefined);
    ports.clock.advance(120);
    const { reconcile } = await import("../../src/workflow/reconcile.ts");
    await reconcile(ports);
    assert.ok(ports.watch.take());
  });
});

describe("A vote that must not count is refused with a plain sentence", () => {
  const cases: Record<string, [(id: string) => Ballot, string]> = {
    "without a justification": [(id) => ballot(id, { justification: "  " }), "no-justification"],
    "by somebody who is no reviewer": [(id) => ballot(id, {}, eve), "not-a-reviewer"],
    "by somebody whose account has no object id": [
      (id) => ballot(id, { person: { objectId: undefined, tenantId: tenant, name: "Guest", groups: undefined } }),
      "no-identity",
    ],
    "by somebody whose token names other groups": [
      (id) => ballot(id, { person: { objectId: megan, tenantId: tenant, name: "Megan", groups: ["x"] } }),
      "not-a-reviewer",
    ],
    "on a request that does not exist": [() => ballot("aaaaaaaaaaaaaaaa-aaaaaaaaaa-1"), "unknown-request"],
    "on something that is no request id": [() => ballot("../../etc/passwd"), "unknown-request"],
  };
  for (const [name, [given, why]] of Object.entries(cases)) {
    it(name, async () => {
      const { ports, id } = await escalated();
      const outcome = await decideManually(given(id), ports);
      assert.equal(outcome.kind === "refused" ? outcome.why : outcome.kind, why);
      assert.equal((await requestOf(ports, connection()))?.state, "awaiting-decision");
    });
  }

  it("and a stranger's try is on record once, however often they try", async () => {
    const { ports, id } = await escalated();
    for (let time = 0; time < 3; time += 1) await decideManually(ballot(id, {}, eve), ports);
    assert.equal((await kindsOf(ports)).filter((kind) => kind === "vote-refused").length, 1);
  });

  it("when the directory cannot answer, nobody is let through", async () => {
    const { ports, id } = await escalated();
    ports.directory.breakDown();
    const outcome = await decideManually(ballot(id), ports);
    assert.equal(outcome.kind === "refused" && outcome.why, "directory-unavailable");
  });

  it("after the end, the answer shows how it ended", async () => {
    const { ports, id } = await escalated();
    await decideManually(ballot(id), ports);
    await review(ports);
    const late = await decideManually(ballot(id, { vote: "reject" }, adele), ports);
    assert.equal(late.kind === "ended" && late.stored.request.state, "approved");
  });

  it("in observe nobody's vote would be carried out, so it is refused", async () => {
    const { ports, id } = await escalated();
    const outcome = await decideManually(ballot(id), restarted(ports, { mode: "observe" }));
    assert.equal(outcome.kind === "refused" && outcome.why, "not-votable");
  });

  it("in approve-only a person cannot reject either", async () => {
    const { ports, id } = await escalated();
    const outcome = await decideManually(ballot(id, { vote: "reject" }), restarted(ports, { mode: "approve-only" }));
    assert.equal(outcome.kind === "refused" && outcome.why, "not-votable");
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compilePolicy } from "../../src/policy/compile.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { service } from "../builders.ts";
import { kindsOf, megan, review, reviewers, type Stage, stage, tenant } from "./stage.ts";
import { leads, lee, stranger, strangersRequest } from "./timed.ts";

/* What the author of a policy writes about time, from the file to what happens. */

function policy(review: string, version = 1) {
  const source = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: stage
reviewers:
  network: { entraGroup: ${reviewers}, channel: first-line }
  leads: { entraGroup: ${leads}, channel: second-line }
windows: { office: { days: [mon, tue, wed, thu, fri], from: "08:00", to: "16:00", timezone: UTC } }
defaultReview: { by: [network] }
rules: [{ id: unknown, effect: review, because: Not a customer., when: { service.name: pls-a }, review: ${review} }]
`;
  const compiled = compilePolicy(source, "stage.yaml");
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.faults));
  return { policy: compiled.policy, version };
}

async function asked(review_: string): Promise<Stage> {
  const ports = stage([service({ connections: [stranger] })]);
  ports.directory.add(leads, lee);
  ports.policies.set([policy(review_)]);
  await review(ports);
  return ports;
}

async function passes(ports: Stage, hours: number): Promise<void> {
  ports.clock.advance(hours * 3600);
  await reconcile(ports);
  while (ports.watch.take()) await review(ports);
}

describe("What a policy says about time", () => {
  it("is kept from the file to the rejection", async () => {
    const ports = await asked(
      "{ by: [network], within: PT12H, hours: office, expiry: reject, escalate: { after: PT4H, to: [leads] } }",
    );
    const { timetable } = await strangersRequest(ports);
    assert.deepEqual([timetable?.dueAt, timetable?.expiry], ["2026-11-25T14:00:00.000Z", "reject"]);
    await passes(ports, 4);
    const { reviewers: now } = await strangersRequest(ports);
    assert.deepEqual(now, [
      {
        ...{ group: reviewers, name: "network", approvals: 1, channels: ["first-line"] },
        standIns: [{ group: leads, name: "leads", channels: ["second-line"] }],
      },
    ]);
    await passes(ports, 24);
    assert.equal((await strangersRequest(ports)).state, "rejected");
    assert.deepEqual((await kindsOf(ports)).slice(2), ["escalated", "escalated", "decided", "applied"]);
  });

  it("lets a stand-in decide from the escalation on, and nobody after the end", async () => {
    const ports = await asked("{ by: [network], within: PT8H, escalate: { after: PT4H, to: [leads] } }");
    const { id } = await strangersRequest(ports);
    const vote = (objectId: string) =>
      decideManually(
        {
          ...{ requestId: id, vote: "approve", justification: "CHG-1", door: "teams", correlation: "c" },
          person: { objectId, tenantId: tenant, name: "Lee", groups: undefined },
        },
        ports,
      );
    assert.equal((await vote(lee)).kind, "refused");
    await passes(ports, 4);
    assert.equal((await vote(lee)).kind, "recorded");
    await review(ports);
    assert.equal((await strangersRequest(ports)).state, "approved");

    const late = await asked("{ by: [network], within: PT8H }");
    late.clock.advance(8 * 3600);
    const refused = await decideManually(
      {
        ...{ requestId: id, vote: "approve", justification: "CHG-1", door: "teams", correlation: "c" },
        person: { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined },
      },
      late,
    );
    assert.deepEqual(refused, { kind: "refused", why: "too-late" });
  });

  it("stays under another version that says the same, and moves with one that says otherwise", async () => {
    const terms = "{ by: [network], within: PT8H, escalate: { after: PT2H, to: [leads] } }";
    const ports = await asked(terms);
    await passes(ports, 5);
    const before = await strangersRequest(ports);
    ports.policies.set([policy(terms, 2)]);
    await passes(ports, 1);
    const same = await strangersRequest(ports);
    assert.deepEqual([same.timetable, same.reviewers], [before.timetable, before.reviewers]);
    assert.equal(same.verdict?.policies[0]?.version, 2);
    ports.policies.set([policy("{ by: [network], within: PT20H }", 3)]);
    await passes(ports, 1);
    const longer = await strangersRequest(ports);
    assert.deepEqual(
      [longer.timetable?.dueAt, longer.timetable?.done, longer.reviewers[0]?.standIns],
      ["2026-11-25T06:00:00.000Z", [], undefined],
    );
    ports.policies.set([policy("{ by: [network], within: PT4H, expiry: reject }", 4)]);
    await passes(ports, 1);
    // People had been told of twenty hours: four that are over already begin now.
    const { dueAt, expiry } = (await strangersRequest(ports)).timetable ?? {};
    assert.deepEqual([dueAt, expiry], ["2026-11-24T22:00:00.000Z", "reject"]);
    await passes(ports, 4);
    assert.equal((await strangersRequest(ports)).state, "rejected");
  });
});

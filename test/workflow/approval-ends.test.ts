import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Connection } from "../../src/connection/connection.ts";
import { plainTerms } from "../../src/policy/review-terms.ts";
import { parseRequestId, serviceKey } from "../../src/requests/request-id.ts";
import { dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import { Review } from "../../src/workflow/review.ts";
import { Turn } from "../../src/workflow/turn.ts";
import { aConnectionRef, anEndpoint, aServiceRef, connection } from "../builders.ts";
import { approvedFor, assertRecordHolds, day, liveRequest, pass, standing, statusOf, sweep } from "./approved.ts";
import { auditOf, kindsOf, requestOf, review, type Stage } from "./stage.ts";

const other = anEndpoint("pe-other", "77777777-0000-4000-8000-000000000007");

/** What ARM shows of the approved connection from now on. */
function becomes(ports: Stage, change: Partial<Connection>): void {
  const before = ports.connections.shown(connection().ref);
  assert.ok(before);
  ports.connections.connect({ ...before, ...change, rawStatus: change.rawStatus ?? change.status ?? before.rawStatus });
}

describe("An approval that plgate did not end", () => {
  const cases: Readonly<Record<string, [does: (ports: Stage) => void, how: string, told: number]>> = {
    "the consumer deletes the endpoint: ordinary life": [
      (ports) => ports.connections.disconnect(connection().ref),
      "gone",
      0,
    ],
    "somebody rejects it in the portal: people are told": [
      (ports) => becomes(ports, { status: "Rejected" }),
      "rejected",
      1,
    ],
    "somebody removes it in the portal: people are told": [
      (ports) => becomes(ports, { status: "Disconnected" }),
      "disconnected",
      1,
    ],
    "another endpoint takes its place": [(ports) => becomes(ports, { endpoint: other }), "replaced", 0],
    "another LinkID is another endpoint": [(ports) => becomes(ports, { linkIdentifier: "17" }), "replaced", 0],
    "the service is gone": [(ports) => ports.connections.delete(aServiceRef()), "service-gone", 0],
  };
  for (const [name, [does, how, told]] of Object.entries(cases)) {
    it(`${name}; it is on record once`, async () => {
      const ports = await approvedFor("P14D");
      does(ports);
      ports.clock.advance(1);
      for (let look = 0; look < 3; look += 1) await review(ports);
      const ended = (await auditOf(ports)).filter(({ kind }) => kind === "approval-ended");
      const detail = ended.map(({ detail }) =>
        typeof detail === "object" && detail ? Reflect.get(detail, "how") : "",
      );
      assert.deepEqual(detail, [how]);
      // Another endpoint that was approved beside plgate, and that policy would approve, is adopted and told of.
      const adopted = how === "replaced" ? 1 : 0;
      assert.equal((await standing(ports)).length, adopted);
      assert.equal(ports.notifier.bulletins.length, told + adopted);
      const id = parseRequestId(ended[0]?.requestId ?? "")?.id;
      assert.equal(id && (await ports.ledger.eventsOf(id)).at(-1)?.kind, "approval-ended");
      await assertRecordHolds(ports);
    });
  }

  it("and that is Pending again is judged again; the new approval stands", async () => {
    const ports = await approvedFor("P14D");
    ports.clock.advance(day);
    becomes(ports, { status: "Pending" });
    await review(ports);
    const [approval] = await standing(ports);
    assert.deepEqual(
      [approval?.requestId, approval?.since],
      [(await requestOf(ports, connection()))?.id, "2026-11-25T10:00:00.000Z"],
    );
    assert.equal((await kindsOf(ports)).at(-1), "applied");
  });

  it("and whose end nobody can read is left alone", async () => {
    const ports = await approvedFor("P14D");
    becomes(ports, { status: "Unknown", rawStatus: "Timeout" });
    await review(ports);
    assert.equal((await standing(ports)).length, 1);
  });

  it("says nothing anew when the host died before it was forgotten", async () => {
    const ports = await approvedFor("P14D");
    const [approval] = await standing(ports);
    ports.connections.disconnect(connection().ref);
    await review(ports);
    assert.ok(approval);
    await ports.ledger.rememberApproval(serviceKey(aServiceRef().id), approval);
    await review(ports);
    assert.equal((await kindsOf(ports)).filter((kind) => kind === "approval-ended").length, 1);
    assert.deepEqual(await standing(ports), []);
  });

  it("learns its LinkID when ARM shows it late", async () => {
    const ports = await approvedFor("P14D", {}, []);
    ports.connections.linkOnApproval = undefined;
    ports.connections.connect(connection());
    await review(ports);
    assert.equal((await standing(ports))[0]?.linkIdentifier, null);
    ports.connections.showLink(connection().ref, "4711");
    await review(ports);
    assert.equal((await standing(ports))[0]?.linkIdentifier, "4711");
  });
});

describe("While people are asked whether an approved connection stays", () => {
  const asked = async () => {
    const ports = await approvedFor("P14D");
    await pass(ports, 11.5 * day);
    return ports;
  };

  it("it may go: the question is withdrawn, and the approval has ended", async () => {
    const ports = await asked();
    ports.connections.disconnect(connection().ref);
    await review(ports);
    assert.equal((await liveRequest(ports)).state, "withdrawn");
    assert.deepEqual((await kindsOf(ports)).slice(-2), ["withdrawn", "approval-ended"]);
    await assertRecordHolds(ports);
  });

  it("somebody may reject it in the portal", async () => {
    const ports = await asked();
    becomes(ports, { status: "Rejected" });
    await review(ports);
    assert.equal((await liveRequest(ports)).state, "resolved-elsewhere");
    assert.deepEqual((await kindsOf(ports)).slice(-2), ["resolved-elsewhere", "approval-ended"]);
    assert.equal(ports.notifier.bulletins.length, 1);
  });

  it("it may be Pending again: that is a new question, and it is judged", async () => {
    const ports = await asked();
    becomes(ports, { status: "Pending" });
    await review(ports);
    const request = await requestOf(ports, connection());
    assert.deepEqual([request?.state, request?.live, request?.round], ["approved", undefined, 3]);
    assert.deepEqual((await standing(ports)).length, 1);
  });

  it("another endpoint that is Pending may take its place, and is judged", async () => {
    const ports = await asked();
    becomes(ports, { status: "Pending", endpoint: other });
    await review(ports);
    const request = await requestOf(ports, connection());
    assert.deepEqual([request?.state, request?.endpointId, request?.live], ["approved", other.id, undefined]);
    assert.equal((await standing(ports))[0]?.endpointId, other.id);
  });

  it("another endpoint that is not Pending is no new request, but one that nobody decided: policy adopts it", async () => {
    const ports = await asked();
    becomes(ports, { endpoint: other });
    await review(ports);
    const kinds = await kindsOf(ports);
    const from = kinds.indexOf("withdrawn");
    assert.deepEqual(kinds.slice(from, from + 2), ["withdrawn", "approval-ended"]);
    assert.ok(kinds.slice(from).includes("drift-detected") && kinds.at(-1) === "kept");
    assert.equal((await requestOf(ports, connection()))?.outcome, "Adopted: Approved on ARM, and policy approves it.");
    assert.equal((await standing(ports))[0]?.endpointId, other.id);
  });

  it("other policies change nothing about the question", async () => {
    const ports = await asked();
    const before = await liveRequest(ports);
    ports.policies.set([]);
    await review(ports);
    assert.deepEqual(await liveRequest(ports), before);
  });
});

describe("A connection that was asked about for another reason", () => {
  const drift = {
    live: { cause: "drift", why: "It is drift.", approval: null },
    reviewers: [{ group: "55555555-0000-4000-8000-000000000005", name: "network", approvals: 1 }],
    ...{ terms: plainTerms, end: null, verdict: null, consumer: undefined },
  } as const;

  /** Opens a question as the looks of drift and runs do. */
  async function askedFor(expiresAfter: string | null, after: number): Promise<Stage> {
    const ports = await approvedFor(expiresAfter);
    await pass(ports, after);
    const begun = await ports.watch.begin(aServiceRef());
    assert.equal(begun.kind, "leased");
    if (begun.kind !== "leased") return ports;
    const hand = { who: { kind: "robot" }, door: "timer", correlation: "c", clock: ports.clock } as const;
    const look = new Review(begun.lease, hand, new Turn(ports.clock), ports);
    const shown = await ports.connections.read(aServiceRef());
    look.begin(shown, await ports.ledger.unsettled(serviceKey(aServiceRef().id)), await ports.policies.current());
    const one = ports.connections.shown(connection().ref);
    assert.ok(one && (await look.ask(one, drift)));
    await ports.watch.end(begun.lease, look.mark());
    ports.clock.advance(31);
    await dispatchLeftOver(ports);
    await review(ports);
    return ports;
  }

  it("knows when its approval ends, and has to be answered before that", async () => {
    const ports = await askedFor("P14D", day);
    const { live, timetable } = await liveRequest(ports);
    assert.deepEqual([live.ends, live.lasts, timetable], ["2026-12-08T10:00:00.000Z", "P14D", undefined]);
    await sweep(ports);
    await pass(ports, 10 * day);
    const hastened = await liveRequest(ports);
    assert.deepEqual([hastened.round, hastened.timetable?.dueAt, hastened.timetable?.expiry], [2, live.ends, "reject"]);
    assert.equal((await kindsOf(ports)).at(-1), "revoking");
    await pass(ports, 3 * day);
    assert.equal(statusOf(ports), "Rejected");
    await assertRecordHolds(ports);
  });

  it("has all the time there is when its approval has no end", async () => {
    const ports = await askedFor(null, day);
    await pass(ports, 300 * day);
    const { state, timetable, live } = await liveRequest(ports);
    assert.deepEqual([state, timetable, live.ends], ["awaiting-decision", undefined, undefined]);
  });
});

describe("A service with many approvals that is gone", () => {
  it("ends each of them", async () => {
    const another = connection({ ref: aConnectionRef("pe-y.1"), endpoint: anEndpoint("pe-y") });
    const ports = await approvedFor(null, {}, [connection(), another]);
    ports.connections.delete(aServiceRef());
    assert.equal((await standing(ports)).length, 2);
    await sweep(ports);
    assert.deepEqual(await standing(ports), []);
    assert.equal((await ports.watch.list())[0]?.digest, "gone");
  });
});

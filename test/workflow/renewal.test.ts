import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accessEnds, endFrom, renewableFrom } from "../../src/requests/expiry.ts";
import { requestId, serviceKey } from "../../src/requests/request-id.ts";
import { aConnectionRef, anEndpoint, aServiceRef, connection, customer, service } from "../builders.ts";
import {
  approvedFor,
  assertRecordHolds,
  day,
  hour,
  limitedPolicy,
  liveRequest,
  pass,
  standing,
  statusOf,
  sweep,
  voteOn,
} from "./approved.ts";
import { auditOf, kindsOf, requestOf, restarted, review, reviewers } from "./stage.ts";

const end = "2026-12-08T10:00:00.000Z";
const history = { approvedBefore: true, rejectedBefore: false };
const historyOf = (ports: Awaited<ReturnType<typeof approvedFor>>) =>
  ports.ledger.history(serviceKey(aServiceRef().id), customer);

describe("When people are asked about an approval that ends", () => {
  const since = "2026-11-24T10:00:00.000Z";
  const cases: Readonly<Record<string, [lasts: string, expiresAt: string, from: string]>> = {
    "a week before a year ends": ["P365D", "2027-11-24T10:00:00.000Z", "2027-11-17T10:00:00.000Z"],
    "at three quarters of two weeks": ["P14D", end, "2026-12-04T22:00:00.000Z"],
    "an hour before two hours end": ["PT2H", "2026-11-24T12:00:00.000Z", "2026-11-24T11:00:00.000Z"],
    "at once when there is but an hour": ["PT1H", "2026-11-24T11:00:00.000Z", since],
  };
  for (const [name, [lasts, expiresAt, from]] of Object.entries(cases)) {
    it(name, () => assert.equal(renewableFrom({ since, expiresAt, lasts })?.toISOString(), from));
  }

  it("never, of one without end", () => assert.equal(renewableFrom({ since, expiresAt: null }), undefined));

  it("on what is known, where its duration is not", () => {
    assert.equal(renewableFrom({ since, expiresAt: end })?.toISOString(), "2026-12-04T22:00:00.000Z");
  });

  const ends: Readonly<Record<string, [now: string, dueAt: string]>> = {
    "the access ends with the approval": ["2026-12-08T09:00:00.000Z", end],
    "though there is only half an hour": ["2026-12-08T09:30:00.000Z", end],
    "nobody could answer in ten minutes": ["2026-12-08T09:50:00.000Z", "2026-12-08T10:50:00.000Z"],
    "nothing is cut off without its card": ["2026-12-09T10:00:00.000Z", "2026-12-09T11:00:00.000Z"],
  };
  for (const [name, [now, dueAt]] of Object.entries(ends)) {
    it(name, () => assert.equal(accessEnds(end, new Date(now)), dueAt));
  }
});

describe("When an approval ends that was kept", () => {
  const live = { cause: "expiry", why: "", approval: null, ends: end, lasts: "P14D" } as const;
  const decided = { kind: "approve", reason: "", by: { kind: "robot" }, door: "api", at: end } as const;
  const near = "2026-12-07T10:00:00.000Z";
  const far = "2026-11-30T10:00:00.000Z";
  const cases: Readonly<
    Record<string, [ends: typeof end | undefined, given: string | undefined, now: string, to: string | undefined]>
  > = {
    "near its end: as long again": [end, undefined, near, "2026-12-21T10:00:00.000Z"],
    "near its end, for less: for less": [end, "P2D", near, "2026-12-09T10:00:00.000Z"],
    "near its end, for more: as long again": [end, "P30D", near, "2026-12-21T10:00:00.000Z"],
    "long before: as it was": [end, undefined, far, end],
    "long before, for less: for less": [end, "P2D", far, "2026-12-02T10:00:00.000Z"],
    "long before, for more: as it was": [end, "P30D", far, end],
    "without an end: none": [undefined, undefined, far, undefined],
    "without an end, for less: that": [undefined, "P2D", far, "2026-12-02T10:00:00.000Z"],
  };
  for (const [name, [ends, expiresAfter, now, to]] of Object.entries(cases)) {
    it(name, () => {
      const { ends: _, lasts: __, ...endless } = live;
      const request = {
        live: ends ? live : endless,
        decided: { ...decided, ...(expiresAfter ? { expiresAfter } : {}) },
      };
      assert.equal(endFrom(request, new Date(now))?.toISOString(), to);
    });
  }
});

describe("An approval for two weeks", () => {
  it("stands on a row of its own, and tells the sweep when it needs a look", async () => {
    const ports = await approvedFor("P14D");
    const [approval] = await standing(ports);
    assert.deepEqual([approval?.expiresAt, approval?.lasts, approval?.by], [end, "P14D", "policy"]);
    const [watched] = await ports.watch.list();
    assert.equal(watched?.lookAgainAt?.toISOString(), "2026-12-04T22:00:00.000Z");
    ports.clock.advance(10.4 * day);
    assert.equal(await sweep(ports), 0);
    ports.clock.advance(0.2 * day);
    assert.equal(await sweep(ports), 1);
  });

  it("asks the policy's reviewers on a card, and says when the access ends", async () => {
    const ports = await approvedFor("P14D");
    await pass(ports, 11.5 * day);
    const request = await liveRequest(ports);
    assert.deepEqual([request.state, request.live.cause, request.round], ["awaiting-decision", "expiry", 2]);
    assert.deepEqual(
      request.reviewers.map(({ group, name }) => [group, name]),
      [[reviewers, "network"]],
    );
    assert.deepEqual([request.timetable?.dueAt, request.timetable?.expiry], [end, "reject"]);
    assert.deepEqual(
      [request.live.approval, request.live.ends, request.live.lasts],
      [requestId(aServiceRef().id, aConnectionRef().id, 1), end, "P14D"],
    );
    assert.deepEqual((await kindsOf(ports)).slice(-2), ["requested", "revoking"]);
    assert.equal(ports.notifier.cardsOf(request.id).length, 1);
    assert.equal(ports.connections.writes.length, 1, "nothing is written before the end");
  });

  it("asks the fallback reviewers when policy names nobody, or cannot be read", async () => {
    const ports = await approvedFor("P14D");
    ports.policies.set([], [{ policy: "*", message: "the store does not answer" }]);
    await pass(ports, 11.5 * day);
    assert.deepEqual(
      (await liveRequest(ports)).reviewers.map(({ name }) => name),
      ["fallback"],
    );
  });

  it("ends on time when nobody keeps it, after two reminders; the consumer reads no word of the house", async () => {
    const ports = await approvedFor("P14D");
    await pass(ports, 11.5 * day);
    await pass(ports, 1.25 * day);
    await pass(ports, day);
    await pass(ports, 0.25 * day - 60);
    assert.equal(statusOf(ports), "Approved");
    await pass(ports, 60);
    assert.equal(statusOf(ports), "Rejected");
    const text = ports.connections.writes.at(-1)?.description ?? "";
    assert.match(text, /^Access ended: it was given for a limited time and was not renewed\. plgate /);
    const kinds = ["requested", "revoking", "reminded", "reminded", "decided", "revoked"];
    assert.deepEqual((await kindsOf(ports)).slice(-6), kinds);
    const request = await liveRequest(ports);
    assert.deepEqual([request.state, request.outcome], ["rejected", "Revoked: Rejected on ARM."]);
    assert.deepEqual(await standing(ports), []);
    assert.deepEqual(await historyOf(ports), history, "that its time was over is nobody's fault");
    await pass(ports, day);
    assert.deepEqual((await kindsOf(ports)).slice(-6), kinds, "nothing is said twice");
    await assertRecordHolds(ports);
  });

  it("is given for as long again when it is kept, and asked about again then", async () => {
    const ports = await approvedFor("P14D");
    await pass(ports, 11.5 * day);
    await voteOn(ports, "approve");
    const kept = await liveRequest(ports);
    const again = "2026-12-19T22:00:00.000Z";
    assert.deepEqual([kept.state, kept.expiresAt, kept.outcome], ["approved", again, "Kept: Approved on ARM."]);
    const [approval] = await standing(ports);
    assert.deepEqual([approval?.requestId, approval?.expiresAt, approval?.lasts], [kept.id, again, "P14D"]);
    assert.deepEqual([statusOf(ports), ports.connections.writes.length], ["Approved", 1]);
    assert.equal((await kindsOf(ports)).at(-1), "kept");
    await pass(ports, 10 * day);
    assert.equal((await liveRequest(ports)).id, kept.id);
    await pass(ports, day);
    assert.deepEqual([(await liveRequest(ports)).round, (await liveRequest(ports)).live.ends], [3, again]);
    await assertRecordHolds(ports);
  });

  it("is given for less when those who keep it say so", async () => {
    const ports = await approvedFor("P14D");
    await pass(ports, 11.5 * day);
    await voteOn(ports, "approve", "P4D");
    const [approval] = await standing(ports);
    assert.deepEqual([approval?.expiresAt, approval?.lasts], ["2026-12-09T22:00:00.000Z", "P4D"]);
  });

  it("ends at once when people say so, and that counts for later", async () => {
    const ports = await approvedFor("P14D");
    await pass(ports, 11.5 * day);
    await voteOn(ports, "reject");
    assert.equal(statusOf(ports), "Rejected");
    assert.match(ports.connections.writes.at(-1)?.description ?? "", /^Access ended after review\. plgate /);
    assert.deepEqual(await historyOf(ports), { approvedBefore: true, rejectedBefore: true });
    assert.deepEqual(await standing(ports), []);
    await assertRecordHolds(ports);
  });

  it("takes no vote after the end, though the sweep comes later", async () => {
    const ports = await approvedFor("P14D");
    await pass(ports, 11.5 * day);
    ports.clock.advance(3 * day);
    assert.deepEqual(await voteOn(ports, "approve"), { kind: "refused", why: "too-late" });
  });

  it("gets an hour and a card when it ended while nobody looked", async () => {
    const ports = await approvedFor("P14D");
    await pass(ports, 20 * day);
    const request = await liveRequest(ports);
    assert.deepEqual([request.timetable?.dueAt, statusOf(ports)], ["2026-12-14T11:00:00.000Z", "Approved"]);
    assert.equal(ports.notifier.cardsOf(request.id).length, 1);
    await pass(ports, hour);
    assert.equal(statusOf(ports), "Rejected");
  });

  it("asks nobody while plgate only observes; once it does not, an end that is over gets its hour", async () => {
    const ports = await approvedFor("P14D");
    const observing = restarted(ports, { mode: "observe" });
    await pass(observing, 20 * day);
    assert.equal((await requestOf(ports, connection()))?.round, 1);
    assert.equal((await ports.watch.list())[0]?.lookAgainAt, null);
    await sweep(ports);
    assert.equal((await liveRequest(ports)).timetable?.dueAt, "2026-12-14T11:00:00.000Z");
  });

  it("is held where plgate never rejects, and has its hour once it may", async () => {
    const ports = await approvedFor("P14D", { mode: "approve-only" });
    await pass(ports, 11.5 * day);
    await pass(ports, 3 * day);
    const held = await liveRequest(ports);
    assert.deepEqual([held.state, held.held?.effect, held.timetable], ["awaiting-decision", "reject", undefined]);
    await pass(ports, 3 * day);
    assert.equal(statusOf(ports), "Approved");
    await sweep(restarted(ports, { mode: "enforce" }));
    const again = await liveRequest(ports);
    assert.deepEqual([again.held, again.timetable?.dueAt, again.round], [null, "2026-12-11T23:00:00.000Z", 2]);
    assert.equal((await kindsOf(ports)).at(-1), "revoking");
    await pass(restarted(ports, { mode: "enforce" }), hour);
    assert.equal(statusOf(ports), "Rejected");
  });

  it("is not asked about twice, by however many looks", async () => {
    const ports = await approvedFor("P14D");
    ports.clock.advance(11.5 * day);
    for (let look = 0; look < 4; look += 1) await review(ports);
    assert.equal((await kindsOf(ports)).filter((kind) => kind === "revoking").length, 1);
  });

  it("waits while its service is in a bad state, on record", async () => {
    const ports = await approvedFor("P14D");
    await pass(ports, 11.5 * day);
    const [shown] = [await ports.connections.read(aServiceRef())];
    assert.ok(shown !== "gone");
    ports.connections.put({ ...shown, provisioningState: "Failed" });
    await pass(ports, 3 * day);
    assert.deepEqual(
      [statusOf(ports), (await liveRequest(ports)).timetable?.dueAt],
      ["Approved", "2026-12-09T04:00:00.000Z"],
    );
    assert.match((await auditOf(ports)).at(-1)?.what ?? "", /^Put off/);
    ports.connections.put({ ...shown, provisioningState: "Succeeded" });
    await pass(ports, 6 * hour);
    assert.equal(statusOf(ports), "Rejected");
  });
});

describe("Approvals in number", () => {
  const many = Array.from({ length: 1000 }, (_, n) =>
    connection({ ref: aConnectionRef(`pe-${n}.1`), endpoint: anEndpoint(`pe-${n}`), status: "Approved" }),
  );

  it("cost a look nothing while nothing is due", async () => {
    const ports = await approvedFor("P14D");
    const [one] = await standing(ports);
    assert.ok(one);
    ports.connections.put(service({ connections: many }));
    for (const { ref, endpoint } of many) {
      const approval = { ...one, connectionId: ref.id, endpointId: endpoint?.id ?? null, linkIdentifier: null };
      await ports.ledger.rememberApproval(serviceKey(aServiceRef().id), approval);
    }
    await ports.ledger.forgetApproval(serviceKey(aServiceRef().id), connection().ref.id);
    // A service as full as that is told of once; then there is nothing to do.
    await review(ports);
    const counted = counting(ports.ledger);
    await review({ ...ports, ledger: counted.port });
    assert.deepEqual(counted.calls.sort(), ["runs", "unsettled"]);
  });

  it("of before there were rows are remembered without a word, some in each look", async () => {
    const ports = await approvedFor("P14D");
    const few = many.slice(0, 430).map((one) => ({ ...one, status: "Pending" as const, rawStatus: "Pending" }));
    ports.connections.put(service({ connections: few }));
    ports.policies.set([limitedPolicy("P14D")]);
    while (ports.connections.writes.length < few.length) await review(ports);
    await review(ports);
    const key = serviceKey(aServiceRef().id);
    for (const { connectionId } of await standing(ports)) await ports.ledger.forgetApproval(key, connectionId);
    const before = (await kindsOf(ports)).length;
    await review(ports);
    // Those who look at what ends, and those who look for drift, find 200 each.
    assert.equal((await standing(ports)).length, 400);
    ports.clock.advance(61);
    assert.equal(await sweep(ports), 1);
    assert.equal((await standing(ports)).length, 430);
    assert.deepEqual((await standing(ports))[0]?.lasts, "P14D");
    assert.equal((await kindsOf(ports)).length, before);
  });
});

function counting<T extends object>(port: T): { readonly port: T; readonly calls: string[] } {
  const calls: string[] = [];
  const counted = new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        calls.push(String(name));
        return member.apply(target, given);
      };
    },
  });
  return { port: counted, calls };
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { aConnectionRef, anEndpoint, connection, service } from "../builders.ts";
import { assertChainHolds, auditOf, blocked, kindsOf, requestOf, restarted, review, stage } from "./stage.ts";

const stranger = anEndpoint("pe-s", "77777777-0000-4000-8000-000000000007");
const enemy = anEndpoint("pe-b", blocked);

describe("A pending connection is decided by policy", () => {
  it("approves a registered customer with nobody involved, and records every step", async () => {
    const ports = stage();
    assert.deepEqual(await review(ports), { kind: "settled", connections: 1 });
    assert.equal(ports.connections.shown(aConnectionRef())?.status, "Approved");
    assert.deepEqual(await kindsOf(ports), ["requested", "evaluated", "decided", "applied"]);
    assert.equal(ports.notifier.posted.length, 0);
    await assertChainHolds(ports);
  });

  it("rejects a blocked subscription and gives it the rule's sentence", async () => {
    const ports = stage([service({ connections: [connection({ endpoint: enemy })] })]);
    await review(ports);
    const shown = ports.connections.shown(aConnectionRef());
    assert.equal(shown?.status, "Rejected");
    assert.match(shown?.description ?? "", /^Rejected: On the block list\. plgate /);
  });

  it("asks people about an unknown customer, on one card, and leaves the connection Pending", async () => {
    const ports = stage([service({ connections: [connection({ endpoint: stranger })] })]);
    await review(ports);
    await review(ports);
    assert.equal(ports.connections.shown(aConnectionRef())?.status, "Pending");
    assert.equal((await requestOf(ports, connection()))?.state, "awaiting-decision");
    assert.equal(ports.notifier.posted.length, 1);
    assert.deepEqual(await kindsOf(ports), ["requested", "evaluated", "escalated"]);
  });

  it("keeps the consumer's message, which the approval overwrites on ARM", async () => {
    const ports = stage([service({ connections: [connection({ description: "CHG-42 please" })] })]);
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.message, "CHG-42 please");
    assert.match(ports.connections.shown(aConnectionRef())?.description ?? "", /^Approved\. plgate /);
  });

  it("counts its own approvals of the same look towards the quota", async () => {
    const three = ["a", "b", "c"].map((name) =>
      connection({ ref: aConnectionRef(`pe-${name}.1`), endpoint: anEndpoint(`pe-${name}`) }),
    );
    const ports = stage([service({ connections: three })]);
    await review(ports);
    const states = await Promise.all(three.map(async (one) => (await requestOf(ports, one))?.state));
    assert.deepEqual(states, ["approved", "approved", "awaiting-decision"]);
  });
});

describe("When something cannot be told, people are asked", () => {
  const cases = {
    "the endpoint's id is missing": connection({ endpoint: undefined }),
    "a blocked consumer cannot be recognised": connection({ endpoint: undefined, description: "let me in" }),
  };
  for (const [name, given] of Object.entries(cases)) {
    it(`when ${name}`, async () => {
      const ports = stage([service({ connections: [given] })]);
      await review(ports);
      assert.equal((await requestOf(ports, given))?.state, "awaiting-decision");
      assert.equal(ports.connections.writes.length, 0);
    });
  }

  it("when the registry cannot be read", async () => {
    const ports = stage();
    ports.consumers.breakDown();
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "awaiting-decision");
  });

  it("when the policy store cannot be read", async () => {
    const ports = stage();
    ports.policies.breakDown();
    await review(ports);
    const request = await requestOf(ports, connection());
    assert.equal(request?.state, "awaiting-decision");
    assert.equal(request?.reviewers[0]?.name, "fallback");
  });

  it("when there is no policy at all", async () => {
    const ports = stage();
    ports.policies.set([]);
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "awaiting-decision");
  });

  it("when the service itself has failed", async () => {
    const ports = stage([service({ provisioningState: "Failed" })]);
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "awaiting-decision");
  });

  it("leaves a connection of unknown status alone", async () => {
    const odd = connection({ status: "Unknown", rawStatus: "Quarantined" });
    const ports = stage([service({ connections: [odd] })]);
    await review(ports);
    assert.equal(await requestOf(ports, odd), undefined);
    assert.equal(ports.connections.writes.length, 0);
  });
});

describe("What others do beside plgate is recorded, never undone", () => {
  it("a request that somebody approved in the portal is resolved elsewhere", async () => {
    const ports = stage([service({ connections: [connection({ endpoint: stranger })] })]);
    await review(ports);
    ports.connections.connect(connection({ endpoint: stranger, status: "Approved" }));
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "resolved-elsewhere");
    const ended = (await auditOf(ports)).find(({ kind }) => kind === "resolved-elsewhere");
    assert.deepEqual([ended?.who, ended?.door], [{ kind: "outside" }, "outside"]);
  });

  it("a request whose endpoint was deleted is withdrawn", async () => {
    const ports = stage([service({ connections: [connection({ endpoint: stranger })] })]);
    await review(ports);
    ports.connections.disconnect(aConnectionRef());
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "withdrawn");
  });

  it("all requests of a deleted service are withdrawn", async () => {
    const ports = stage([service({ connections: [connection({ endpoint: stranger })] })]);
    await review(ports);
    ports.connections.delete(aConnectionRef().service);
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "withdrawn");
  });

  it("another endpoint under the same connection name is another request", async () => {
    const ports = stage([service({ connections: [connection({ endpoint: stranger })] })]);
    await review(ports);
    ports.connections.connect(connection({ endpoint: enemy }));
    await review(ports);
    const request = await requestOf(ports, connection());
    assert.deepEqual([request?.round, request?.state], [2, "rejected"]);
  });

  it("a rejected connection that its consumer sets back to Pending is a new request that names the old one", async () => {
    const ports = stage([service({ connections: [connection({ endpoint: enemy })] })]);
    await review(ports);
    const first = await requestOf(ports, connection());
    ports.connections.connect(connection({ endpoint: enemy }));
    await review(ports);
    const second = await requestOf(ports, connection());
    assert.deepEqual([second?.round, second?.previous, second?.state], [2, first?.id, "rejected"]);
  });
});

describe("ARM that is busy, slow or unkind", () => {
  it("comes back after the time that ARM asks for, and approves once", async () => {
    const ports = stage();
    ports.connections.nextWrites.push({ kind: "busy", retryAfterMs: 7000 });
    assert.deepEqual(await review(ports), { kind: "later", seconds: 7, why: "429 TooManyRequests" });
    assert.equal((await requestOf(ports, connection()))?.state, "approving");
    ports.clock.advance(7);
    assert.ok(ports.watch.take());
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "approved");
    assert.deepEqual(await kindsOf(ports), ["requested", "evaluated", "decided", "applied"]);
  });

  it("finds by reading that a write with a lost answer was done, and does not repeat it", async () => {
    const ports = stage();
    ports.connections.nextWrites.push({ kind: "unknown-but-done" });
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "approved");
    assert.equal(ports.connections.writes.length, 1);
  });

  it("repeats a write that reading shows undone", async () => {
    const ports = stage();
    ports.connections.nextWrites.push({ kind: "unknown" });
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "approved");
    assert.equal(ports.connections.writes.length, 2);
  });

  it("waits while somebody else changes the service", async () => {
    const ports = stage([service({ provisioningState: "Updating" })]);
    assert.equal((await review(ports)).kind, "later");
    assert.equal(ports.connections.writes.length, 0);
    ports.connections.put(service());
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "approved");
  });

  it("puts a refusal on record, shows it to people, and tries again after a quarter of an hour", async () => {
    const ports = stage();
    ports.connections.nextWrites.push({ kind: "refused", code: "AuthorizationFailed" });
    await review(ports);
    const failed = await requestOf(ports, connection());
    assert.deepEqual([failed?.state, failed?.failure?.code], ["failed", "AuthorizationFailed"]);
    assert.equal(ports.notifier.posted.length, 1);
    ports.clock.advance(14 * 60);
    await review(ports);
    assert.equal(ports.connections.writes.length, 1);
    ports.clock.advance(2 * 60);
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "approved");
    assert.equal(ports.notifier.showing(failed?.id ?? "")?.request.state, "approved");
  });

  it("ends the request of a connection that vanished before the write", async () => {
    const ports = stage();
    ports.connections.nextWrites.push({ kind: "gone" });
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "withdrawn");
  });

  it("stays in doubt when ARM answers a write with another state, and trusts the next read", async () => {
    const ports = stage();
    ports.connections.nextReads.push({ kind: "first", act: () => {} });
    ports.connections.nextWrites.push({
      kind: "first",
      act: () => ports.connections.connect(connection({ status: "Rejected" })),
    });
    await review(ports);
    assert.equal(ports.connections.shown(aConnectionRef())?.status, "Rejected");
    assert.notEqual((await requestOf(ports, connection()))?.state, "approved");
  });
});

describe("Modes", () => {
  it("observe decides and records, writes nothing and posts nothing", async () => {
    const ports = stage([service()], { mode: "observe" });
    await review(ports);
    const request = await requestOf(ports, connection());
    assert.deepEqual([request?.state, request?.held], ["awaiting-decision", { mode: "observe", effect: "approve" }]);
    assert.deepEqual([ports.connections.writes.length, ports.notifier.posted.length], [0, 0]);
  });

  it("what observe held back is judged anew and carried out once the mode is enforce", async () => {
    const watching = stage([service()], { mode: "observe" });
    await review(watching);
    const ports = restarted(watching, { mode: "enforce" });
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "approved");
    assert.deepEqual(await kindsOf(ports), ["requested", "evaluated", "decided", "evaluated", "decided", "applied"]);
  });

  it("approve-only approves, but holds a rejection back and shows it to people", async () => {
    const ports = stage([service({ connections: [connection({ endpoint: enemy })] })], { mode: "approve-only" });
    await review(ports);
    const request = await requestOf(ports, connection());
    assert.deepEqual([request?.state, request?.held?.effect], ["awaiting-decision", "reject"]);
    assert.equal(ports.connections.writes.length, 0);
    assert.equal(ports.notifier.posted.length, 1);
  });

  it("a decision that was made under enforce is not carried out by a host that runs in observe", async () => {
    const ports = stage();
    ports.connections.nextWrites.push({ kind: "busy", retryAfterMs: 1000 });
    await review(ports);
    const observing = restarted(ports, { mode: "observe" });
    await review(observing);
    assert.equal(ports.connections.writes.length, 1);
    assert.equal((await requestOf(ports, connection()))?.held?.mode, "observe");
  });
});

describe("Many deliveries, many hosts", () => {
  it("one event delivered five times at once decides once", async () => {
    const ports = stage();
    await Promise.all(Array.from({ length: 5 }, () => review(ports)));
    assert.deepEqual(await kindsOf(ports), ["requested", "evaluated", "decided", "applied"]);
    assert.equal(ports.connections.writes.length, 1);
  });

  it("a review that finds the service held by another host asks to come back", async () => {
    const ports = stage();
    await ports.watch.begin(aConnectionRef().service);
    assert.equal((await review(ports)).kind, "later");
    assert.equal(ports.connections.reads.length, 0);
  });

  it("a host that lost its lease writes nothing", async () => {
    const ports = stage();
    ports.connections.nextReads.push({ kind: "first", act: () => ports.clock.advance(58) });
    const outcome = await review(ports);
    assert.equal(ports.connections.writes.length, outcome.kind === "later" ? 0 : 1);
  });

  it("does not wait with the next look until lists show what the last one did, and does with its end", async () => {
    const ports = stage();
    const readAgain = Promise.withResolvers<void>();
    const addEvents = ports.index.addEvents.bind(ports.index);
    ports.index.addEvents = async (...given) => {
      await readAgain.promise;
      return addEvents(...given);
    };
    ports.connections.nextReads.push({ kind: "first", act: () => {} }, { kind: "first", act: readAgain.resolve });
    ports.connections.nextWrites.push({ kind: "unknown-but-done" });
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "approved");
    assert.equal((await ports.index.searchAudit({ top: 10 })).entries.length, (await kindsOf(ports)).length);
  });
});

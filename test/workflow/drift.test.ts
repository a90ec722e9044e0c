import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { serviceKey } from "../../src/requests/request-id.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { aServiceRef, consumer, customer } from "../builders.ts";
import { FakeWatch } from "../fakes/watch.ts";
import { approved, drifting, driftOnRecord, driftPolicy, findingsOf, foundKinds, stranger } from "./drifting.ts";
import { assertChainHolds, auditOf, blocked, kindsOf, megan, requestOf, restarted, review, tenant } from "./stage.ts";

const nobody = "Approved, and no decision of plgate says so.";
const day = 24 * 3600;
const restricted = [customer];

async function answer(ports: Ports, vote: "approve" | "reject") {
  const request = await requestOf(ports, approved());
  const person = { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined };
  const said = { vote, justification: "CHG-1", person, door: "teams", correlation: "c" } as const;
  await decideManually({ requestId: request?.id ?? "", ...said }, ports);
  await review(ports);
}

describe("A connection that is Approved without a decision of plgate", () => {
  it("is put on record and told once, however often the service is looked at", async () => {
    const ports = drifting({}, { connections: [approved()] });
    for (let look = 0; look < 3; look += 1) await review(ports);
    assert.deepEqual(await driftOnRecord(ports), [`drift-detected: ${nobody}`]);
    assert.deepEqual(await foundKinds(ports), ["approved-outside"]);
    assert.deepEqual(
      ports.notifier.bulletins.map(({ bulletin }) => bulletin.what),
      [nobody],
    );
    assert.equal((await reconcile(ports)).woken, 0, "the next sweep has nothing to look at");
    await assertChainHolds(ports);
  });

  it("is over when somebody takes it away, and is found anew when it happens again", async () => {
    const ports = drifting({}, { connections: [approved()] });
    await review(ports);
    ports.connections.disconnect(approved().ref);
    await review(ports);
    assert.deepEqual(await foundKinds(ports), []);
    ports.clock.advance(60);
    ports.connections.connect(approved());
    await review(ports);
    const [first, second, third] = await driftOnRecord(ports);
    assert.deepEqual(
      [first, second, third],
      [`drift-detected: ${nobody}`, "drift-cleared: The connection is gone.", `drift-detected: ${nobody}`],
    );
    assert.equal(ports.notifier.bulletins.length, 2);
  });

  it("while plgate had the request, is found in the look that ends the request", async () => {
    const ports = drifting({}, { connections: [{ ...approved(), status: "Pending", rawStatus: "Pending" }] });
    await review(ports);
    ports.connections.connect(approved());
    await review(ports);
    assert.deepEqual((await kindsOf(ports)).slice(-2), ["resolved-elsewhere", "drift-detected"]);
  });

  it("names Azure's auto-approval where the subscription is listed", async () => {
    const ports = drifting({}, { connections: [approved()], autoApproval: [stranger.toUpperCase()] });
    await review(ports);
    assert.deepEqual(await foundKinds(ports), ["approved-outside", "auto-approval"]);
    assert.match((await driftOnRecord(ports)).at(-1) ?? "", /by Azure itself/);
  });

  it("is adopted when policy would approve it, and told once", async () => {
    const ports = drifting({ drift: "revoke" }, { connections: [approved("pe-x", customer)] });
    for (let look = 0; look < 3; look += 1) await review(ports);
    assert.deepEqual(await kindsOf(ports), ["drift-detected", "requested", "evaluated", "decided", "kept"]);
    const { approvals, findings, open } = await ports.ledger.unsettled(serviceKey(aServiceRef().id));
    assert.deepEqual([approvals[0]?.by, approvals.length, findings, open], ["policy", 1, [], []]);
    assert.equal(ports.notifier.bulletins.length, 1);
    assert.equal(ports.connections.writes.length, 0);
    await assertChainHolds(ports);
  });

  it("is adopted when policy comes to approve it, and then no drift any more", async () => {
    const ports = drifting({}, { connections: [approved()] });
    await review(ports);
    await ports.consumers.put(consumer({ subscriptionId: stranger }));
    ports.policies.set([driftPolicy({ version: 2 })]);
    await review(ports);
    assert.deepEqual((await kindsOf(ports)).slice(-2), ["kept", "drift-cleared"]);
    assert.deepEqual(await foundKinds(ports), []);
  });

  it("is asked about where policy says escalate, and kept by people it is an approval like any other", async () => {
    const ports = drifting({ drift: "escalate" }, { connections: [approved()] });
    await review(ports);
    const request = await requestOf(ports, approved());
    assert.deepEqual(
      [request?.live?.cause, request?.state, request?.timetable],
      ["drift", "awaiting-decision", undefined],
    );
    assert.equal(ports.notifier.cardsOf(request?.id ?? "").length, 1);
    assert.equal(ports.notifier.bulletins.length, 0, "the card tells it");
    await answer(ports, "approve");
    await review(ports);
    assert.deepEqual((await kindsOf(ports)).slice(-2), ["kept", "drift-cleared"]);
    assert.deepEqual(await foundKinds(ports), []);
  });

  it("that people take away is gone, and no finding is left", async () => {
    const ports = drifting({ drift: "escalate" }, { connections: [approved()] });
    await review(ports);
    await answer(ports, "reject");
    assert.deepEqual((await kindsOf(ports)).slice(-2), ["revoked", "drift-cleared"]);
    assert.equal(ports.connections.shown(approved().ref)?.status, "Rejected");
  });

  it("is not asked about again when nobody answered in time", async () => {
    const drift = "{ do: escalate, review: { by: [network], within: PT4H } }";
    const ports = drifting({ drift }, { connections: [approved()] });
    await review(ports);
    ports.clock.advance(day);
    for (let look = 0; look < 3; look += 1) await review(ports);
    assert.equal((await requestOf(ports, approved()))?.state, "expired");
    assert.equal((await kindsOf(ports)).filter((kind) => kind === "requested").length, 1);
    assert.deepEqual(await foundKinds(ports), ["approved-outside"]);
  });

  it("goes after the grace where policy says revoke: intent, card, time, act, outcome", async () => {
    const ports = drifting({ drift: "{ do: revoke, grace: PT6H }" }, { connections: [approved()] });
    await review(ports);
    assert.deepEqual(await kindsOf(ports), ["drift-detected", "requested", "evaluated", "revoking"]);
    assert.equal(ports.connections.writes.length, 0);
    ports.clock.advance(5 * 3600);
    await review(ports);
    assert.equal(ports.connections.shown(approved().ref)?.status, "Approved");
    ports.clock.advance(2 * 3600);
    await review(ports);
    assert.equal(ports.connections.shown(approved().ref)?.status, "Rejected");
    assert.deepEqual((await kindsOf(ports)).slice(-2), ["revoked", "drift-cleared"]);
    await assertChainHolds(ports);
  });

  it("is only asked about when a fact that policy wants is missing, whatever policy says of revoking", async () => {
    const ports = drifting({ drift: "revoke" }, { connections: [approved()] });
    ports.consumers.breakDown();
    await review(ports);
    assert.equal((await requestOf(ports, approved()))?.timetable, undefined);
    assert.ok((await kindsOf(ports)).includes("escalated"));
  });

  it("stays found when ARM refuses to take it away", async () => {
    const ports = drifting({ drift: "escalate" }, { connections: [approved()] });
    await review(ports);
    ports.connections.nextWrites.push({ kind: "refused", code: "AuthorizationFailed" });
    await answer(ports, "reject");
    assert.equal((await requestOf(ports, approved()))?.state, "failed");
    assert.deepEqual(await foundKinds(ports), ["approved-outside"]);
  });

  it("is one of at most ten that the robot has under way at a service", async () => {
    const many = Array.from({ length: 13 }, (_, at) => approved(`pe-${at}`));
    const ports = drifting({ drift: "revoke" }, { connections: many });
    await review(ports);
    const kinds = await kindsOf(ports);
    assert.equal(kinds.filter((kind) => kind === "revoking").length, 10);
    assert.equal(kinds.filter((kind) => kind === "escalated").length, 3);
    assert.equal(ports.log.lines.filter(({ level }) => level === "error").length, 3);
  });

  it("is told together with many others", async () => {
    const many = Array.from({ length: 45 }, (_, at) => approved(`pe-${at}`));
    const ports = drifting({}, { connections: many });
    await review(ports);
    assert.equal((await driftOnRecord(ports)).length, 45);
    assert.deepEqual(
      ports.notifier.bulletins.map(({ bulletin }) => bulletin.what),
      [`40 connections were found: ${nobody}`, `5 connections were found: ${nobody}`],
    );
  });

  it("is recorded while plgate only observes, and told when it does more", async () => {
    const ports = drifting({ drift: "record" }, { connections: [approved()] }, { mode: "observe" });
    await review(ports);
    assert.deepEqual([(await driftOnRecord(ports)).length, ports.notifier.bulletins.length], [1, 0]);
    const enforcing = restarted(ports, { mode: "enforce" });
    await review(enforcing);
    await review(enforcing);
    assert.deepEqual([(await driftOnRecord(ports)).length, ports.notifier.bulletins.length], [2, 1]);
  });

  it("is handled more strictly when policy becomes so, and not told again when it does not", async () => {
    const ports = drifting({}, { connections: [approved()] });
    await review(ports);
    ports.policies.set([driftPolicy({ version: 2 })]);
    await review(ports);
    assert.equal((await requestOf(ports, approved()))?.id, undefined);
    ports.policies.set([driftPolicy({ drift: "escalate", version: 3 })]);
    await review(ports);
    assert.equal((await requestOf(ports, approved()))?.live?.cause, "drift");
    assert.equal(ports.notifier.bulletins.length, 1);
    ports.policies.breakDown();
    const before = (await auditOf(ports)).length;
    await review(ports);
    assert.equal((await auditOf(ports)).length, before);
  });

  it("is no drift when plgate approved it before it kept rows of approvals", async () => {
    const ports = drifting(
      {},
      { connections: [{ ...approved("pe-x", customer), status: "Pending", rawStatus: "Pending" }] },
    );
    await review(ports);
    const chain = serviceKey(aServiceRef().id);
    await ports.ledger.forgetApproval(chain, approved().ref.id);
    await review(ports);
    assert.deepEqual(await driftOnRecord(ports), []);
    assert.equal((await ports.ledger.unsettled(chain)).approvals.length, 1);
  });

  it("is found once by two hosts that look at the same moment", async () => {
    for (const drift of ["record", "escalate", "revoke"]) {
      const ports = drifting({ drift }, { connections: [approved(), approved("pe-y", customer)], visibility: ["*"] });
      const other = { ...ports, watch: new FakeWatch(ports.clock) };
      await Promise.all([review(ports), review(other)]);
      const found = (await driftOnRecord(ports)).filter((line) => line.startsWith("drift-detected"));
      assert.equal(found.length, 3, drift);
      await assertChainHolds(ports);
    }
  });
});

describe("An approval that the policies in force would not give any more", () => {
  const pending = { ...approved("pe-x", customer), status: "Pending", rawStatus: "Pending" } as const;
  const strict = { approves: "false", version: 2 };

  it("is found in one look after the change, told once, and judged once", async () => {
    const ports = drifting({}, { connections: [pending], visibility: restricted });
    await review(ports);
    ports.policies.set([driftPolicy(strict)]);
    assert.equal((await reconcile(ports)).woken, 1);
    for (let look = 0; look < 3; look += 1) await review(ports);
    assert.deepEqual(await driftOnRecord(ports), [
      "drift-detected: Policy approved it, and the policies in force would not.",
    ]);
    assert.equal(ports.notifier.bulletins.length, 1);
    ports.policies.set([driftPolicy({ version: 3 })]);
    await review(ports);
    assert.equal((await driftOnRecord(ports)).at(-1), "drift-cleared: The policies in force approve it.");
    assert.deepEqual(await foundKinds(ports), []);
  });

  it("is asked about where policy says revoke and does not reject it, and goes where it does", async () => {
    const ports = drifting({}, { connections: [pending] });
    await review(ports);
    ports.policies.set([driftPolicy({ ...strict, drift: "revoke" })]);
    await review(ports);
    const asked = await requestOf(ports, pending);
    assert.deepEqual(
      [asked?.live?.cause, asked?.live?.approval, asked?.timetable],
      ["policy", asked?.previous, undefined],
    );

    const other = drifting({}, { connections: [pending] });
    await review(other);
    other.policies.set([driftPolicy({ drift: "revoke", rejects: customer, version: 2 })]);
    await review(other);
    assert.equal((await requestOf(other, pending))?.timetable?.expiry, "reject");
  });

  it("was given by people: only a rule that rejects finds it", async () => {
    const ports = drifting({ drift: "escalate" }, { connections: [approved()] });
    await review(ports);
    await answer(ports, "approve");
    const told = (await driftOnRecord(ports)).length;
    ports.policies.set([driftPolicy({ drift: "escalate", version: 2 })]);
    await review(ports);
    assert.equal((await driftOnRecord(ports)).length, told);
    ports.policies.set([driftPolicy({ drift: "escalate", rejects: stranger, version: 3 })]);
    await review(ports);
    assert.match((await driftOnRecord(ports)).at(-1) ?? "", /People approved it, and the policies in force reject it/);
  });

  it("is not found while its facts cannot be read, and looked at again in an hour", async () => {
    const ports = drifting({}, { connections: [pending] });
    await review(ports);
    ports.policies.set([driftPolicy({ version: 2 })]);
    ports.consumers.breakDown();
    await review(ports);
    assert.deepEqual(await driftOnRecord(ports), []);
    const [watched] = await ports.watch.list();
    assert.equal(watched?.lookAgainAt?.getTime(), ports.clock.now().getTime() + 3_600_000);
  });

  it("is one of fifty that a look judges; the rest comes in the next", async () => {
    const many = Array.from({ length: 60 }, (_, at) => approved(`pe-${at}`, customer));
    const ports = drifting({}, { connections: many });
    while ((await review(ports)).kind === "later") ports.clock.advance(2);
    assert.equal((await ports.ledger.unsettled(serviceKey(aServiceRef().id))).approvals.length, 60);
    ports.policies.set([driftPolicy(strict)]);
    assert.equal((await review(ports)).kind, "later");
    assert.equal((await findingsOf(ports)).length, 50);
    ports.clock.advance(2);
    assert.equal((await review(ports)).kind, "settled");
    assert.equal((await findingsOf(ports)).length, 60);
  });
});

describe("Ways past plgate", () => {
  it("are told once, told anew when the list grows, and cleared when they are closed", async () => {
    const ports = drifting({}, { connections: [], autoApproval: [customer], visibility: ["*"] });
    assert.equal((await reconcile(ports)).woken, 1, "even before the first connection");
    for (let look = 0; look < 2; look += 1) await review(ports);
    assert.deepEqual(await foundKinds(ports), ["auto-approval", "visible-to-anyone"]);
    const [shown] = (await ports.connections.list()).items;
    assert.ok(shown);
    const bare = { connections: [], visibility: ["*"] };
    const more = drifting({}, { ...bare, autoApproval: [customer, stranger] });
    const now = await more.connections.read(aServiceRef());
    assert.ok(now !== "gone");
    ports.connections.put(now);
    assert.equal((await reconcile(ports)).woken, 1);
    await review(ports);
    ports.connections.put({ ...now, autoApproval: [], visibility: [customer] });
    await review(ports);
    assert.deepEqual(await driftOnRecord(ports), [
      "drift-detected: Azure's auto-approval lets one subscription in past every policy.",
      "drift-detected: Anyone who knows the alias may ask for a connection.",
      "drift-detected: Azure's auto-approval lets 2 subscriptions in past every policy.",
      "drift-cleared: ARM shows it no longer.",
      "drift-cleared: ARM shows it no longer.",
    ]);
    assert.equal(ports.notifier.bulletins.length, 3);
  });

  it("are told where there is no policy at all", async () => {
    const ports = drifting({}, { connections: [], visibility: ["*"] });
    ports.policies.set([]);
    await review(ports);
    assert.deepEqual(await foundKinds(ports), ["visible-to-anyone"]);
  });
});

describe("A connection that is Pending again after plgate rejected it", () => {
  it("is told once, judged like any other, and over when it is decided", async () => {
    const pending = { ...approved("pe-b", blocked), status: "Pending", rawStatus: "Pending" } as const;
    const ports = drifting({}, { connections: [pending] });
    await review(ports);
    ports.policies.set([driftPolicy({ rejects: stranger, version: 2 })]);
    ports.connections.connect(pending);
    for (let look = 0; look < 2; look += 1) await review(ports);
    assert.deepEqual(await foundKinds(ports), ["pending-again"]);
    assert.equal(ports.notifier.bulletins.length, 1);
    await ports.consumers.put(consumer({ subscriptionId: blocked }));
    ports.policies.set([driftPolicy({ rejects: stranger, version: 3 })]);
    await review(ports);
    assert.deepEqual(await driftOnRecord(ports), [
      "drift-detected: The connection is Pending again after plgate rejected it.",
      "drift-cleared: The connection is Approved.",
    ]);
  });
});

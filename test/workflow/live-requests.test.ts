import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plainTerms } from "../../src/policy/review-terms.ts";
import { timetableUntil } from "../../src/requests/timetable.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import { openLive } from "../../src/workflow/open-live.ts";
import type { Ports, Settings } from "../../src/workflow/ports.ts";
import { reopenRequest } from "../../src/workflow/reopen-request.ts";
import { aServiceRef, connection } from "../builders.ts";
import {
  approvedFor,
  assertRecordHolds,
  day,
  hour,
  liveRequest,
  pass,
  standing,
  statusOf,
  sweep,
  voteOn,
} from "./approved.ts";
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
  tenant,
} from "./stage.ts";
import { survives } from "./survival.ts";
import { robotsHand } from "./timed.ts";

const operator = { kind: "person", objectId: megan, tenantId: tenant, name: "Megan" } as const;

/** A stage on which people have until the end to keep an approval for two weeks. */
async function asked(settings: Partial<Settings> = {}): Promise<Stage> {
  const ports = await approvedFor("P14D", settings);
  await pass(ports, 11.5 * day);
  return ports;
}

/** The same, asked without an end by itself, or with one that leaves the connection as it is. */
async function confirmed(dueAt: string | null): Promise<Stage> {
  const ports = await approvedFor(null);
  const service = await ports.connections.read(aServiceRef());
  const [previous] = [await requestOf(ports, connection())];
  const shown = ports.connections.shown(connection().ref);
  assert.ok(service !== "gone" && shown && previous);
  const step = openLive(
    service,
    shown,
    {
      live: { cause: "recertification", why: "Is it still needed?", approval: previous.id, run: "r1" },
      reviewers: [{ group: reviewers, name: "network", approvals: 1 }],
      ...{ terms: plainTerms, verdict: null, consumer: undefined },
      end: dueAt === null ? null : { dueAt, expiry: "leave" },
    },
    previous,
    robotsHand(ports),
  );
  assert.equal((await ports.ledger.commit(step)).kind, "committed");
  await review(ports);
  return ports;
}

describe("A live request that ARM will not carry out", () => {
  it("fails, says what may help, and is tried again", async () => {
    const ports = await asked();
    ports.connections.nextWrites.push({ kind: "refused", code: "BadRequest" });
    await voteOn(ports, "reject");
    const failed = await liveRequest(ports);
    assert.deepEqual([failed.state, failed.failure?.attempts, failed.shown], ["failed", 1, true]);
    assert.match(failed.failure?.message ?? "", /PLGATE_REVOKE_BY=remove/);
    assert.match((await auditOf(ports)).at(-1)?.what ?? "", /^ARM refused to take the connection away \(BadRequest\)/);
    assert.equal((await standing(ports)).length, 1, "it stands until it is gone");
    await pass(ports, 14 * 60);
    assert.equal(ports.connections.writes.length, 2, "not before its time");
    await pass(ports, 60);
    assert.deepEqual([(await liveRequest(ports)).state, statusOf(ports)], ["rejected", "Rejected"]);
    await assertRecordHolds(ports);
  });

  it("does not speak of removing where it was removing", async () => {
    const ports = await asked({ revokeBy: "remove" });
    ports.connections.nextWrites.push({ kind: "refused", code: "Forbidden" });
    await voteOn(ports, "reject");
    assert.doesNotMatch((await liveRequest(ports)).failure?.message ?? "", /PLGATE_REVOKE_BY/);
  });

  it("waits while ARM is busy", async () => {
    const ports = await asked();
    ports.connections.nextWrites.push({ kind: "busy", retryAfterMs: 9_000 });
    await voteOn(ports, "reject");
    assert.equal((await liveRequest(ports)).state, "rejecting");
    await pass(ports, 61);
    assert.equal(statusOf(ports), "Rejected");
  });

  it("that is taken away by somebody else meanwhile is what was wanted", async () => {
    const ports = await asked();
    ports.connections.nextWrites.push({ kind: "refused", code: "BadRequest" });
    await voteOn(ports, "reject");
    ports.connections.disconnect(connection().ref);
    await review(ports);
    assert.deepEqual((await kindsOf(ports)).slice(-2), ["failed", "revoked"]);
    assert.deepEqual(await standing(ports), []);
  });
});

describe("Access that is taken away by removing the connection", () => {
  const answers = [undefined, "unknown", "unknown-but-done"] as const;
  for (const answer of answers) {
    it(`is on record as revoked, once (${answer ?? "at once"})`, async () => {
      const ports = await asked({ revokeBy: "remove" });
      if (answer) ports.connections.nextWrites.push({ kind: answer });
      await voteOn(ports, "reject");
      assert.equal(statusOf(ports), undefined);
      assert.deepEqual(
        [(await kindsOf(ports)).slice(-2), ports.connections.writes.length],
        [["decided", "revoked"], 1],
      );
      const request = await liveRequest(ports);
      assert.deepEqual([request.state, request.outcome], ["rejected", "Revoked: ARM shows the connection no longer."]);
      assert.deepEqual(await standing(ports), []);
      await pass(ports, hour);
      assert.equal((await kindsOf(ports)).at(-1), "revoked");
      assert.equal(ports.connections.removals.length, answer === "unknown" ? 2 : 1);
      await assertRecordHolds(ports);
    });
  }
});

describe("A live request that nobody answered and that leaves the connection", () => {
  it("ends, and the connection stays Approved", async () => {
    const ports = await confirmed("2026-11-26T10:00:00.000Z");
    await pass(ports, 2 * day);
    const { state, outcome } = await liveRequest(ports);
    assert.deepEqual(
      [state, outcome],
      ["expired", "Nobody decided by 2026-11-26T10:00:00.000Z; the connection stays Approved."],
    );
    assert.deepEqual([(await standing(ports)).length, statusOf(ports)], [1, "Approved"]);
  });

  it("can be asked again by an operator: the same people, with all their time", async () => {
    const ports = await confirmed("2026-11-26T10:00:00.000Z");
    await pass(ports, 2 * day);
    const ended = await liveRequest(ports);
    const hand = { ...robotsHand(ports), who: operator, door: "cli" } as const;
    assert.equal((await reopenRequest(ended.id, hand, "Please.", ports)).kind, "reopened");
    assert.equal((await reopenRequest(ended.id, hand, "Please.", ports)).kind, "reopened-before");
    await sweep(ports);
    const again = await liveRequest(ports);
    assert.deepEqual(
      [again.state, again.round, again.timetable?.dueAt],
      ["awaiting-decision", 3, "2026-11-28T10:00:00.000Z"],
    );
    assert.deepEqual([again.live, again.reviewers, again.votes], [ended.live, ended.reviewers, []]);
    assert.equal(ports.notifier.cardsOf(again.id).length, 1);
    assert.equal((await voteOn(ports, "approve")).kind, "recorded");
    assert.equal((await liveRequest(ports)).state, "approved");
    await assertRecordHolds(ports);
  });

  it("is not the end of what a Pending connection asks later", async () => {
    const ports = await confirmed("2026-11-26T10:00:00.000Z");
    await pass(ports, 2 * day);
    ports.connections.connect({ ...connection(), linkIdentifier: "536870912" });
    await review(ports);
    assert.deepEqual([statusOf(ports), (await requestOf(ports, connection()))?.round], ["Approved", 3]);
  });

  it("keeps its row of before the rows, found by the request that approved it", async () => {
    const ports = await confirmed("2026-11-26T10:00:00.000Z");
    await pass(ports, 2 * day);
    const [approval] = await standing(ports);
    assert.ok(approval);
    await ports.ledger.forgetApproval((await liveRequest(ports)).service, approval.connectionId);
    await review(ports);
    assert.deepEqual(await standing(ports), [approval]);
  });
});

describe("A live request and the mode", () => {
  it("is held while plgate only observes, and asked anew with all its time once it does not", async () => {
    const ports = await confirmed("2026-11-26T10:00:00.000Z");
    ports.clock.advance(day);
    const observing = restarted(ports, { mode: "observe" });
    await review(observing);
    assert.deepEqual((await liveRequest(ports)).held?.effect, "review");
    ports.clock.advance(9 * day);
    await review(ports);
    const { held, timetable, state } = await liveRequest(ports);
    assert.deepEqual([held, timetable?.dueAt, state], [null, "2026-12-06T10:00:00.000Z", "awaiting-decision"]);
    assert.equal((await kindsOf(ports)).at(-1), "escalated");
  });

  it("that people decided is held by approve-only, and they are asked anew", async () => {
    const ports = await asked();
    ports.connections.nextWrites.push({ kind: "busy", retryAfterMs: 30_000 });
    await voteOn(ports, "reject");
    const careful = restarted(ports, { mode: "approve-only" });
    ports.clock.advance(61);
    await review(careful);
    assert.deepEqual((await liveRequest(ports)).held?.effect, "reject");
    await review(ports);
    const { held, votes, state } = await liveRequest(ports);
    assert.deepEqual([held, votes, state, statusOf(ports)], [null, [], "awaiting-decision", "Approved"]);
  });

  it("keeps a connection in every mode: nothing is written for that", async () => {
    const ports = await asked({ mode: "approve-only" });
    await voteOn(ports, "approve");
    assert.deepEqual([(await liveRequest(ports)).state, ports.connections.writes.length], ["approved", 1]);
  });
});

describe("A timetable until a moment", () => {
  it("reminds at half and nine tenths, and brings nobody in after the end", () => {
    const to = [{ group: reviewers, name: "leads" }];
    const escalations = [
      { after: "PT1H", hours: null, from: [], to },
      { after: "PT20H", hours: null, from: [], to },
    ];
    const timetable = timetableUntil("2026-11-24T20:00:00.000Z", "reject", { escalations }, "2026-11-24T10:00:00.000Z");
    assert.deepEqual(
      [timetable.reminders.map(({ at }) => at.slice(11, 16)), timetable.escalations.map(({ at }) => at.slice(11, 16))],
      [["15:00", "19:00"], ["11:00"]],
    );
  });
});

describe("A host killed at any call to the outside, while an approval ends,", () => {
  const over = async (settings: Partial<Settings> = {}) => {
    const ports = await asked(settings);
    ports.clock.advance(3 * day);
    return ports;
  };
  const revoked = async (ports: Stage) => {
    const request = await liveRequest(ports);
    assert.deepEqual([request.state, request.round], ["rejected", 2]);
    const kinds = (await kindsOf(ports)).filter((kind) => kind !== "reminded");
    assert.deepEqual(kinds.slice(-4), ["requested", "revoking", "decided", "revoked"]);
    assert.deepEqual(await standing(ports), []);
    await assertChainHolds(ports);
  };

  it("revokes it, and says so once", async () => {
    await survives(
      (ports) => review(ports),
      () => over(),
      async (ports) => {
        await revoked(ports);
        assert.equal(statusOf(ports), "Rejected");
        assert.ok(
          ports.connections.writes.length <= 3,
          "a write is repeated only when nobody could know that it was done",
        );
      },
    );
  });

  it("removes it, and says so once", async () => {
    await survives(
      (ports) => review(ports),
      () => over({ revokeBy: "remove" }),
      async (ports) => {
        await revoked(ports);
        assert.equal(statusOf(ports), undefined);
        assert.ok(ports.connections.removals.length <= 2);
      },
    );
  });

  it("asks about it, once", async () => {
    await survives(
      (ports) => review(ports),
      async () => {
        const ports = await approvedFor("P14D");
        ports.clock.advance(11.5 * day);
        return ports;
      },
      async (ports) => {
        const request = await liveRequest(ports);
        assert.deepEqual([request.state, request.round], ["awaiting-decision", 2]);
        assert.deepEqual((await kindsOf(ports)).slice(-2), ["requested", "revoking"]);
        assert.equal(ports.notifier.cardsOf(request.id).length, 1);
        await assertChainHolds(ports);
      },
    );
  });

  it("keeps it when a person says so", async () => {
    const keep = async (ports: Ports) => {
      const request = await requestOf(ports, connection());
      const person = { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined };
      const ballot = { requestId: request?.id ?? "", vote: "approve", justification: "CHG-1", person } as const;
      await decideManually({ ...ballot, door: "teams", correlation: "c" }, ports);
      await review(ports);
    };
    await survives(
      keep,
      () => asked(),
      async (ports) => {
        // Killed before the vote was on record, the person votes again.
        if ((await liveRequest(ports)).state === "awaiting-decision") await keep(ports);
        const request = await liveRequest(ports);
        assert.deepEqual([request.state, request.expiresAt?.slice(0, 10)], ["approved", "2026-12-19"]);
        assert.equal((await kindsOf(ports)).filter((kind) => kind === "kept").length, 1);
        assert.deepEqual([(await standing(ports))[0]?.requestId, ports.connections.writes.length], [request.id, 1]);
        await assertChainHolds(ports);
      },
    );
  });

  it("records that it is gone, once", async () => {
    await survives(
      (ports) => review(ports),
      async () => {
        const ports = await approvedFor("P14D");
        ports.connections.disconnect(connection().ref);
        return ports;
      },
      async (ports) => {
        assert.deepEqual((await kindsOf(ports)).slice(-2), ["applied", "approval-ended"]);
        assert.deepEqual(await standing(ports), []);
        await assertChainHolds(ports);
      },
    );
  });
});

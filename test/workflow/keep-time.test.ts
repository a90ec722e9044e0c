import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compilePolicy } from "../../src/policy/compile.ts";
import { plainTerms } from "../../src/policy/review-terms.ts";
import { consequence } from "../../src/workflow/consequence.ts";
import { type Ballot, decideManually } from "../../src/workflow/decide-manually.ts";
import { judgedAnew } from "../../src/workflow/judge-again.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { service, vote } from "../builders.ts";
import { FakeWatch } from "../fakes/watch.ts";
import {
  assertChainHolds,
  auditOf,
  kindsOf,
  megan,
  restarted,
  review,
  reviewers,
  type Stage,
  stagePolicy,
  tenant,
} from "./stage.ts";
import { survives } from "./survival.ts";
import {
  askedAbout,
  deadline,
  escalation,
  judgedUnder,
  leads,
  lee,
  office,
  robotsHand,
  stranger,
  strangersRequest,
} from "./timed.ts";

const hour = 3600;
const begun = ["requested", "evaluated", "escalated"];
const asked = [{ group: reviewers, name: "network", approvals: 1 }];

/** What a host does after `hours`: the sweep wakes what is due, and the review does it. */
async function passes(ports: Stage, hours: number): Promise<void> {
  ports.clock.advance(hours * hour);
  await reconcile(ports);
  while (ports.watch.take()) await review(ports);
}

function reminders(ports: Stage): number {
  return ports.ledger.told.filter(({ remind }) => remind).length;
}

async function newEvents(ports: Stage): Promise<readonly string[]> {
  return (await kindsOf(ports)).slice(begun.length);
}

function ballot(requestId: string, change: Partial<Ballot> = {}, objectId = megan): Ballot {
  const person = { objectId, tenantId: tenant, name: "Megan", groups: undefined };
  return { requestId, vote: "approve", justification: "CHG-1", person, door: "teams", correlation: "c", ...change };
}

describe("The time of a request", () => {
  it("begins when people are asked, and is on its row and on record", async () => {
    const ports = await askedAbout({ via: "page", deadlines: [deadline("PT10H", { expiry: "reject" })] });
    const { timetable, via } = await strangersRequest(ports);
    const { askedAt, dueAt, expiry } = timetable ?? {};
    assert.deepEqual(
      [via, askedAt, dueAt, expiry],
      ["page", "2026-11-24T10:00:00.000Z", "2026-11-24T20:00:00.000Z", "reject"],
    );
    const { detail } = (await auditOf(ports))[2] ?? {};
    assert.deepEqual(detail, { reviewers: asked, dueAt, expiry });
  });

  it("is not counted where policy gives all of it", async () => {
    const ports = await askedAbout({});
    const request = await strangersRequest(ports);
    assert.deepEqual(["timetable" in request, "via" in request], [false, false]);
    await passes(ports, 24 * 365);
    assert.deepEqual(await newEvents(ports), []);
  });

  it("wakes the review by the sweep alone, when a step is due and not before", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H")] });
    assert.equal((await ports.watch.list())[0]?.lookAgainAt?.toISOString(), "2026-11-24T15:00:00.000Z");
    ports.clock.advance(5 * hour - 1);
    assert.equal((await reconcile(ports)).woken, 0);
    ports.clock.advance(1);
    assert.equal((await reconcile(ports)).woken, 1);
    await review(ports);
    assert.equal((await ports.watch.list())[0]?.lookAgainAt?.toISOString(), "2026-11-24T19:00:00.000Z");
  });

  it("wakes it also when the inventory does not show the connection yet", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H")] });
    const [item] = (await ports.finder.list()).items;
    assert.ok(item);
    const lagging = { list: async () => ({ items: [{ ...item, connections: [] }], unreadable: [] }) };
    ports.clock.advance(5 * hour);
    assert.equal((await reconcile({ ...ports, finder: lagging })).woken, 1);
    const empty = { list: async () => ({ items: [], unreadable: [] }) };
    assert.equal((await reconcile({ ...ports, finder: empty })).woken, 1);
  });

  it("is kept by a restart, and by a review that finds nothing due", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H")] });
    const before = await strangersRequest(ports);
    const after = restarted(ports, {});
    after.clock.advance(hour);
    await review(after);
    assert.deepEqual(await strangersRequest(after), before);
  });

  it("is not moved by a vote", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H")] }, { fallbackReviewers: [] });
    ports.directory.add(reviewers, lee);
    const { id, timetable } = await strangersRequest(ports);
    ports.clock.advance(hour);
    await decideManually(ballot(id), ports);
    assert.deepEqual((await strangersRequest(ports)).timetable, timetable);
  });
});

describe("A reminder", () => {
  it("is sent once at half and once at nine tenths of the time, however often the service is reviewed", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H")] });
    for (let minutes = 0; minutes < 9.9 * 60; minutes += 11) await passes(ports, 11 / 60);
    assert.deepEqual(await newEvents(ports), ["reminded", "reminded"]);
    assert.equal(reminders(ports), 2);
    const details = (await auditOf(ports)).flatMap(({ kind, detail }) => (kind === "reminded" ? [detail] : []));
    const dueAt = "2026-11-24T20:00:00.000Z";
    assert.deepEqual(details, [
      { step: "half", dueAt },
      { step: "nine-tenths", dueAt },
    ]);
    assert.deepEqual((await strangersRequest(ports)).timetable?.done, ["half", "nine-tenths"]);
  });

  it("goes to the threads of the cards and brings the cards up to date", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H")] });
    ports.clock.advance(5 * hour);
    await review(ports);
    const [step] = ports.ledger.told.filter(({ remind }) => remind);
    assert.deepEqual([step?.notify, step?.remind], [true, true]);
    assert.deepEqual(ports.notifier.showing(step?.request.id ?? "")?.request.timetable?.done, ["half"]);
  });

  it("is the timer's work, whoever woke the review", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H")] });
    ports.clock.advance(5 * hour);
    await review(ports);
    const event = (await auditOf(ports)).at(-1);
    assert.deepEqual([event?.kind, event?.who, event?.door], ["reminded", { kind: "robot" }, "timer"]);
  });

  it("is sent once by three hosts that look at once, with one lease and without any", async () => {
    for (const watches of [1, 3]) {
      const ports = await askedAbout({ deadlines: [deadline("PT10H")] });
      ports.clock.advance(5 * hour);
      const hosts = [0, 1, 2].map(() => (watches === 1 ? ports : { ...ports, watch: new FakeWatch(ports.clock) }));
      await Promise.all(hosts.map((host) => review(host)));
      assert.deepEqual(await newEvents(ports), ["reminded"]);
      const done = ports.ledger.told.filter(({ remind }) => remind).map(({ expected }) => expected);
      assert.equal(new Set(done).size, 1, "all hosts told the same step");
      await assertChainHolds(ports);
    }
  });

  it("is sent once when three hosts sweep at once and all take what there is to do", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H")] });
    ports.clock.advance(5 * hour);
    const host = async () => {
      await reconcile(ports);
      while (ports.watch.take()) await review(ports);
    };
    await Promise.all([host(), host(), host()]);
    assert.deepEqual(await newEvents(ports), ["reminded"]);
    assert.equal((await ports.watch.list())[0]?.lookAgainAt?.toISOString(), "2026-11-24T19:00:00.000Z");
  });

  it("comes in business hours when those are counted", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT32H", { hours: office })] });
    const { timetable } = await strangersRequest(ports);
    // Asked on a Tuesday at ten: Tuesday has six hours, Friday the last of 32 with Monday.
    assert.deepEqual(
      [timetable?.dueAt, timetable?.reminders.map(({ at }) => at)],
      ["2026-11-30T10:00:00.000Z", ["2026-11-26T10:00:00.000Z", "2026-11-27T14:48:00.000Z"]],
    );
    await passes(ports, 100);
    assert.deepEqual(await newEvents(ports), ["reminded"]);
    await passes(ports, 43);
    assert.equal((await strangersRequest(ports)).state, "awaiting-decision");
    await passes(ports, 1);
    assert.equal((await strangersRequest(ports)).state, "expired");
  });
});

describe("An escalation", () => {
  const terms = { deadlines: [deadline("PT10H")], escalations: [escalation("PT4H")] };

  it("brings stand-ins in, shows them the card, and leaves those asked who were", async () => {
    const ports = await askedAbout(terms);
    await passes(ports, 4);
    const standIns = [{ group: leads, name: "leads", channels: ["second-line"] }];
    const request = await strangersRequest(ports);
    assert.deepEqual(request.reviewers, [{ ...asked[0], standIns }]);
    assert.deepEqual(ports.notifier.showing(request.id)?.request.reviewers, request.reviewers);
    const event = (await auditOf(ports)).at(-1);
    assert.deepEqual(
      [event?.kind, event?.door, event?.detail],
      ["escalated", "timer", { step: "escalation-1", from: [reviewers], to: [{ group: leads, name: "leads" }] }],
    );
    await passes(ports, 0.1);
    assert.deepEqual(await newEvents(ports), ["escalated"]);
  });

  it("opens the request to stand-ins only from then on", async () => {
    const ports = await askedAbout(terms);
    const { id } = await strangersRequest(ports);
    const inLeads = { objectId: lee, tenantId: tenant, name: "Lee", groups: [leads] };
    assert.equal((await decideManually(ballot(id, { person: inLeads }), ports)).kind, "refused");
    await passes(ports, 4);
    const { reviewers: now } = await strangersRequest(ports);
    assert.deepEqual(
      now[0]?.standIns?.map(({ group }) => group),
      [leads],
    );
  });

  it("comes before the reminder when both were missed, and of two reminders people get the later", async () => {
    const ports = await askedAbout(terms);
    await passes(ports, 9.5);
    assert.deepEqual(await newEvents(ports), ["escalated", "reminded"]);
    assert.deepEqual((await strangersRequest(ports)).timetable?.done, ["escalation-1", "half", "nine-tenths"]);
    assert.equal(reminders(ports), 1);
  });
});

describe("A deadline that nobody kept", () => {
  it("ends the request and leaves the connection Pending", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H")] });
    await passes(ports, 10);
    const { state, outcome, id } = await strangersRequest(ports);
    assert.deepEqual(
      [state, outcome],
      ["expired", "Nobody decided by 2026-11-24T20:00:00.000Z; the connection stays Pending."],
    );
    assert.deepEqual(await newEvents(ports), ["expired"]);
    assert.deepEqual(ports.connections.writes, []);
    assert.equal(ports.notifier.showing(id)?.request.state, "expired");
    assert.equal((await ports.watch.list())[0]?.lookAgainAt, null);
    await assertChainHolds(ports);
  });

  it("rejects where every rule says so, by the robot, and tells the consumer no more than that", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry: "reject" })] });
    await passes(ports, 10);
    const { state, decided } = await strangersRequest(ports);
    const reason = "Nobody decided by 2026-11-24T20:00:00.000Z, and every rule that asked rejects then: default.";
    assert.deepEqual(
      [state, decided?.by, decided?.door, decided?.reason],
      ["rejected", { kind: "robot" }, "timer", reason],
    );
    assert.deepEqual(await newEvents(ports), ["decided", "applied"]);
    assert.match(ports.connections.writes[0]?.description ?? "", /^Rejected: nobody decided in time\. plgate /);
  });

  it("rejects nothing while the service itself is not in a good state", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry: "reject" })] });
    ports.connections.put(service({ connections: [stranger], provisioningState: "Failed" }));
    await passes(ports, 10);
    assert.equal((await strangersRequest(ports)).state, "expired");
    assert.deepEqual(ports.connections.writes, []);
  });

  it("is held back like any rejection in approve-only, once", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry: "reject" })] }, { mode: "approve-only" });
    await passes(ports, 10);
    await passes(ports, 10);
    const { state, held, timetable } = await strangersRequest(ports);
    assert.deepEqual(
      [state, held, timetable],
      ["awaiting-decision", { mode: "approve-only", effect: "reject" }, undefined],
    );
    assert.deepEqual(await newEvents(ports), ["decided"]);
    assert.deepEqual(ports.connections.writes, []);
  });

  it("expires in approve-only as anywhere, because nothing is written", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H")] }, { mode: "approve-only" });
    await passes(ports, 10);
    assert.equal((await strangersRequest(ports)).state, "expired");
  });

  it("is not counted where the mode is observe: nobody could have answered", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry: "reject" })] });
    const observing = restarted(ports, { mode: "observe" });
    await passes(observing, 3);
    await passes(observing, 30);
    const { state, held, timetable } = await strangersRequest(ports);
    assert.deepEqual([state, held, timetable], ["awaiting-decision", { mode: "observe", effect: "review" }, undefined]);
    assert.deepEqual(await newEvents(ports), ["decided"]);
    await passes(ports, 1);
    assert.deepEqual(
      [(await strangersRequest(ports)).held, (await newEvents(ports)).slice(1)],
      [...([null, ["evaluated", "escalated"]] as const)],
    );
  });

  it("that passed while everything was down ends the request at once, without a word about what was missed", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H")], escalations: [escalation("PT4H")] });
    await passes(ports, 24 * 14);
    assert.deepEqual(await newEvents(ports), ["expired"]);
    assert.equal(reminders(ports), 0);
  });

  it("is no matter when the connection is gone by then: it was withdrawn", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry: "reject" })] });
    ports.connections.disconnect(stranger.ref);
    await passes(ports, 10);
    assert.equal((await strangersRequest(ports)).state, "withdrawn");
    assert.deepEqual(await newEvents(ports), ["withdrawn"]);
  });

  it("is no matter when somebody decided in Azure", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry: "reject" })] });
    ports.connections.connect({ ...stranger, status: "Approved", rawStatus: "Approved" });
    await passes(ports, 10);
    assert.equal((await strangersRequest(ports)).state, "resolved-elsewhere");
  });

  it("does not run while a decision is on its way to Azure", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry: "reject" })] });
    const { id } = await strangersRequest(ports);
    await decideManually(ballot(id), ports);
    ports.connections.nextWrites.push({ kind: "refused", code: "RequestDisallowedByPolicy" });
    await passes(ports, 11);
    assert.equal((await strangersRequest(ports)).state, "failed");
    await passes(ports, 11);
    assert.equal((await strangersRequest(ports)).state, "approved");
  });

  it("is gone once a mode holds back what reviewers decided", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry: "reject" })] });
    await decideManually(ballot((await strangersRequest(ports)).id), ports);
    await review(restarted(ports, { mode: "observe" }));
    const { held, timetable } = await strangersRequest(ports);
    assert.deepEqual([held, timetable], [{ mode: "observe", effect: "approve" }, undefined]);
  });

  it("is told once by three hosts that look at once, with one lease and without any", async () => {
    for (const expiry of ["leave", "reject"] as const) {
      for (const watches of [1, 3]) {
        const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry })] });
        ports.clock.advance(10 * hour);
        const hosts = [0, 1, 2].map(() => (watches === 1 ? ports : { ...ports, watch: new FakeWatch(ports.clock) }));
        await Promise.all(hosts.map((host) => review(host)));
        const kinds = expiry === "leave" ? ["expired"] : ["decided", "applied"];
        assert.deepEqual(await newEvents(ports), kinds);
        await assertChainHolds(ports);
      }
    }
  });

  it("and a vote at the same moment leave exactly one winner", async () => {
    for (const expiry of ["leave", "reject"] as const) {
      for (const [first, second] of [["vote", "time"] as const, ["time", "vote"] as const]) {
        const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry })] });
        const { id } = await strangersRequest(ports);
        ports.clock.advance(10 * hour - 1);
        // The vote comes in time, the clock moves on while it is being put on record.
        const acts = { vote: () => decideManually(ballot(id), ports), time: () => review(ports) };
        const running = acts[first]();
        ports.clock.advance(1);
        await Promise.all([running, acts[second]()]);
        await review(ports);
        const { state } = await strangersRequest(ports);
        const kinds = await newEvents(ports);
        assert.equal(kinds.filter((kind) => kind === "decided" || kind === "expired").length, 1, String(kinds));
        assert.ok(["approved", "rejected", "expired"].includes(state), state);
        assert.equal(ports.connections.writes.length, state === "expired" ? 0 : 1);
      }
    }
  });
});

describe("Other policies while people are asked", () => {
  const terms = { ...plainTerms, deadlines: [deadline("PT10H")], escalations: [escalation("PT4H")] };

  it("that give all the time take the deadline away, and keep who voted", async () => {
    const ports = await askedAbout(terms);
    ports.policies.set([{ ...stagePolicy(), version: 2 }]);
    await passes(ports, 1);
    const request = await strangersRequest(ports);
    assert.deepEqual([request.state, request.timetable], ["awaiting-decision", undefined]);
    await passes(ports, 100);
    assert.deepEqual(await newEvents(ports), ["evaluated", "escalated"]);
  });

  it("are asked before a deadline that passed is told", async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry: "reject" })] });
    ports.policies.set([{ ...stagePolicy(), version: 2 }]);
    await passes(ports, 20);
    assert.equal((await strangersRequest(ports)).state, "awaiting-decision");
    assert.deepEqual(ports.connections.writes, []);
  });

  async function askedAgain(ports: Stage, now: typeof terms) {
    const judgement = await judgedUnder(ports, now);
    const hand = robotsHand(ports);
    return consequence(judgedAnew(await strangersRequest(ports), judgement, hand), judgement, hand, "enforce").next;
  }

  it("with the same terms leave time and stand-ins as they are", async () => {
    const ports = await askedAbout(terms);
    await passes(ports, 5);
    const { timetable, reviewers: before } = await strangersRequest(ports);
    ports.clock.advance(hour);
    const next = await askedAgain(ports, terms);
    assert.deepEqual([next.timetable, next.reviewers], [timetable, before]);
    assert.deepEqual(timetable?.done, ["escalation-1", "half"]);
  });

  it("with other terms count anew from when people were asked", async () => {
    const ports = await askedAbout(terms);
    await passes(ports, 5);
    const next = await askedAgain(ports, { ...terms, deadlines: [deadline("PT20H")] });
    assert.deepEqual(
      [next.timetable?.askedAt, next.timetable?.dueAt, next.timetable?.done],
      ["2026-11-24T10:00:00.000Z", "2026-11-25T06:00:00.000Z", ["escalation-1"]],
    );
  });

  it("that ask other people give those all their time", async () => {
    const ports = await askedAbout(terms);
    await passes(ports, 5);
    const hand = robotsHand(ports);
    const judgement = await judgedUnder(ports, terms);
    const other = { ...asked, group: leads, name: "leads", approvals: 1 };
    assert.equal(judgement.decision.kind, "review");
    const others = {
      ...judgement,
      decision: { ...judgement.decision, kind: "review", reviewers: [other], terms },
    } as const;
    const { next } = consequence(judgedAnew(await strangersRequest(ports), others, hand), others, hand, "enforce");
    assert.deepEqual([next.timetable?.askedAt, next.timetable?.done], [ports.clock.now().toISOString(), []]);
  });

  it("that reject tell the consumer why, though the deadline has passed, too", async () => {
    const ports = await askedAbout(terms);
    ports.policies.set([rejecting()]);
    await passes(ports, 11);
    assert.equal((await strangersRequest(ports)).state, "rejected");
    assert.match(ports.connections.writes[0]?.description ?? "", /^Rejected: Everybody is turned down\. plgate /);
  });

  it("that want the answer on a card again take it there", async () => {
    const ports = await askedAbout({ via: "page" });
    assert.equal((await askedAgain(ports, terms)).via, undefined);
  });

  it("that want the answer on the page do not count what was said on a card", async () => {
    const ports = await askedAbout(terms);
    const voted = { ...(await strangersRequest(ports)), votes: [vote({ groups: [reviewers] })] };
    const hand = robotsHand(ports);
    const again = async (via: "card" | "page") => judgedAnew(voted, await judgedUnder(ports, { ...terms, via }), hand);
    assert.deepEqual([(await again("card")).votes.length, (await again("page")).votes.length], [1, 0]);
  });
});

function rejecting() {
  const source = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: stage
reviewers: { network: { entraGroup: ${reviewers} } }
defaultReview: { by: [network] }
rules: [{ id: all, effect: reject, because: Everybody is turned down., when: { service.name: pls-a } }]
`;
  const compiled = compilePolicy(source, "stage.yaml");
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.faults));
  return { policy: compiled.policy, version: 2 };
}

describe("A host killed at any call while it keeps time", () => {
  const due = (hours: number, expiry: "leave" | "reject") => async () => {
    const ports = await askedAbout({ deadlines: [deadline("PT10H", { expiry })], escalations: [escalation("PT4H")] });
    ports.clock.advance(hours * hour);
    return ports;
  };
  const lives = {
    "brings stand-ins in and reminds, once": [9.2, "leave", ["escalated", "reminded"], "awaiting-decision"],
    "ends the request once": [10, "leave", ["expired"], "expired"],
    "rejects once": [10, "reject", ["decided", "applied"], "rejected"],
  } as const;
  for (const [name, [hours, expiry, kinds, state]] of Object.entries(lives)) {
    it(name, async () => {
      const act = (ports: Ports) => review(ports);
      await survives(act, due(hours, expiry), async (ports) => {
        assert.deepEqual(await newEvents(ports), kinds);
        const request = await strangersRequest(ports);
        assert.equal(request.state, state);
        assert.equal(ports.notifier.showing(request.id)?.request.state, state);
        await assertChainHolds(ports);
      });
    });
  }
});

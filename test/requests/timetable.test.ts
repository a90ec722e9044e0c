import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CountedHours, Deadline, Escalation, ReviewTerms } from "../../src/policy/review-terms.ts";
import { sameReviewers, tally } from "../../src/requests/quorum.ts";
import {
  type DueStep,
  dueStep,
  nextStepAt,
  retimed,
  type Timetable,
  timetableOf,
  withDone,
  withStandIns,
} from "../../src/requests/timetable.ts";
import { vote } from "../builders.ts";

const askedAt = "2026-11-27T15:00:00.000Z";
const office: CountedHours = {
  ...{ name: "office", days: ["mon", "tue", "wed", "thu", "fri"] as const },
  ...{ from: 8 * 60, to: 16 * 60, timezone: "UTC" },
};
const network = "55555555-0000-4000-8000-000000000005";
const leads = "55555555-0000-4000-8000-000000000006";
const board = "55555555-0000-4000-8000-000000000007";

function terms(change: Partial<ReviewTerms> = {}): ReviewTerms {
  return { via: "card", deadlines: [], escalations: [], ...change };
}

function deadline(within: string, change: Partial<Deadline> = {}): Deadline {
  return { within, hours: null, expiry: "leave", ...change };
}

function escalation(after: string, change: Partial<Escalation> = {}): Escalation {
  return { after, hours: null, from: [network], to: [{ group: leads, name: "leads" }], ...change };
}

function at(time: string): Date {
  return new Date(`2026-11-${time}:00.000Z`);
}

describe("A timetable", () => {
  it("is not needed when nothing ever happens by itself", () => {
    assert.equal(timetableOf(terms(), askedAt), undefined);
    assert.equal(timetableOf(terms({ deadlines: [deadline("nonsense"), deadline("PT0M")] }), askedAt), undefined);
    const never = { ...office, days: [] };
    assert.equal(timetableOf(terms({ deadlines: [deadline("PT1H", { hours: never })] }), askedAt), undefined);
  });

  it("ends with the deadline that comes first and reminds at half and nine tenths of it", () => {
    const deadlines = [deadline("P1D"), deadline("PT10H")];
    assert.deepEqual(timetableOf(terms({ deadlines }), askedAt), {
      askedAt,
      dueAt: "2026-11-28T01:00:00.000Z",
      expiry: "leave",
      reminders: [
        { step: "half", at: "2026-11-27T20:00:00.000Z" },
        { step: "nine-tenths", at: "2026-11-28T00:00:00.000Z" },
      ],
      escalations: [],
      done: [],
    });
  });

  it("reminds in the counted hours of the deadline that ends first, which need not be the shorter one", () => {
    const deadlines = [deadline("PT10H", { hours: office }), deadline("P4D")];
    const timetable = timetableOf(terms({ deadlines }), askedAt);
    assert.equal(timetable?.dueAt, "2026-12-01T09:00:00.000Z");
    assert.deepEqual(
      timetable?.reminders.map((one) => one.at),
      ["2026-11-30T12:00:00.000Z", "2026-11-30T16:00:00.000Z"],
    );
  });

  const expiries: Readonly<Record<string, readonly [readonly Deadline["expiry"][], Timetable["expiry"]]>> = {
    "rejects when its only deadline says so": [["reject"], "reject"],
    "rejects when all say so": [["reject", "reject"], "reject"],
    "leaves the connection alone when one says so, be it the last to end": [["reject", "leave"], "leave"],
    "leaves it alone when one says so, be it the first to end": [["leave", "reject"], "leave"],
  };
  for (const [name, [said, expiry]] of Object.entries(expiries)) {
    it(name, () => {
      const deadlines = said.map((one, place) => deadline(`PT${place + 1}H`, { expiry: one }));
      assert.equal(timetableOf(terms({ deadlines }), askedAt)?.expiry, expiry);
    });
  }

  it("counts the word of a deadline that never ends: it does not reject in its place", () => {
    const never = deadline("PT1H", { hours: { ...office, days: [] } });
    const timetable = timetableOf(terms({ deadlines: [deadline("PT1H", { expiry: "reject" }), never] }), askedAt);
    assert.deepEqual([timetable?.expiry, timetable?.dueAt], ["leave", "2026-11-27T16:00:00.000Z"]);
  });

  it("brings others in by time, and nobody with the end or after it", () => {
    const escalations = [
      escalation("PT3H"),
      escalation("PT1H", { to: [{ group: board, name: "board" }] }),
      escalation("PT4H"),
      escalation("PT5H"),
    ];
    const timetable = timetableOf(terms({ deadlines: [deadline("PT4H")], escalations }), askedAt);
    assert.deepEqual(
      timetable?.escalations.map(({ step, at: time, to }) => [step, time, to[0]?.name]),
      [
        ["escalation-1", "2026-11-27T16:00:00.000Z", "board"],
        ["escalation-2", "2026-11-27T18:00:00.000Z", "leads"],
      ],
    );
  });

  it("may escalate without ever ending", () => {
    const timetable = timetableOf(terms({ escalations: [escalation("PT1H")] }), askedAt);
    assert.deepEqual([timetable?.dueAt, timetable?.expiry, timetable?.reminders], [null, "leave", []]);
    assert.ok(timetable);
    assert.deepEqual(nextStepAt(timetable), at("27T16:00"));
    assert.equal(nextStepAt(withDone(timetable, ["escalation-1"])), undefined);
  });
});

describe("What time has brought", () => {
  const planned = timetableOf(
    terms({
      deadlines: [deadline("PT10H")],
      escalations: [escalation("PT4H"), escalation("PT6H", { to: [{ group: board, name: "board" }] })],
    }),
    askedAt,
  );
  assert.ok(planned);
  const timetable = planned;
  const [first, second] = timetable.escalations;
  const [half, nineTenths] = timetable.reminders;
  assert.ok(first && second && half && nineTenths);

  const cases: Readonly<Record<string, readonly [string, Timetable["done"], DueStep | undefined]>> = {
    "is nothing at first": ["27T15:00", [], undefined],
    "is an escalation from its very minute": ["27T19:00", [], { kind: "escalation", escalation: first }],
    "is nothing once that is done": ["27T19:30", ["escalation-1"], undefined],
    "is the half of the time": [
      ...(["27T20:00", ["escalation-1"]] as const),
      { kind: "reminder", reminder: half, passed: ["half"] },
    ],
    "is first who else may answer, after an outage": ["28T00:30", [], { kind: "escalation", escalation: first }],
    "is then the next of them": ["28T00:30", ["escalation-1"], { kind: "escalation", escalation: second }],
    "is then the latest reminder alone": [
      ...(["28T00:30", ["escalation-1", "escalation-2"]] as const),
      { kind: "reminder", reminder: nineTenths, passed: ["half", "nine-tenths"] },
    ],
    "is the second reminder when people had the first": [
      ...(["28T00:00", ["escalation-1", "escalation-2", "half"]] as const),
      { kind: "reminder", reminder: nineTenths, passed: ["nine-tenths"] },
    ],
    "is the end and nothing else, whatever was missed": [
      ...(["28T01:00", []] as const),
      { kind: "expiry", expiry: "leave", dueAt: "2026-11-28T01:00:00.000Z" },
    ],
  };
  for (const [name, [now, done, due]] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(dueStep({ ...timetable, done }, at(now)), due));
  }

  it("comes next at the first time that is not done", () => {
    assert.deepEqual(nextStepAt(timetable), at("27T19:00"));
    assert.deepEqual(nextStepAt(withDone(timetable, ["escalation-1", "half"])), at("27T21:00"));
    const all = withDone(timetable, ["escalation-1", "escalation-2", "half", "nine-tenths"]);
    assert.deepEqual(nextStepAt(all), at("28T01:00"));
  });
});

describe("Other terms for the same people", () => {
  const before = timetableOf(terms({ deadlines: [deadline("PT10H")], escalations: [escalation("PT4H")] }), askedAt, [
    "escalation-1",
    "half",
  ]);
  const now = at("27T21:00");

  it("that are the same change nothing", () => {
    const same = terms({ deadlines: [deadline("PT10H")], escalations: [escalation("PT4H")] });
    assert.deepEqual(retimed(before, same, now), before);
  });

  it("count from when they were asked, and remind again of what lies ahead again", () => {
    const longer = retimed(before, terms({ deadlines: [deadline("PT20H")] }), now);
    assert.deepEqual([longer?.dueAt, longer?.done], ["2026-11-28T11:00:00.000Z", []]);
    const shorter = retimed(before, terms({ deadlines: [deadline("PT8H")] }), now);
    assert.deepEqual([shorter?.dueAt, shorter?.done], ["2026-11-27T23:00:00.000Z", ["half"]]);
  });

  it("are counted from now when they would be over already: nobody misses a time that was never told", () => {
    const short = terms({ deadlines: [deadline("PT3H")], escalations: [escalation("PT1H")] });
    const late = retimed(before, short, now);
    assert.deepEqual([late?.askedAt, late?.dueAt], ["2026-11-27T21:00:00.000Z", "2026-11-28T00:00:00.000Z"]);
    assert.deepEqual(late?.done, ["escalation-1"]);
  });

  it("are over when what people were told is over, too", () => {
    const longAgo = at("29T00:00");
    const late = retimed(before, terms({ deadlines: [deadline("PT3H")] }), longAgo);
    assert.equal(late?.dueAt, "2026-11-27T18:00:00.000Z");
  });

  it("bring nobody in twice, and others when their time comes", () => {
    const escalations = [escalation("PT1H", { to: [{ group: board, name: "board" }] }), escalation("PT4H")];
    assert.deepEqual(retimed(before, terms({ escalations }), now)?.done, ["escalation-2"]);
  });

  it("begin now when there was no time to keep before", () => {
    assert.equal(retimed(undefined, terms({ deadlines: [deadline("PT1H")] }), now)?.dueAt, "2026-11-27T22:00:00.000Z");
  });

  it("may be that they have all the time from now on", () => assert.equal(retimed(before, terms(), now), undefined));
});

describe("Stand-ins", () => {
  const asked = [{ group: network, name: "network", approvals: 2 }];
  const timetable = timetableOf(
    terms({
      escalations: [
        escalation("PT1H", { from: [network.toUpperCase()], to: [{ group: leads, name: "leads", channels: ["a"] }] }),
        escalation("PT2H", {
          to: [
            { group: leads, name: "leads", channels: ["b"] },
            { group: network, name: "network" },
          ],
        }),
        escalation("PT3H", { from: [board], to: [{ group: board, name: "board" }] }),
      ],
    }),
    askedAt,
  );
  assert.ok(timetable);
  const planned = timetable;

  it("are none before their time", () => assert.deepEqual(withStandIns(asked, planned), asked));

  it("stand by the groups that they stand in for, each once with all its channels", () => {
    const all = withDone(planned, ["escalation-1", "escalation-2", "escalation-3"]);
    const standIns = [{ group: leads, name: "leads", channels: ["a", "b"] }];
    assert.deepEqual(withStandIns(asked, all), [{ ...asked[0], standIns }]);
  });

  const later = withStandIns(asked, withDone(planned, ["escalation-1"]));
  const bob = "44444444-0000-0000-0000-00000000000b";

  it("count for the group from when they were brought in", () => {
    const votes = [vote({ groups: [network] }), vote({ objectId: bob, groups: [leads] })];
    assert.deepEqual(tally(asked, votes), { kind: "waiting", missing: [{ name: "network", votes: 1 }] });
    assert.equal(tally(later, votes).kind, "approve");
  });

  it("count once though they are in both groups", () => {
    assert.equal(tally(later, [vote({ groups: [network, leads] })]).kind, "waiting");
  });

  it("make no other people of those who are asked, nor do their channels", () => {
    assert.ok(sameReviewers(asked, later));
    assert.ok(sameReviewers(asked, [{ ...asked[0], group: network, name: "x", approvals: 2, channels: ["general"] }]));
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Verdict } from "../../src/policy/evaluate.ts";
import { leaving, sameTerms, unionOfTerms } from "../../src/policy/merge-terms.ts";
import { plainTerms, type ReviewTerms } from "../../src/policy/review-terms.ts";
import { type ReviewerGroup, unionOfReviewers } from "../../src/policy/reviewers.ts";
import { compiled, fallback, faultsOf, judge, knowing } from "./build.ts";

const groups = { oncall: "55555555-0000-4000-8000-000000000005", security: "55555555-0000-4000-8000-000000000006" };
const leads = "55555555-0000-4000-8000-000000000007";

const office = {
  name: "office",
  days: ["mon", "tue"],
  from: 480,
  to: 1080,
  timezone: "Europe/Stockholm",
} as const;

/** A policy of rules that each ask in an own way; reviewers are oncall, security (in a channel) and leads (in two). */
function policy(rules: Readonly<Record<string, string>>, name = "test", more = ""): string {
  const lines = Object.entries(rules).map(([id, rest]) => `  - { id: ${id}, because: "${id}.", ${rest} }`);
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: ${name}
${more}
windows:
  office: { days: [tue, mon], from: "08:00", to: "18:00", timezone: Europe/Stockholm }
  freeze: { start: 2026-12-18, end: 2027-01-04 }
reviewers:
  oncall: { entraGroup: ${groups.oncall} }
  security: { entraGroup: ${groups.security}, channel: Security }
  leads: { entraGroup: ${leads}, channels: [Network leads, "19:a@thread.tacv2"] }
rules:
${lines.join("\n")}
`;
}

const gold = knowing({ values: { "consumer.tier": "gold" } });
const holds = "effect: review, when: { consumer.tier: gold }";
const untold = "effect: review, when: { history.rejectedBefore: true }";

function asking(review: string, when = holds): string {
  return `${when}, review: ${review}`;
}

function askedBy(source: string | readonly string[]): Pick<Verdict, "reviewers" | "terms"> {
  const { reviewers, terms } = judge(source, gold);
  return { reviewers, terms };
}

function termsOf(rules: Readonly<Record<string, string>>): ReviewTerms {
  return askedBy(policy(rules)).terms;
}

describe("The terms of a review", () => {
  it("are plain where a rule says nothing", () => {
    assert.deepEqual(termsOf({ ask: asking("{ by: [oncall] }") }), plainTerms);
  });

  it("are all that the rule says, its hours by value", () => {
    const whole =
      "{ by: [oncall, security], via: page, within: P1D, hours: office, expiry: reject, escalate: { after: PT4H, to: [leads] } }";
    assert.deepEqual(termsOf({ ask: asking(whole) }), {
      via: "page",
      deadlines: [{ within: "P1D", hours: office, expiry: "reject" }],
      escalations: [
        {
          after: "PT4H",
          hours: office,
          from: [groups.oncall, groups.security],
          to: [{ group: leads, name: "leads", channels: ["19:a@thread.tacv2", "Network leads"] }],
        },
      ],
    });
  });

  it("are those of defaultReview where a rule names nobody, and its own as a whole where it does", () => {
    const more = "defaultReview: { by: [oncall], via: page, within: P3D }";
    const rules = { silent: holds, own: "effect: review, when: { consumer.tier: silver }, review: { by: [security] }" };
    const silver = knowing({ values: { "consumer.tier": "silver" } });
    const source = policy(rules, "test", more);
    const threeDays = { via: "page", deadlines: [{ within: "P3D", hours: null, expiry: "leave" }], escalations: [] };
    assert.deepEqual(judge(source, gold).terms, threeDays);
    assert.deepEqual(judge(source, silver).terms, plainTerms);
    assert.deepEqual(judge(source, knowing({ values: { "consumer.tier": "bronze" } })).terms, threeDays, "by default");
  });

  it("are plain when the fallback group is asked, and when nobody is", () => {
    const verdict = judge(policy({ yes: "effect: approve, when: { consumer.tier: gold }" }), gold);
    assert.deepEqual(verdict.terms, plainTerms);
    assert.deepEqual(askedBy(policy({ ask: holds })), { reviewers: [fallback], terms: plainTerms });
    assert.deepEqual(judge([], gold).terms, plainTerms);
  });

  const expiries: Readonly<Record<string, readonly [rules: Readonly<Record<string, string>>, expiry: string]>> = {
    "reject when the only rule with a deadline says so": [
      { a: asking("{ by: [oncall], within: PT8H, expiry: reject }"), b: asking("{ by: [oncall] }") },
      "reject",
    ],
    "reject when all of them do": [
      {
        a: asking("{ by: [oncall], within: PT8H, expiry: reject }"),
        b: asking("{ by: [oncall], within: P1D, expiry: reject }"),
      },
      "reject",
    ],
    "leave when one leaves, even the later": [
      { a: asking("{ by: [oncall], within: PT8H, expiry: reject }"), b: asking("{ by: [oncall], within: P1D }") },
      "leave",
    ],
    "leave when the rule cannot be told": [
      { a: asking("{ by: [oncall], within: PT8H, expiry: reject }", untold) },
      "leave",
    ],
    "leave when one of two that reject cannot be told": [
      {
        a: asking("{ by: [oncall], within: PT8H, expiry: reject }"),
        b: asking("{ by: [oncall], within: P1D, expiry: reject }", untold),
      },
      "leave",
    ],
    "reject whatever a rule says that does not hold": [
      {
        a: asking("{ by: [oncall], within: PT8H, expiry: reject }"),
        b: asking("{ by: [oncall], within: P1D }", "effect: review, when: { consumer.tier: silver }"),
      },
      "reject",
    ],
    "leave when a reject rule cannot be told that asks with a deadline": [
      {
        a: asking("{ by: [oncall], within: PT8H, expiry: reject }"),
        b: asking("{ by: [oncall], within: P1D }", "effect: reject, when: { history.rejectedBefore: true }"),
      },
      "leave",
    ],
  };
  for (const [name, [rules, expected]] of Object.entries(expiries)) {
    it(`${name}`, () => {
      const found = new Set(termsOf(rules).deadlines.map(({ expiry }) => expiry));
      assert.deepEqual([...found], [expected]);
    });
  }

  it("ask policy again as often as the rule that wants it most often, one that cannot be told among them", () => {
    const rules = {
      a: asking("{ by: [oncall], recheck: PT4H }"),
      b: asking("{ by: [oncall], recheck: PT60M }"),
      c: asking("{ by: [oncall] }"),
      d: asking("{ by: [oncall], recheck: PT15M }", "effect: review, when: { consumer.tier: silver }"),
    };
    assert.deepEqual(termsOf(rules), { ...plainTerms, recheck: "PT60M" });
    const more = { ...rules, e: asking("{ by: [oncall], recheck: PT30M }", untold) };
    assert.equal(termsOf(more).recheck, "PT30M");
    assert.equal(termsOf(Object.fromEntries(Object.entries(more).toReversed())).recheck, "PT30M");
    assert.equal(
      unionOfTerms([
        { ...plainTerms, recheck: "PT60M" },
        { ...plainTerms, recheck: "PT1H" },
      ]).recheck,
      "PT1H",
    );
    assert.ok(sameTerms({ ...plainTerms, recheck: "PT60M" }, { ...plainTerms, recheck: "PT1H" }));
    assert.ok(!sameTerms({ ...plainTerms, recheck: "PT1H" }, plainTerms));
  });

  const rechecks = {
    "too often": ["recheck: PT14M", "review.recheck is from PT15M to P7D; PT14M is not"],
    "too seldom": ["recheck: P8D", "review.recheck is from PT15M to P7D; P8D is not"],
    "after the end": ["within: PT1H, recheck: PT1H", "review.recheck comes before within; PT1H is not before PT1H"],
    "at no time": [
      "recheck: often",
      'review.recheck is a duration in weeks, days, hours, minutes such as PT1H; "often" is not',
    ],
  } as const;
  for (const [name, [terms, message]] of Object.entries(rechecks)) {
    it(`cannot ask policy again ${name}`, () => {
      const faults = faultsOf(policy({ ask: asking(`{ by: [oncall], ${terms} }`) }));
      assert.deepEqual(
        faults.filter(({ severity }) => severity === "error").map((fault) => fault.message),
        [message],
      );
    });
  }

  it("may ask policy again later than a deadline says whose hours are counted", () => {
    const source = policy({ ask: asking("{ by: [oncall], within: PT8H, hours: office, recheck: P1D }") });
    assert.equal(askedBy(source).terms.recheck, "P1D");
  });

  it("do not come from rules in shadow", () => {
    const rules = {
      ask: asking("{ by: [oncall] }"),
      try: asking("{ by: [security], via: page, within: PT8H, expiry: reject }", `mode: shadow, ${holds}`),
    };
    assert.deepEqual(termsOf(rules), plainTerms);
  });

  it("of several policies are all kept, in the order of time, what is the same once", () => {
    const one = policy({ a: asking("{ by: [oncall], within: P1D, escalate: { after: PT4H, to: [leads] } }") }, "one");
    const two = policy(
      {
        b: asking("{ by: [oncall], via: page, within: PT24H, escalate: { after: PT240M, to: [leads] } }"),
        c: asking("{ by: [oncall], within: PT8H, hours: office, escalate: { after: PT2H, to: [security] } }"),
      },
      "two",
    );
    const { terms, reviewers } = askedBy([one, two]);
    assert.deepEqual(
      [terms.via, terms.deadlines.map(({ within, hours }) => [within, hours?.name ?? null])],
      [
        "page",
        [
          ["PT8H", "office"],
          ["P1D", null],
        ],
      ],
    );
    assert.deepEqual(
      terms.escalations.map(({ after, hours, from, to }) => [after, hours?.name ?? null, from, to[0]?.name]),
      [
        ["PT2H", "office", [groups.oncall], "security"],
        ["PT240M", null, [groups.oncall], "leads"],
      ],
    );
    assert.deepEqual(reviewers, [{ group: groups.oncall, name: "oncall", approvals: 1 }]);
    assert.deepEqual(askedBy([two, one]).terms, terms);
  });
});

describe("Channels", () => {
  it("go with the reviewer", () => {
    assert.deepEqual(askedBy(policy({ ask: asking("{ by: [security, leads], approvals: 2 }") })).reviewers, [
      { group: groups.security, name: "security", approvals: 2, channels: ["Security"] },
      { group: leads, name: "leads", approvals: 2, channels: ["19:a@thread.tacv2", "Network leads"] },
    ]);
  });

  it("of one group that several name are joined, and so are those who stand in for it", () => {
    const group = (channels: readonly string[], standIns: ReviewerGroup["standIns"] = []): ReviewerGroup => ({
      ...{ group: "G", name: "g", approvals: 1, channels, standIns },
    });
    assert.deepEqual(
      unionOfReviewers([
        [group(["b"], [{ group: "L", name: "l", channels: ["x"] }])],
        [{ group: "g", name: "a", approvals: 2 }],
        [group(["a", "b"], [{ group: "l", name: "k" }])],
      ]),
      [
        {
          ...{ group: "g", name: "a", approvals: 2, channels: ["a", "b"] },
          standIns: [{ group: "l", name: "k", channels: ["x"] }],
        },
      ],
    );
  });
});

describe("Terms compared", () => {
  const day: ReviewTerms = {
    ...plainTerms,
    deadlines: [{ within: "P1D", hours: office, expiry: "reject" }],
    escalations: [{ after: "PT4H", hours: null, from: ["a"], to: [{ group: "b", name: "b", channels: ["c"] }] }],
  };
  const changes: Readonly<Record<string, readonly [same: boolean, other: ReviewTerms]>> = {
    "the same in other words": [
      true,
      {
        ...day,
        deadlines: [{ within: "PT24H", hours: { ...office, name: "bureau" }, expiry: "reject" }],
        escalations: [{ after: "PT240M", hours: null, from: ["a"], to: [{ group: "b", name: "x", channels: ["c"] }] }],
      },
    ],
    "the page": [false, { ...day, via: "page" }],
    "a later deadline": [false, { ...day, deadlines: [{ within: "P2D", hours: office, expiry: "reject" }] }],
    "all hours": [false, { ...day, deadlines: [{ within: "P1D", hours: null, expiry: "reject" }] }],
    "another end": [false, leaving(day)],
    "nobody who stands in": [false, { ...day, escalations: [] }],
    "another channel of who stands in": [
      false,
      { ...day, escalations: [{ after: "PT4H", hours: null, from: ["a"], to: [{ group: "b", name: "b" }] }] },
    ],
  };
  for (const [name, [same, other]] of Object.entries(changes)) {
    it(`${name} is ${same ? "no" : "a"} change`, () => assert.equal(sameTerms(day, other), same));
  }

  it("are no more than a request can hold: the shortest stay", () => {
    const many = Array.from({ length: 30 }, (_, days): ReviewTerms => {
      const time = `P${30 - days}D`;
      const hours = null;
      const to = [{ group: "b", name: "b" }];
      return {
        ...{ via: "card", deadlines: [{ within: time, hours, expiry: "leave" }] },
        escalations: [{ after: time, hours, from: ["a"], to }],
      };
    });
    const { deadlines, escalations } = unionOfTerms(many);
    assert.deepEqual([deadlines.length, deadlines[0]?.within, deadlines.at(-1)?.within], [20, "P1D", "P20D"]);
    assert.deepEqual([escalations.length, escalations.at(-1)?.after], [20, "P20D"]);
  });

  it("and joined with themselves are themselves", () => {
    assert.equal(unionOfTerms([day, day]), day);
    assert.deepEqual(unionOfTerms([day, { ...day }]), day);
    assert.deepEqual(unionOfTerms([]), plainTerms);
  });
});

describe("A review is refused with", () => {
  const by = "by: [oncall]";
  const secret = "https://prod-1.westeurope.logic.azure.com/workflows/w?sig=s3cret";
  const remedy = "write expiry: leave, or a review rule that says reject";
  const refused: Readonly<Record<string, readonly [review: string, fault: string]>> = {
    "an unknown field": [`{ ${by}, withn: P1D }`, "review has no field withn; did you mean within?"],
    "another way of answering": [`{ ${by}, via: mail }`, 'review.via is card, page; "mail" is not'],
    "no duration": [
      `{ ${by}, within: 8 hours }`,
      'review.within is a duration in weeks, days, hours, minutes such as PT8H; "8 hours" is not',
    ],
    "a deadline under a minute": [`{ ${by}, within: PT0M }`, "review.within is from PT1M to P90D; PT0M is not"],
    "a deadline over 90 days": [`{ ${by}, within: P91D }`, "review.within is from PT1M to P90D; P91D is not"],
    "a number of hours": [`{ ${by}, within: 8 }`, "review.within must be a text; 8 is not"],
    "hours that are a range": [
      `{ ${by}, within: P1D, hours: freeze }`,
      "hours are those of a week, and the window freeze is a range; name one with days, from, to",
    ],
    "an unknown window": [`{ ${by}, within: P1D, hours: offce }`, "no window named offce; did you mean office?"],
    "hours with nothing to count": [
      `{ ${by}, hours: office }`,
      "review.hours says which hours count, and nothing is counted without within or escalate",
    ],
    "an end without a deadline": [
      `{ ${by}, expiry: leave }`,
      "review.expiry says what follows a deadline, and there is none; add within, such as PT8H",
    ],
    "another end": [`{ ${by}, within: P1D, expiry: approve }`, 'review.expiry is leave, reject; "approve" is not'],
    "an escalation to nobody": [`{ ${by}, escalate: { after: PT4H } }`, "review.escalate needs to"],
    "an escalation at no time": [`{ ${by}, escalate: { to: [leads] } }`, "review.escalate needs after"],
    "an escalation to an unknown reviewer": [
      `{ ${by}, escalate: { after: PT4H, to: [lead] } }`,
      "no reviewer named lead; did you mean leads?",
    ],
    "an escalation to who is asked": [
      "{ by: [oncall, security], escalate: { after: PT4H, to: [leads, security] } }",
      "security is asked from the start; name somebody else in to",
    ],
    "an escalation at the deadline": [
      `{ ${by}, within: PT24H, escalate: { after: P1D, to: [leads] } }`,
      "review.escalate.after comes before within; P1D is not before PT24H",
    ],
    "an escalation too soon": [
      `{ ${by}, escalate: { after: PT0M, to: [leads] } }`,
      "review.escalate.after is from PT1M to P90D; PT0M is not",
    ],
  };
  for (const [name, [review, fault]] of Object.entries(refused)) {
    it(name, () => assert.deepEqual(said(policy({ ask: asking(review) })), [fault]));
  }

  it("an escalation to eleven", () => {
    const names = Array.from({ length: 11 }, (_, n) => `lead${n}`);
    const known = names.map((name, n) => `  ${name}: { entraGroup: 55555555-0000-4000-8000-0000000001${10 + n} }`);
    const source = policy({ ask: asking(`{ by: [oncall], escalate: { after: PT4H, to: [${names}] } }`) });
    const wide = source.replace("reviewers:", () => ["reviewers:", ...known].join("\n"));
    assert.deepEqual(said(wide), ["review.escalate.to names more than 10 reviewers"]);
  });

  it("a rejection that a reject rule would owe to not being told", () => {
    const rule = "effect: reject, when: { consumer.tier: gold }, review: { by: [oncall], within: P1D, expiry: reject }";
    const fault = `a reject rule asks only when it cannot be told, and then nothing is rejected; ${remedy}`;
    assert.deepEqual(said(policy({ no: rule })), [fault]);
  });

  it("a rejection that no rule says", () => {
    const source = policy({ ask: holds }, "test", "defaultReview: { by: [oncall], within: P1D, expiry: reject }");
    const fault = `defaultReview asks about whatever no rule decides, and only a rule rejects; ${remedy}`;
    assert.deepEqual(said(source), [fault]);
  });

  const channels: Readonly<Record<string, readonly [reviewer: string, fault: RegExp]>> = {
    "a URL as a channel, which is not repeated": [`channel: "${secret}"`, /^channel .* looks like a URL.* settings/],
    "a URL without its scheme": ['channel: "prod-1.westeurope.logic.azure.com/workflows/w"', /looks like a URL/],
    "a URL among channels": [`channels: [Security, "${secret}"]`, /looks like a URL/],
    "a control character in a channel": ['channel: "a\\u202eb"', /none of them a control character/],
    "a channel of 201 characters": [`channel: ${"x".repeat(201)}`, /1 to 200 characters/],
    "an empty channel": ['channel: ""', /^channel must be a text/],
    "a channel that is a list": ["channel: [Security]", /^channel must be a text; a list is not$/],
    "channels that are no list": ["channels: Security", /^channels must be a list$/],
    "no channels": ["channels: []", /^channels is empty$/],
    "six channels": ["channels: [a, b, c, d, e, f]", /^more than 5 channels$/],
    "a channel and channels": [
      "channel: a, channels: [b]",
      /^the reviewer security has channel or channels, not both$/,
    ],
  };
  for (const [name, [reviewer, fault]] of Object.entries(channels)) {
    it(name, () => {
      const source = policy({ ask: asking("{ by: [oncall] }") }).replace("channel: Security", () => reviewer);
      const faults = faultsOf(source).filter(({ severity }) => severity === "error");
      assert.equal(faults.length, 1, JSON.stringify(faults));
      assert.match(faults[0]?.message ?? "", fault);
      assert.doesNotMatch(JSON.stringify(faults), /s3cret|logic\.azure/);
      assert.equal(faults[0]?.line, 10);
    });
  }
});

describe("A review is warned of", () => {
  const rejecting = "review: { by: [oncall], within: P1D, expiry: reject }";
  const warned = (source: string) =>
    faultsOf(source).flatMap(({ severity, name, rule }) =>
      severity === "warning" && name !== "unused" ? [[rule, name]] : [],
    );

  it("when its rule counts and silence rejects", () => {
    assert.deepEqual(warned(policy({ ask: `${holds}, ${rejecting}` })), [["ask", "reject-on-expiry"]]);
  });

  it("and not before it counts, or when silence leaves it", () => {
    assert.deepEqual(warned(policy({ ask: `mode: shadow, ${holds}, ${rejecting}` })), []);
    assert.deepEqual(warned(policy({ ask: asking("{ by: [oncall], within: P1D, expiry: leave }") })), []);
  });

  it("when a channel stands twice", () => {
    const source = policy({ ask: asking("{ by: [leads] }") }).replace(
      "[Network leads,",
      "[Network leads, Network leads,",
    );
    assert.deepEqual(
      faultsOf(source).flatMap(({ name, message }) => (name === "duplicate-entry" ? message : [])),
      ["Network leads stands twice in channels"],
    );
  });

  it("and its windows and stand-ins are not called unused", () => {
    const source = policy({
      ask: asking("{ by: [oncall, security], hours: office, escalate: { after: PT4H, to: [leads] } }"),
    });
    const unused = faultsOf(source).flatMap(({ name, message }) => (name === "unused" ? message : []));
    assert.deepEqual(unused, ["no rule uses the window freeze"]);
  });

  it("nothing in what compiles", () => {
    assert.equal(compiled(policy({ ask: asking("{ by: [oncall], within: PT1M }") })).rules.length, 1);
    assert.equal(compiled(policy({ ask: asking("{ by: [oncall], within: P90D }") })).rules.length, 1);
  });
});

function said(source: string): readonly string[] {
  return faultsOf(source).flatMap(({ severity, message }) => (severity === "error" ? message : []));
}

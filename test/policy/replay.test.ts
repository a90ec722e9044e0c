import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Facts } from "../../src/connection/facts.ts";
import { evaluate, type PolicyInForce } from "../../src/policy/evaluate.ts";
import { changeOf, outcomeOf, replay, type Snapshot } from "../../src/policy/replay.ts";
import { plainTerms } from "../../src/policy/review-terms.ts";
import { compiled, fallback, groups, knowing, policyText, rule } from "./build.ts";

const options = { fallbackReviewers: [fallback] };

function inForce(rules: string, more = "", version = 1): readonly PolicyInForce[] {
  return [{ policy: compiled(policyText(rules, more)), version }];
}

const goldOnly = inForce(rule("gold", "approve", "{ consumer.tier: gold }"));
const goldAndSilver = inForce(rule("gold", "approve", "{ consumer.tier: [gold, silver] }"), "", 2);

function snapshot(tier: string | null, change: Partial<Facts> = {}): Snapshot {
  const known = tier === null ? knowing({ absent: ["consumer.tier"] }) : knowing({ values: { "consumer.tier": tier } });
  return { requestId: `r-${tier}`, at: "2026-11-24T10:00:00Z", facts: { ...known, ...change } };
}

describe("replay", () => {
  it("lists each decision that changes with its request, and the rules before and after", () => {
    const result = replay(
      ["gold", "silver", "trial"].map((tier) => snapshot(tier)),
      { before: goldOnly, after: goldAndSilver },
      options,
    );
    assert.deepEqual(result, {
      judged: 3,
      changes: [
        {
          requestId: "r-silver",
          at: "2026-11-24T10:00:00Z",
          change: "review → approve",
          before: {
            effect: "review",
            decidedBy: ["default"],
            reviewers: [fallback],
            terms: plainTerms,
            expiresAfter: null,
          },
          after: { effect: "approve", decidedBy: ["gold"], reviewers: [], terms: plainTerms, expiresAfter: null },
          notHeld: [],
        },
      ],
      kinds: [{ change: "review → approve", count: 1 }],
      notComparable: [],
      otherRules: 0,
      shadow: [],
      drift: [],
    });
  });

  it("says nothing changes between a policy and itself", () => {
    const { changes, notComparable, otherRules } = replay(
      [snapshot("gold")],
      { before: goldOnly, after: goldOnly },
      options,
    );
    assert.deepEqual([changes, notComparable, otherRules], [[], [], 0]);
  });

  const changes = {
    "a shorter approval": ["approve, other expiry", "expiresAfter: P7D"],
    "the same time in other words": [null, "expiresAfter: P14D"],
    "an approval without end": ["approve, other expiry", ""],
  } as const;
  for (const [name, [expected, expiry]] of Object.entries(changes)) {
    it(`tells ${name} from the same decision`, () => {
      const before = inForce(rule("gold", "approve", "{ consumer.tier: gold }", "expiresAfter: P2W"));
      const after = inForce(rule("gold", "approve", "{ consumer.tier: gold }", expiry), "", 2);
      const {
        changes: [row],
      } = replay([snapshot("gold")], { before, after }, options);
      assert.equal(row?.change ?? null, expected);
    });
  }

  it("notices that other people are asked", () => {
    const asked = (by: string) => inForce(rule("gold", "review", "{ consumer.tier: gold }", `review: ${by}`));
    const sides = { before: asked("{ by: [oncall] }"), after: asked("{ by: [oncall], approvals: 2 }") };
    assert.deepEqual(replay([snapshot("gold")], sides, options).kinds, [
      { change: "review, other reviewers", count: 1 },
    ]);
  });

  it("notices that the same people are asked in another way, or in another place", () => {
    const asked = (review: string, channel = "") => {
      const source = policyText(rule("gold", "review", "{ consumer.tier: gold }", `review: ${review}`));
      const placed = source.replace(`oncall: { entraGroup: ${groups.oncall}`, `$&${channel}`);
      return [{ policy: compiled(placed), version: 1 }];
    };
    const before = asked("{ by: [oncall], within: P1D }");
    const kinds = (after: readonly PolicyInForce[]) =>
      replay([snapshot("gold")], { before, after }, options).kinds.map(({ change }) => change);
    assert.deepEqual(kinds(asked("{ by: [oncall], within: PT24H }")), []);
    assert.deepEqual(kinds(asked("{ by: [oncall], within: PT8H }")), ["review, other terms"]);
    assert.deepEqual(kinds(asked("{ by: [oncall], within: P1D, via: page }")), ["review, other terms"]);
    assert.deepEqual(kinds(asked("{ by: [oncall], within: P1D }", ", channel: Network")), ["review, other channels"]);
    assert.deepEqual(kinds(asked("{ by: [oncall], approvals: 2 }")), ["review, other reviewers"]);
  });

  it("takes a group under another name for the same group", () => {
    const review = { effect: "review", decidedBy: ["a"], terms: plainTerms, expiresAfter: null } as const;
    const before = { ...review, reviewers: [{ group: groups.oncall, name: "oncall", approvals: 1 }] };
    const after = { ...review, reviewers: [{ group: groups.oncall.toUpperCase(), name: "network", approvals: 1 }] };
    assert.equal(changeOf(before, after), null);
  });

  it("counts the same decision by other rules apart, as no change", () => {
    const after = inForce(rule("metal", "approve", "{ consumer.tier: gold }"));
    const result = replay([snapshot("gold")], { before: goldOnly, after }, options);
    assert.deepEqual([result.changes.length, result.otherRules], [0, 1]);
  });

  it("marks a row as not comparable when its snapshot does not hold a fact that is asked for", () => {
    const after = inForce(rule("gold", "approve", "{ consumer.tier: gold, service.natIps: { atLeast: 1 } }"), "", 2);
    const { changes: counted, kinds, notComparable } = replay([snapshot("gold")], { before: goldOnly, after }, options);
    assert.deepEqual([counted, kinds], [[], []]);
    assert.deepEqual(
      notComparable.map(({ requestId, change, notHeld }) => ({ requestId, change, notHeld })),
      [{ requestId: "r-gold", change: "approve → review", notHeld: ["service.natIps"] }],
    );
  });

  it("compares a row whose fact was unavailable with a reason: so it would be again", () => {
    const row = snapshot(null, { absent: [], unavailable: { "consumer.tier": "the registry did not answer" } });
    const { notComparable, judged } = replay([row], { before: goldOnly, after: goldAndSilver }, options);
    assert.deepEqual([judged, notComparable], [1, []]);
  });

  it("finds facts that only an exemption asks for", () => {
    const more =
      "exemptions: [{ id: EX, rules: [stop], reason: R., expires: 2027-03-31, when: { service.natIps: 1 } }]";
    const after = inForce(rule("stop", "review", "{ consumer.tier: gold }"), more, 2);
    const { notComparable } = replay([snapshot("gold")], { before: goldOnly, after }, options);
    assert.deepEqual(
      notComparable.map(({ notHeld }) => notHeld),
      [["service.natIps"]],
    );
  });
});

describe("Shadow rules in a replay", () => {
  const shadowed = inForce(
    rule("gold", "approve", "{ consumer.tier: [gold, silver] }") +
      rule("stop", "reject", "{ consumer.tier: silver }", "mode: shadow") +
      rule("ask", "review", "{ endpoint.region: westeurope }", "mode: shadow"),
  );

  it("are counted: how often they held, could not be told, and would have changed the decision", () => {
    const rows = [
      snapshot("gold"),
      snapshot("silver"),
      snapshot("silver", { unavailable: { "endpoint.region": "missing" } }),
      { ...snapshot("gold"), facts: knowing({ values: { "consumer.tier": "gold", "endpoint.region": "westus" } }) },
    ];
    const { shadow } = replay(rows, { before: shadowed, after: shadowed }, options);
    const line = (id: string) => shadow.find((one) => one.rule === id)?.line;
    assert.deepEqual(shadow, [
      { policy: "test", rule: "ask", line: line("ask"), effect: "review", held: 0, unknown: 3, wouldChange: 1 },
      { policy: "test", rule: "stop", line: line("stop"), effect: "reject", held: 2, unknown: 0, wouldChange: 2 },
    ]);
  });

  it("do nothing where they are exempted", () => {
    const more =
      "exemptions: [{ id: EX, rules: [stop], reason: R., expires: 2027-03-31, when: { consumer.tier: silver } }]";
    const after = inForce(rule("stop", "reject", "{ consumer.tier: silver }", "mode: shadow"), more);
    const { shadow } = replay([snapshot("silver")], { before: after, after }, options);
    assert.deepEqual(
      shadow.map(({ held, unknown, wouldChange }) => [held, unknown, wouldChange]),
      [[0, 0, 0]],
    );
  });

  it("are unknown where an exemption cannot be told", () => {
    const more =
      "exemptions: [{ id: EX, rules: [stop], reason: R., expires: 2027-03-31, when: { service.natIps: 1 } }]";
    const after = inForce(rule("stop", "reject", "{ consumer.tier: silver }", "mode: shadow"), more);
    const { shadow } = replay([snapshot("silver")], { before: after, after }, options);
    assert.deepEqual(
      shadow.map(({ held, unknown }) => [held, unknown]),
      [[0, 1]],
    );
  });
});

describe("Properties of a replay", () => {
  const tier = fc.constantFrom("gold", "silver", "trial", null);
  const snapshots = fc.array(
    tier.map((one) => snapshot(one)),
    { maxLength: 20 },
  );

  it("the sides swapped give the same rows, the other way round", () => {
    fc.assert(
      fc.property(snapshots, (rows) => {
        const there = replay(rows, { before: goldOnly, after: goldAndSilver }, options);
        const back = replay(rows, { before: goldAndSilver, after: goldOnly }, options);
        assert.deepEqual(
          there.changes.map(({ requestId, before, after }) => [requestId, before, after]),
          back.changes.map(({ requestId, before, after }) => [requestId, after, before]),
        );
      }),
    );
  });

  it("every row is changed, not comparable, or the same as what evaluate says", () => {
    fc.assert(
      fc.property(snapshots, (rows) => {
        const { judged, changes, kinds } = replay(rows, { before: goldOnly, after: goldAndSilver }, options);
        assert.equal(judged, rows.length);
        assert.equal(
          kinds.reduce((sum, { count }) => sum + count, 0),
          changes.length,
        );
        const differing = rows.filter(({ facts }) => {
          const [before, after] = [goldOnly, goldAndSilver].map((side) => outcomeOf(evaluate(side, facts, options)));
          return before?.effect !== after?.effect;
        });
        assert.equal(changes.length, differing.length);
      }),
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Facts } from "../../src/connection/facts.ts";
import { evaluate, type PolicyInForce, type Verdict } from "../../src/policy/evaluate.ts";
import type { CountedHours } from "../../src/policy/review-terms.ts";
import type { StandIn } from "../../src/policy/reviewers.ts";
import { durationMinutes } from "../../src/policy/time.ts";
import { compiled } from "./build.ts";
import { type ConditionMap, type GeneratedPolicy, someFacts, somePolicies, textOf } from "./generated.ts";
import { judgeNaively, type NaiveTerms, type NaiveVerdict } from "./naive-judge.ts";

const options = { fallbackReviewers: [{ group: "fallback", name: "fallback", approvals: 1 }] };

function inForce(policies: readonly GeneratedPolicy[]): readonly PolicyInForce[] {
  return policies.map((policy) => ({ policy: compiled(textOf(policy)), version: 1 }));
}

function judge(policies: readonly GeneratedPolicy[], facts: Facts): Verdict {
  return evaluate(inForce(policies), facts, options);
}

/** What must not depend on order, and what a second evaluator must agree on. */
function essence(verdict: Verdict): NaiveVerdict {
  const { effect, decidedBy, reviewers, expiresAfter } = verdict;
  return {
    effect,
    decidedBy,
    reviewers: Object.fromEntries(reviewers.map(({ group, approvals }) => [group, approvals])),
    expiresMinutes: expiresAfter === null ? null : (durationMinutes(expiresAfter) ?? null),
    terms: termsOf(verdict),
  };
}

function termsOf({ reviewers, terms: { via, deadlines, escalations, recheck = "" } }: Verdict): NaiveTerms {
  const expiries = new Set(deadlines.map(({ expiry }) => expiry));
  assert.ok(expiries.size <= 1, "deadlines of one review end it alike");
  return {
    via,
    expiry: deadlines[0]?.expiry ?? null,
    deadlines: sorted(deadlines.map(({ within, hours }) => `${durationMinutes(within)} ${hoursOf(hours)}`)),
    escalations: sorted(
      escalations.map(({ after, hours, from, to }) => {
        const others = to.map(({ group }) => group);
        return `${durationMinutes(after)} ${hoursOf(hours)} ${from} ${others} ${channelsOf(to)}`;
      }),
    ),
    channels: channelsOf(reviewers),
    recheckMinutes: durationMinutes(recheck) ?? Number.POSITIVE_INFINITY,
  };
}

function hoursOf(hours: CountedHours | null): string {
  if (!hours) return "all";
  return hours.timezone === "Asia/Tokyo" ? "night" : "day";
}

function channelsOf(some: readonly StandIn[]): readonly string[] {
  return sorted(some.flatMap(({ group, channels = [] }) => channels.map((channel) => `${group}: ${channel}`)));
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...texts].sort();
}

/** Every way to lose one more fact. */
function losses(facts: Facts): readonly Facts[] {
  return [...Object.keys(facts.values), ...facts.absent].map((name) => ({
    values: Object.fromEntries(Object.entries(facts.values).filter(([key]) => key !== name)),
    absent: facts.absent.filter((key) => key !== name),
    unavailable: { ...facts.unavailable, [name]: "lost later" },
  }));
}

/** Approves and rejects only what was approved and rejected before, and for no longer. */
function isNoBolder(after: NaiveVerdict, before: NaiveVerdict): boolean {
  if (after.effect === "review") return true;
  return after.effect === before.effect && (after.expiresMinutes ?? Infinity) <= (before.expiresMinutes ?? Infinity);
}

/**
 * A loss may let more rules ask and none fewer: what those said that asked before still holds. Where no rule asked, the
 * `defaultReview` did, and a rule that asks now does so in its stead.
 */
function asksNoLess(after: NaiveVerdict, before: NaiveVerdict): boolean {
  if (before.effect !== "review" || before.decidedBy.includes("default")) return true;
  const [now, then] = [after.terms, before.terms];
  // The fallback group is asked only where nobody else is.
  const named = Object.entries(before.reviewers).filter(([group]) => group !== "fallback");
  return (
    (then.via === "card" || now.via === "page") &&
    isWithin(then.deadlines, now.deadlines) &&
    isWithin(then.escalations, now.escalations) &&
    isWithin(then.channels, now.channels) &&
    now.recheckMinutes <= then.recheckMinutes &&
    named.every(([group, count]) => (after.reviewers[group] ?? 0) >= count)
  );
}

/** Silence rejects only where it did so before, or where a rule rejected outright. */
function isNoQuicker(after: NaiveVerdict, before: NaiveVerdict): boolean {
  return after.terms.expiry !== "reject" || before.terms.expiry === "reject" || before.effect === "reject";
}

function isWithin(some: readonly string[], all: readonly string[]): boolean {
  return some.every((one) => all.includes(one));
}

const guarded = somePolicies({ guarded: true });
const unguarded = somePolicies({ guarded: false });

describe("over generated policies and facts", () => {
  it("a second evaluator, written straight from the specification, agrees", () => {
    fc.assert(
      fc.property(guarded, fc.array(someFacts, { minLength: 4, maxLength: 8 }), (policies, requests) => {
        const compiledOnce = inForce(policies);
        for (const facts of requests) {
          assert.deepEqual(essence(evaluate(compiledOnce, facts, options)), judgeNaively(policies, facts));
        }
      }),
      { numRuns: 150 },
    );
  });

  it("the generator reaches every effect and every end of a review, so that the others mean something", () => {
    const sample = fc.sample(fc.tuple(unguarded, someFacts), { numRuns: 150, seed: 7 });
    const kinds = sample.flatMap(([policies, facts]) => kindsOf(judge(policies, facts)));
    const least = { approve: 8, reject: 8, review: 8, default: 8, page: 8, "silence leaves": 8, "silence rejects": 3 };
    for (const [kind, count] of Object.entries(least)) {
      const seen = kinds.filter((one) => one === kind).length;
      assert.ok(seen >= count, `${kind}: ${seen} of 150`);
    }
  });

  it("the order of policies, rules, lists and keys never matters", () => {
    fc.assert(
      fc.property(guarded, someFacts, fc.infiniteStream(fc.nat()), (policies, facts, dice) => {
        const shuffled = shuffle(policies, dice).map((policy) => shuffleWithin(policy, dice));
        assert.deepEqual(essence(judge(shuffled, facts)), essence(judge(policies, facts)));
        const [one, other] = [judge(shuffled, facts), judge(policies, facts)];
        assert.deepEqual([one.reason, one.reviewers, one.terms], [other.reason, other.reviewers, other.terms]);
      }),
      { numRuns: 60 },
    );
  });

  it("losing a fact turns nothing into an approval, adds no rejection and lengthens no approval", () => {
    fc.assert(
      fc.property(unguarded, someFacts, (policies, facts) => {
        const compiledOnce = inForce(policies);
        const before = essence(evaluate(compiledOnce, facts, options));
        for (const poorer of losses(facts)) {
          const after = essence(evaluate(compiledOnce, poorer, options));
          assert.ok(isNoBolder(after, before), JSON.stringify({ before, after, poorer }));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("losing a fact takes nothing away from what rules ask of people, and lets no silence reject", () => {
    fc.assert(
      fc.property(unguarded, someFacts, (policies, facts) => {
        const compiledOnce = inForce(policies);
        const before = essence(evaluate(compiledOnce, facts, options));
        for (const poorer of losses(facts)) {
          const after = essence(evaluate(compiledOnce, poorer, options));
          assert.ok(asksNoLess(after, before), JSON.stringify({ before, after, poorer }));
          assert.ok(isNoQuicker(after, before), JSON.stringify({ before, after, poorer }));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("silence rejects only by review rules that hold, and never by default", () => {
    fc.assert(
      fc.property(guarded, someFacts, (policies, facts) => {
        const { terms, decidedBy, trace } = judge(policies, facts);
        if (terms.deadlines[0]?.expiry !== "reject") return;
        assert.ok(!decidedBy.includes("default"));
        assert.ok(trace.some(({ effect, counted, matched }) => effect === "review" && counted !== null && matched));
      }),
      { numRuns: 100 },
    );
  });

  it("never approves when a reject or review rule holds or cannot be told", () => {
    fc.assert(
      fc.property(guarded, someFacts, (policies, facts) => {
        const verdict = judge(policies, facts);
        const stopping = verdict.trace.filter(({ mode, effect }) => mode === "enforce" && effect !== "approve");
        const stopped = stopping.some(({ matched, exemptedBy }) => matched !== false && exemptedBy.length === 0);
        assert.ok(!(stopped && verdict.effect === "approve"));
        const rejecting = verdict.trace.some(({ counted }) => counted === "reject");
        assert.equal(verdict.effect === "reject", rejecting);
      }),
      { numRuns: 100 },
    );
  });

  it("whatever fails goes to people", () => {
    fc.assert(
      fc.property(unguarded, someFacts, fc.nat({ max: 6 }), (policies, facts, budget) => {
        const spent = evaluate(inForce(policies), facts, { ...options, budget });
        const full = judge(policies, facts);
        if (spent.reason !== full.reason) {
          assert.deepEqual([spent.effect, spent.decidedBy], ["review", ["default"]]);
          assert.match(spent.reason, /cost more/);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("the same text and the same facts give the same verdict, to the last byte", () => {
    fc.assert(
      fc.property(guarded, someFacts, (policies, facts) => {
        const stored: Facts = JSON.parse(JSON.stringify(facts));
        assert.equal(JSON.stringify(judge(policies, stored)), JSON.stringify(judge(policies, facts)));
      }),
      { numRuns: 40 },
    );
  });
});

function kindsOf({ effect, decidedBy, terms }: Verdict): readonly string[] {
  const ends = terms.deadlines.slice(0, 1).map(({ expiry }) => `silence ${expiry}s`);
  return [decidedBy.includes("default") ? "default" : effect, terms.via, ...ends];
}

type Dice = { readonly next: () => { readonly value: number } };

function shuffle<Item>(items: readonly Item[], dice: Dice): readonly Item[] {
  const left = [...items];
  const taken: Item[] = [];
  while (left.length > 0) taken.push(...left.splice(dice.next().value % left.length, 1));
  return taken;
}

function shuffleWithin(policy: GeneratedPolicy, dice: Dice): GeneratedPolicy {
  const rules = shuffle(policy.rules, dice).map((rule) => ({
    ...rule,
    ...(rule.when && { when: shuffleMap(rule.when, dice) }),
    ...(rule.review && { review: { ...rule.review, by: shuffle(rule.review.by, dice) } }),
  }));
  const exemptions = shuffle(policy.exemptions, dice).map((exemption) => ({
    ...exemption,
    rules: shuffle(exemption.rules, dice),
    when: shuffleMap(exemption.when, dice),
  }));
  return { ...policy, rules, exemptions };
}

function shuffleMap(map: ConditionMap, dice: Dice): ConditionMap {
  return Object.fromEntries(shuffle(Object.entries(map), dice).map(([key, value]) => [key, shuffleValue(value, dice)]));
}

function shuffleValue(value: unknown, dice: Dice): unknown {
  if (Array.isArray(value)) return shuffle(value, dice).map((item) => shuffleValue(item, dice));
  return typeof value === "object" && value !== null ? shuffleMap(value as ConditionMap, dice) : value;
}

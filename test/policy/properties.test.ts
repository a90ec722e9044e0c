import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Facts } from "../../src/connection/facts.ts";
import { evaluate, type PolicyInForce, type Verdict } from "../../src/policy/evaluate.ts";
import { durationMinutes } from "../../src/policy/time.ts";
import { compiled } from "./build.ts";
import { type ConditionMap, type GeneratedPolicy, someFacts, somePolicies, textOf } from "./generated.ts";
import { judgeNaively, type NaiveVerdict } from "./naive-judge.ts";

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
  };
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

  it("the generator reaches every effect, so that the others mean something", () => {
    const seen = new Map<string, number>();
    for (const [policies, facts] of fc.sample(fc.tuple(unguarded, someFacts), { numRuns: 150, seed: 7 })) {
      const { effect, decidedBy } = judge(policies, facts);
      const kind = decidedBy.includes("default") ? "default" : effect;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
    for (const kind of ["approve", "reject", "review", "default"]) {
      assert.ok((seen.get(kind) ?? 0) >= 8, `${kind}: ${seen.get(kind) ?? 0} of 150`);
    }
  });

  it("the order of policies, rules, lists and keys never matters", () => {
    fc.assert(
      fc.property(guarded, someFacts, fc.infiniteStream(fc.nat()), (policies, facts, dice) => {
        const shuffled = shuffle(policies, dice).map((policy) => shuffleWithin(policy, dice));
        assert.deepEqual(essence(judge(shuffled, facts)), essence(judge(policies, facts)));
        assert.equal(judge(shuffled, facts).reason, judge(policies, facts).reason);
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

import type { Facts } from "../connection/facts.ts";
import { type Budget, BudgetSpent } from "./ask.ts";
import type { CompiledPolicy } from "./compile.ts";
import { engineVersion } from "./digest.ts";
import { type DriftTerms, plainDrift } from "./drift-terms.ts";
import { factTableDigest, findFact } from "./facts.ts";
import { compareText } from "./faults.ts";
import { covers, judgePolicy, nameOf } from "./judge-policy.ts";
import { mostActivePolicies, stepBudget } from "./limits.ts";
import { lost, type Reading, readFact } from "./readings.ts";
import { plainTerms, type ReviewTerms } from "./review-terms.ts";
import { type ReviewerGroup, unionOfReviewers } from "./reviewers.ts";
import { type Settlement, settle } from "./settle.ts";
import { settleDrift } from "./settle-drift.ts";
import type { ExemptionTrace, RuleTrace } from "./trace.ts";

export type { ReviewerGroup } from "./reviewers.ts";
export type { RuleTrace } from "./trace.ts";

export type PolicyInForce = { readonly policy: CompiledPolicy; readonly version: number };

/** What the policies in force say about one request, with everything that led there (policy.md 8). Plain JSON. */
export type Verdict = {
  readonly v: 1;
  readonly effect: "approve" | "reject" | "review";
  /** Rule ids, sorted; `default` when no rule decided. */
  readonly decidedBy: readonly string[];
  /** Made of the rules' `because`, never of anything that the consumer wrote. */
  readonly reason: string;
  /** Empty unless the effect is review. */
  readonly reviewers: readonly ReviewerGroup[];
  /** How they are asked; plain unless the effect is review. */
  readonly terms: ReviewTerms;
  /** ISO 8601 duration; approve only, null means without end. */
  readonly expiresAfter: string | null;
  /** Facts that were unavailable and kept policy from deciding. */
  readonly unavailable: readonly string[];
  readonly policies: readonly { readonly name: string; readonly version: number; readonly sha256: string }[];
  readonly engine: string;
  readonly factTable: string;
  /** The fact `time.now`; `unknown` when the snapshot does not hold it. */
  readonly evaluatedAt: string;
  /** What would have been decided if shadow rules counted; null when there is no shadow rule. */
  readonly shadow: { readonly effect: Verdict["effect"]; readonly decidedBy: readonly string[] } | null;
  readonly trace: readonly RuleTrace[];
  readonly exemptions: readonly ExemptionTrace[];
};

export type EvaluateOptions = {
  /** Asked when policy names nobody (policy.md 4). */
  readonly fallbackReviewers: readonly ReviewerGroup[];
  /** What the evaluation may cost, in conditions; for tests of what happens beyond. */
  readonly budget?: number;
};

/**
 * Judges one request by the policies in force.
 *
 * Pure: the same policies and facts give the same verdict, today and in a replay; the time is the fact `time.now`.
 * Never throws. Whatever goes wrong is a review by the fallback reviewers, with a reason that says what happened:
 * only an explicit reject rule rejects, and nothing that failed approves.
 */
export function evaluate(policies: readonly PolicyInForce[], facts: Facts, options: EvaluateOptions): Verdict {
  try {
    const refusal = whyNot(policies);
    return refusal === undefined ? judge(policies, facts, options) : toPeople(refusal, policies, facts, options);
  } catch (error) {
    const spent = error instanceof BudgetSpent;
    const reason = spent ? "The policies cost more to evaluate than allowed." : `Evaluation failed (${nameOf(error)}).`;
    return toPeople(reason, policies, facts, options);
  }
}

/**
 * What the policies that cover the service say of drift there. Pure, and never throws: whatever cannot be told is no reason to take
 * anything away. With a fact less it may ask where it did not; it never revokes where it did not.
 */
export function driftTermsOf(policies: readonly PolicyInForce[], facts: Facts, options: EvaluateOptions): DriftTerms {
  const nothing = plainDrift(options.fallbackReviewers);
  return orElse(() => {
    if (whyNot(policies) !== undefined) return nothing;
    const budget: Budget = { left: options.budget ?? stepBudget };
    const time = readTime(facts);
    const all = policies.map(({ policy }) => ({ policy, matches: covers(policy, facts, time, budget) }));
    return settleDrift(all, options.fallbackReviewers);
  }, nothing);
}

function whyNot(policies: readonly PolicyInForce[]): string | undefined {
  if (policies.length === 0) return "No policy is in force.";
  if (policies.length > mostActivePolicies) return `More than ${mostActivePolicies} policies are in force.`;
  const foreign = policies.find(({ policy }) => policy.factTable !== factTableDigest);
  return foreign && `Policy ${foreign.policy.name} was checked by another version of the engine.`;
}

function judge(policies: readonly PolicyInForce[], facts: Facts, options: EvaluateOptions): Verdict {
  const sorted = policies.toSorted(byNameAndVersion);
  const budget: Budget = { left: options.budget ?? stepBudget };
  const time = readTime(facts);
  const judged = sorted.map(({ policy }) => judgePolicy(policy, facts, time, budget));
  const all = judged.flatMap(({ rules }) => rules);
  const enforced = all.filter(({ rule }) => rule.mode === "enforce");
  const { fallbackReviewers } = options;
  return {
    ...frame(settle(enforced, judged, fallbackReviewers), sorted, time),
    shadow: enforced.length === all.length ? null : outline(settle(all, judged, fallbackReviewers)),
    trace: all.map(({ trace }) => trace),
    exemptions: judged.flatMap(({ exemptions }) => exemptions),
  };
}

function byNameAndVersion(one: PolicyInForce, other: PolicyInForce): number {
  return (
    compareText(one.policy.name, other.policy.name) ||
    one.version - other.version ||
    compareText(one.policy.sha256, other.policy.sha256)
  );
}

const timeFact = findFact("time.now");

function readTime(facts: Facts): Reading {
  return timeFact ? readFact(facts, timeFact) : lost;
}

function outline({ effect, decidedBy }: Settlement): Verdict["shadow"] {
  return { effect, decidedBy };
}

type Frame = Omit<Verdict, "shadow" | "trace" | "exemptions">;

function frame(settlement: Settlement, policies: readonly PolicyInForce[], time: Reading): Frame {
  return {
    v: 1,
    ...settlement,
    policies: policies.map(({ policy: { name, sha256 }, version }) => ({ name, version, sha256 })),
    engine: engineVersion,
    factTable: factTableDigest,
    evaluatedAt: typeof time.raw === "string" ? time.raw : "unknown",
  };
}

/** The answer when policy could not be asked. Its input may be what broke, so each part is read with care. */
function toPeople(reason: string, policies: readonly PolicyInForce[], facts: Facts, options: EvaluateOptions): Verdict {
  const settlement: Settlement = {
    effect: "review",
    decidedBy: ["default"],
    reason,
    reviewers: orElse(() => unionOfReviewers([options.fallbackReviewers]), []),
    terms: plainTerms,
    expiresAfter: null,
    unavailable: [],
  };
  const nothing = { shadow: null, trace: [], exemptions: [] };
  const time = readTime(facts);
  return orElse(() => ({ ...frame(settlement, policies, time), ...nothing }), {
    ...frame(settlement, [], time),
    ...nothing,
  });
}

/** The policies handed in may be malformed, and a verdict that says so is worth more than one that cannot be made. */
function orElse<Result>(attempt: () => Result, otherwise: Result): Result {
  try {
    return attempt();
  } catch {
    return otherwise;
  }
}

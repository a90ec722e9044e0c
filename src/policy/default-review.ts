import type { Facts } from "../connection/facts.ts";
import type { EvaluateOptions, PolicyInForce } from "./evaluate.ts";
import { findFact } from "./facts.ts";
import { judgePolicy } from "./judge-policy.ts";
import { stepBudget } from "./limits.ts";
import { unionOfTerms } from "./merge-terms.ts";
import type { ReviewTree } from "./parse-review.ts";
import { lost, readFact } from "./readings.ts";
import { plainTerms } from "./review-terms.ts";
import { unionOfReviewers } from "./reviewers.ts";

const timeFact = findFact("time.now");

/**
 * Whom the policies that cover a service ask when no rule decides, and on what terms; the fallback group, on no terms, when they
 * name nobody. For questions that no rule asks, such as whether an approval that ends is given again.
 *
 * Pure, and never throws: whatever cannot be told is answered by the fallback group.
 */
export function defaultReviewOf(
  policies: readonly PolicyInForce[],
  facts: Facts,
  { fallbackReviewers, budget = stepBudget }: EvaluateOptions,
): ReviewTree {
  const fallback = { reviewers: unionOfReviewers([fallbackReviewers]), terms: plainTerms };
  try {
    const time = timeFact ? readFact(facts, timeFact) : lost;
    const spent = { left: budget };
    const asking = policies
      .filter(({ policy }) => judgePolicy(policy, facts, time, spent).matches !== false)
      .map(({ policy }) => policy.defaultReview)
      .filter(({ reviewers }) => reviewers.length > 0);
    if (asking.length === 0) return fallback;
    return {
      reviewers: unionOfReviewers(asking.map(({ reviewers }) => reviewers)),
      terms: unionOfTerms(asking.map(({ terms }) => terms)),
    };
  } catch {
    // As in `evaluate`: policies that cannot be asked send the question to the fallback group.
    return fallback;
  }
}

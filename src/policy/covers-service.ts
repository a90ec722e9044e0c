import type { Facts } from "../connection/facts.ts";
import type { PolicyInForce } from "./evaluate.ts";
import { findFact } from "./facts.ts";
import { judgePolicy } from "./judge-policy.ts";
import { stepBudget } from "./limits.ts";
import { lost, readFact } from "./readings.ts";

/**
 * Whether any of the policies may be about the service that these facts tell of. Pure, and never throws. What cannot be told counts:
 * a policy that names consumers may be about some of this service's.
 */
export function mayCover(policies: readonly PolicyInForce[], facts: Facts): boolean {
  const spec = findFact("time.now");
  const time = spec ? readFact(facts, spec) : lost;
  try {
    return policies.some(({ policy }) => judgePolicy(policy, facts, time, { left: stepBudget }).matches !== false);
  } catch {
    // Too dear to tell, or malformed: then it may.
    return true;
  }
}

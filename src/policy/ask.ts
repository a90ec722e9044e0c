import type { CompiledCondition, CompiledTest } from "./compile.ts";
import { lost, type Reading } from "./readings.ts";
import type { ConditionTrace } from "./trace.ts";
import { and, not, or, type Truth } from "./truth.ts";

/** Thrown when an evaluation has cost more than it may; the request then goes to people (policy.md 9.3). */
export class BudgetSpent extends Error {
  override readonly name = "BudgetSpent";
}

/** What one evaluation may still cost; shared by all its policies. */
export type Budget = { left: number };

/** The facts of one policy, read once, in the order of its slots. */
export type Asking = { readonly readings: readonly Reading[]; readonly budget: Budget };

// One step per this many characters of a text, on top of the one for asking.
const charactersPerStep = 64;

/** Answers a condition and writes down every test in it: no short circuit, so the trace holds all reasons. */
export function ask(condition: CompiledCondition, asking: Asking, trace: ConditionTrace[]): Truth {
  switch (condition.kind) {
    case "test":
      return askTest(condition, asking, trace);
    case "not":
      return not(ask(condition.part, asking, trace));
    case "all": {
      let truth: Truth = true;
      for (const part of condition.parts) truth = and(ask(part, asking, trace), truth);
      return truth;
    }
    case "any": {
      let truth: Truth = false;
      for (const part of condition.parts) truth = or(ask(part, asking, trace), truth);
      return truth;
    }
  }
}

function askTest(test: CompiledTest, asking: Asking, trace: ConditionTrace[]): Truth {
  const { value, raw } = asking.readings[test.slot] ?? lost;
  spend(asking.budget, test.op === "like" || test.op === "notLike" ? value : null);
  const { at, fact, op, want, line } = test;
  if (value === undefined || raw === undefined) {
    const result = test.whenUnavailable;
    trace.push({ at, fact, op, want, result, line });
    return result;
  }
  const result = value === null ? test.whenAbsent : test.whenValue(value);
  trace.push({ at, fact, op, want, got: raw, result, line });
  return result;
}

function spend(budget: Budget, searched: Reading["value"]): void {
  const text = typeof searched === "string" ? searched.length : 0;
  budget.left -= 1 + Math.floor(text / charactersPerStep);
  if (budget.left < 0) throw new BudgetSpent();
}

/** The unavailable facts that keep a condition from being told; none when it can be told without them. */
export function lostFacts(condition: CompiledCondition | undefined, asking: Asking): readonly string[] {
  if (!condition || ask(condition, asking, []) !== null) return [];
  if (condition.kind === "test") return [condition.fact];
  if (condition.kind === "not") return lostFacts(condition.part, asking);
  return condition.parts.flatMap((part) => lostFacts(part, asking));
}

import type { FactValue } from "../connection/facts.ts";
import type { OperatorName } from "./operators.ts";
import type { Wanted } from "./parse-operand.ts";
import type { Effect, Mode } from "./parse-rules.ts";
import type { Truth } from "./truth.ts";

/** One condition as it was asked and answered; plain JSON (policy.md 8). */
export type ConditionTrace = {
  /** Where in its rule it stands: `match`, `when`, `when.anyOf[1].not`. */
  readonly at: string;
  readonly fact: string;
  readonly op: OperatorName;
  readonly want: Wanted;
  /** The fact's value; null when it was absent; left out when it was unavailable. */
  readonly got?: FactValue | null;
  readonly result: Truth;
  readonly line: number;
};

/** One rule with every condition of it, whatever the others said. */
export type RuleTrace = {
  readonly policy: string;
  readonly rule: string;
  readonly line: number;
  readonly effect: Effect;
  readonly mode: Exclude<Mode, "off">;
  /** `match` AND `when`, before exemptions; null is unknown. */
  readonly matched: Truth;
  /** What it counted as: its effect, `review` for a stopping rule that could not be told, or nothing. */
  readonly counted: Effect | null;
  /** The exemptions that hold and take this rule out; empty when it would not have hit anyway. */
  readonly exemptedBy: readonly string[];
  readonly conditions: readonly ConditionTrace[];
  /** Why the rule is unknown although no fact was missing: something broke while it was asked. */
  readonly error?: string;
};

export type ExemptionTrace = {
  readonly policy: string;
  readonly exemption: string;
  readonly line: number;
  readonly rules: readonly string[];
  readonly expired: boolean;
  /** Whether it holds; null is unknown. */
  readonly matched: Truth;
  readonly conditions: readonly ConditionTrace[];
};

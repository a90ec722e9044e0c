import type { Verdict } from "./evaluate.ts";
import { compareText } from "./faults.ts";
import type { RuleTrace } from "./trace.ts";
import type { Truth } from "./truth.ts";

/** What one shadow rule would have done, over all snapshots of a replay. */
export type ShadowCount = {
  readonly policy: string;
  readonly rule: string;
  readonly line: number;
  readonly effect: RuleTrace["effect"];
  /** How often it held. */
  readonly held: number;
  /** How often it could not be told. */
  readonly unknown: number;
  /** How often shadow rules, this one among them, would have decided otherwise than was decided. */
  readonly wouldChange: number;
};

type Tally = Map<string, ShadowCount>;

export function addShadow(tally: Tally, verdict: Verdict): void {
  for (const rule of verdict.trace.filter(({ mode }) => mode === "shadow")) {
    const key = `${rule.policy}/${rule.rule}`;
    const { held, unknown, wouldChange } = tally.get(key) ?? { held: 0, unknown: 0, wouldChange: 0 };
    const truth = truthOf(rule, verdict);
    tally.set(key, {
      policy: rule.policy,
      rule: rule.rule,
      line: rule.line,
      effect: rule.effect,
      held: held + Number(truth === true),
      unknown: unknown + Number(truth === null),
      wouldChange: wouldChange + Number(truth !== false && wouldDecideOtherwise(rule, verdict)),
    });
  }
}

function wouldDecideOtherwise({ rule }: RuleTrace, { effect, shadow }: Verdict): boolean {
  return shadow !== null && shadow.effect !== effect && shadow.decidedBy.includes(rule);
}

export function shadowCounts(tally: Tally): readonly ShadowCount[] {
  return [...tally.values()].sort(
    (one, other) => compareText(one.policy, other.policy) || compareText(one.rule, other.rule),
  );
}

/** Whether the rule would count, exemptions considered; one that cannot be told leaves a rule that holds unknown. */
function truthOf(rule: RuleTrace, { exemptions }: Verdict): Truth {
  if (rule.matched === false || rule.exemptedBy.length > 0) return false;
  const naming = exemptions.filter(({ policy, rules }) => policy === rule.policy && rules.includes(rule.rule));
  return naming.some(({ matched }) => matched === null) ? null : rule.matched;
}

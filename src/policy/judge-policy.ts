import type { Facts } from "../connection/facts.ts";
import { type Asking, ask, type Budget, BudgetSpent, lostFacts } from "./ask.ts";
import type { CompiledCondition, CompiledExemption, CompiledPolicy, CompiledRule } from "./compile.ts";
import { isInForce } from "./exemptions.ts";
import { type Reading, readFact } from "./readings.ts";
import type { ConditionTrace, ExemptionTrace, RuleTrace } from "./trace.ts";
import { and, not, or, type Truth } from "./truth.ts";

/** What one rule says about one request. */
export type RuleFinding = {
  readonly policy: CompiledPolicy;
  readonly rule: CompiledRule;
  /** The condition AND NOT exempted: what the decision is made of. */
  readonly counts: Truth;
  /** The unavailable facts that keep it from being told; filled only when `counts` is unknown. */
  readonly lost: readonly string[];
  readonly trace: RuleTrace;
};

export type PolicyFindings = {
  readonly policy: CompiledPolicy;
  readonly matches: Truth;
  readonly rules: readonly RuleFinding[];
  readonly exemptions: readonly ExemptionTrace[];
};

/** Asks every rule and exemption of one policy. Rules that are `off` are not asked. */
export function judgePolicy(policy: CompiledPolicy, facts: Facts, time: Reading, budget: Budget): PolicyFindings {
  const now = typeof time.value === "number" ? time.value : undefined;
  const asking: Asking = { readings: readingsOf(policy, facts, time), budget };
  const match = answer(policy.match, asking, []);
  const exemptions = policy.exemptions.map((exemption) => askExemption(policy, exemption, match, now, asking));
  const context: Context = { policy, match, exemptions, now, asking };
  const rules: RuleFinding[] = [];
  for (const rule of policy.rules) {
    if (rule.mode !== "off") rules.push(judgeRule(rule, rule.mode, context));
  }
  return { policy, matches: match.truth, rules, exemptions: exemptions.map(({ trace }) => trace) };
}

/** Whether the policy covers the service that the facts are about, without asking any of its rules. */
export function covers(policy: CompiledPolicy, facts: Facts, time: Reading, budget: Budget): Truth {
  const readings = readingsOf(policy, facts, time);
  return answer(policy.match, { readings, budget }, []).truth;
}

function readingsOf(policy: CompiledPolicy, facts: Facts, time: Reading): readonly Reading[] {
  return policy.facts.map((fact) => (fact.type === "instant" ? time : readFact(facts, fact)));
}

type Answer = { readonly truth: Truth; readonly conditions: readonly ConditionTrace[]; readonly error?: string };

type Asked = { readonly exemption: CompiledExemption; readonly trace: ExemptionTrace };

type Context = {
  readonly policy: CompiledPolicy;
  readonly match: Answer;
  readonly exemptions: readonly Asked[];
  readonly now: number | undefined;
  readonly asking: Asking;
};

/** Whatever breaks while a condition is asked makes it unknown, and only that (policy.md 3). */
function answer(condition: CompiledCondition | undefined, asking: Asking, before: readonly ConditionTrace[]): Answer {
  const conditions = before.slice();
  if (!condition) return { truth: true, conditions };
  try {
    return { truth: ask(condition, asking, conditions), conditions };
  } catch (error) {
    if (error instanceof BudgetSpent) throw error;
    return { truth: null, conditions, error: nameOf(error) };
  }
}

/** Only the kind of error: its message could quote what the consumer wrote. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name : typeof error;
}

function askExemption(
  policy: CompiledPolicy,
  exemption: CompiledExemption,
  match: Answer,
  now: number | undefined,
  asking: Asking,
): Asked {
  const { truth, conditions } = answer(exemption.when, asking, []);
  const inForce = isInForce(exemption.expires, now);
  const matched = and(inForce, and(match.truth, truth));
  const { id, line, rules } = exemption;
  const trace = { policy: policy.name, exemption: id, line, rules, expired: inForce === false, matched, conditions };
  return { exemption, trace };
}

function judgeRule(rule: CompiledRule, mode: "enforce" | "shadow", context: Context): RuleFinding {
  const { policy, match } = context;
  const { truth, conditions, error = match.error } = answer(rule.when, context.asking, match.conditions);
  const matched = and(match.truth, truth);
  const naming = exemptionsOf(rule, context);
  const exempt = naming.reduce<Truth>((any, { trace }) => or(any, trace.matched), false);
  const counts = and(matched, not(exempt));
  const exemptedBy = matched !== false && exempt === true ? idsThatHold(naming) : noNames;
  const counted = mode === "enforce" ? countedAs(rule, counts) : null;
  const { id, line, effect } = rule;
  const about = { policy: policy.name, rule: id, line, effect, mode, matched, counted, exemptedBy, conditions };
  const trace: RuleTrace = error === undefined ? about : { ...about, error };
  return { policy, rule, counts, lost: counts === null ? lostIn(rule, naming, context) : noNames, trace };
}

// Shared, because most rules have neither: an evaluation makes few hundred objects, and these need not be among them.
const noExemptions: readonly Asked[] = [];
const noNames: readonly string[] = [];

function exemptionsOf(rule: CompiledRule, context: Context): readonly Asked[] {
  if (context.exemptions.length === 0) return noExemptions;
  return context.exemptions.filter(({ exemption }) => exemption.rules.includes(rule.id));
}

function idsThatHold(exemptions: readonly Asked[]): readonly string[] {
  return exemptions.filter(({ trace }) => trace.matched === true).map(({ exemption }) => exemption.id);
}

function countedAs(rule: CompiledRule, counts: Truth): RuleTrace["counted"] {
  if (counts === true) return rule.effect;
  return counts === null && rule.effect !== "approve" ? "review" : null;
}

function lostIn(rule: CompiledRule, naming: readonly Asked[], context: Context): readonly string[] {
  try {
    const lost = [...lostFacts(context.policy.match, context.asking), ...lostFacts(rule.when, context.asking)];
    for (const { exemption, trace } of naming) {
      if (trace.matched !== null) continue;
      lost.push(...lostFacts(exemption.when, context.asking));
      if (context.now === undefined) lost.push("time.now");
    }
    return lost;
  } catch (error) {
    if (error instanceof BudgetSpent) throw error;
    // The rule broke while it was asked: its trace says so, and there is no fact to name.
    return [];
  }
}

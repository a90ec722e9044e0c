import type { Facts } from "../connection/facts.ts";
import type { Verdict } from "./evaluate.ts";
import { findFact } from "./facts.ts";
import { readFact } from "./readings.ts";
import type { ConditionTrace, ExemptionTrace, RuleTrace } from "./trace.ts";

/** A verdict as it was recorded; the trace is null when it was too large to be stored. */
export type RecordedVerdict = Omit<Verdict, "trace"> & { readonly trace: readonly RuleTrace[] | null };

/** One condition, and why its fact was unavailable if that is what kept it from being told. */
export type ExplainedCondition = ConditionTrace & { readonly whyUnavailable?: string };

/**
 * What became of one rule: `decided`; `outweighed`, it holds and a stronger effect decided; `exempted`; `would-decide`,
 * it holds and is in shadow; `unknown`, an approve or shadow rule that could not be told; `does-not-hold`.
 */
export type Standing = "decided" | "outweighed" | "exempted" | "would-decide" | "unknown" | "does-not-hold";

export type ExplainedRule = Omit<RuleTrace, "conditions"> & {
  readonly standing: Standing;
  /** Its own conditions, without those of the policy's `match`. */
  readonly conditions: readonly ExplainedCondition[];
};

export type ExplainedExemption = Omit<ExemptionTrace, "conditions"> & {
  readonly conditions: readonly ExplainedCondition[];
};

export type ExplainedPolicy = Verdict["policies"][number] & {
  readonly match: readonly ExplainedCondition[];
  readonly rules: readonly ExplainedRule[];
  readonly exemptions: readonly ExplainedExemption[];
};

/** A verdict as a tree of policy, rule and condition; the trace's flat lists say the same to machines only. */
export type Explanation = Omit<RecordedVerdict, "trace" | "policies" | "exemptions"> & {
  /** False when the trace was too large to be stored: then the policies have no rules here. */
  readonly traced: boolean;
  readonly policies: readonly ExplainedPolicy[];
};

/** Lays a verdict out as a tree, with the reasons that the snapshot has for what was unavailable. Pure. */
export function explain(verdict: RecordedVerdict, facts: Facts): Explanation {
  const { trace, policies, exemptions, ...rest } = verdict;
  const why = (conditions: readonly ConditionTrace[]) =>
    conditions.map((condition) => explainCondition(condition, facts));
  const tree = policies.map((policy): ExplainedPolicy => {
    const own = (trace ?? []).filter((rule) => rule.policy === policy.name);
    return {
      ...policy,
      // Every rule carries the conditions of the policy's match; one of them is enough to read.
      match: why(own[0]?.conditions.filter(isOfMatch) ?? []),
      rules: own.map((rule) => ({
        ...rule,
        standing: standingOf(rule, verdict),
        conditions: why(rule.conditions.filter((condition) => !isOfMatch(condition))),
      })),
      exemptions: exemptions
        .filter((exemption) => exemption.policy === policy.name)
        .map((exemption) => ({ ...exemption, conditions: why(exemption.conditions) })),
    };
  });
  return { ...rest, traced: trace !== null, policies: tree };
}

function isOfMatch({ at }: ConditionTrace): boolean {
  return /^match(?![\w-])/.test(at);
}

function standingOf(rule: RuleTrace, { effect, decidedBy }: RecordedVerdict): Standing {
  if (rule.exemptedBy.length > 0) return "exempted";
  if (rule.counted !== null) {
    return rule.counted === effect && decidedBy.includes(rule.rule) ? "decided" : "outweighed";
  }
  if (rule.matched === null) return "unknown";
  // Only a shadow rule can hold, be exempted by nothing, and count for nothing.
  return rule.matched ? "would-decide" : "does-not-hold";
}

function explainCondition(condition: ConditionTrace, facts: Facts): ExplainedCondition {
  if (condition.got !== undefined) return condition;
  return { ...condition, whyUnavailable: whyUnavailable(condition.fact, facts) };
}

/** Why a snapshot has no usable value of a fact. The words of a reason may quote what came from outside. */
export function whyUnavailable(name: string, facts: Facts): string {
  const reason = reasonIn(facts.unavailable, name);
  if (reason !== undefined) return reason;
  const fact = findFact(name);
  if (fact && holds(facts, name) && readFact(facts, fact).value === undefined) {
    return `what was read is no ${fact.type} as the fact table has it`;
  }
  return "the snapshot does not hold it";
}

/** Whether a snapshot says anything about a fact: a value, that it is absent, or why it was unavailable. */
export function holds(facts: Facts, name: string): boolean {
  if (Object.hasOwn(facts.values, name)) return true;
  if (reasonIn(facts.unavailable, name) !== undefined) return true;
  const family = familyOf(name);
  return facts.absent.includes(name) || (family !== undefined && facts.absent.includes(`${family}.*`));
}

/** Tags are unavailable one by one in a test, and all together where they were not readable. */
function reasonIn(unavailable: Facts["unavailable"], name: string): string | undefined {
  const family = familyOf(name);
  const names = family === undefined ? [name] : [name, `${family}.*`, family];
  const found = names.find((one) => Object.hasOwn(unavailable, one));
  return found === undefined ? undefined : unavailable[found];
}

function familyOf(name: string): string | undefined {
  return /^(service|consumer)\.tags(?=\.)/.exec(name)?.[0];
}

import type { ExplainedCondition, ExplainedExemption, ExplainedPolicy, ExplainedRule, Explanation } from "./explain.ts";
import { formatAsking } from "./format-asking.ts";
import { plain, quoted } from "./plain.ts";
import type { ConditionTrace } from "./trace.ts";
import type { Truth } from "./truth.ts";

/**
 * An explanation for people: first what was decided, then every policy with its rules and their conditions.
 * Nothing in it can move a cursor or pass for another line, whatever the consumer wrote.
 */
export function formatExplanation(explanation: Explanation): string {
  const lines = [...headOf(explanation), ...explanation.policies.flatMap((policy) => ["", ...formatPolicy(policy)])];
  return `${lines.join("\n")}\n`;
}

function* headOf(explanation: Explanation): Generator<string> {
  const { effect, decidedBy, reason, reviewers, terms, expiresAfter, unavailable, shadow } = explanation;
  yield `${effect}, decided by ${listed(decidedBy)}`;
  yield `  ${plain(reason)}`;
  if (reviewers.length > 0) yield `  asks ${listed(reviewers.map(({ name, approvals }) => `${name} (${approvals})`))}`;
  yield* formatAsking(reviewers, terms).map((line) => `  ${line}`);
  if (expiresAfter !== null) yield `  expires after ${plain(expiresAfter)}`;
  if (unavailable.length > 0) yield `  was not available: ${listed(unavailable)}`;
  if (shadow && shadow.effect !== effect)
    yield `  with the rules in shadow it would be ${shadow.effect}, by ${listed(shadow.decidedBy)}`;
  yield `  judged at ${plain(explanation.evaluatedAt)} by engine ${plain(explanation.engine)}`;
  if (explanation.policies.length === 0) yield "  no policy was asked";
  if (!explanation.traced) yield "  the trace was too large to be stored; what each rule said is not on record";
}

function* formatPolicy(policy: ExplainedPolicy): Generator<string> {
  const version = policy.version > 0 ? ` version ${policy.version}` : "";
  yield `policy ${plain(policy.name)}${version} (sha256 ${plain(policy.sha256.slice(0, 12))})`;
  if (policy.match.length > 0) {
    yield "  covers the service when";
    yield* policy.match.map((condition) => formatCondition(condition, "match"));
  }
  for (const rule of policy.rules) yield* formatRule(rule);
  for (const exemption of policy.exemptions) yield* formatExemption(exemption);
}

function* formatRule(rule: ExplainedRule): Generator<string> {
  const shadow = rule.mode === "shadow" ? " in shadow" : "";
  yield `  ${marks[rule.standing]} ${plain(rule.rule)} (line ${rule.line}), ${rule.effect}${shadow}: ${saysOf(rule)}`;
  yield* rule.conditions.map((condition) => formatCondition(condition, "when"));
}

const marks: Readonly<Record<ExplainedRule["standing"], string>> = {
  decided: "=>",
  outweighed: " +",
  exempted: " x",
  "would-decide": " +",
  unknown: " ?",
  "does-not-hold": " -",
};

function saysOf(rule: ExplainedRule): string {
  switch (rule.standing) {
    case "decided":
      return rule.matched === null || rule.counted !== rule.effect
        ? `${untold(rule)}, so people decide`
        : "holds, and decided";
    case "outweighed":
      return `${rule.matched === null ? untold(rule) : "holds"}, and a stronger rule decided`;
    case "exempted":
      return `${rule.matched === null ? untold(rule) : "holds"}, but is exempted by ${listed(rule.exemptedBy)}`;
    case "would-decide":
      return `holds, and would count as ${rule.effect}`;
    case "unknown":
      return untold(rule);
    case "does-not-hold":
      return isOutOfScope(rule) ? "does not hold, because the policy does not cover this" : "does not hold";
  }
}

/** No condition of its own says no, and none may turn another's answer round: then it was the policy's match. */
function isOutOfScope({ conditions }: ExplainedRule): boolean {
  return conditions.every(({ at, result }) => at === "when" && result !== false);
}

function untold(rule: ExplainedRule): string {
  if (rule.error !== undefined) return `could not be told because of an error (${plain(rule.error)})`;
  if (rule.matched === true) return "holds, but an exemption of it could not be told";
  return "could not be told";
}

function* formatExemption(exemption: ExplainedExemption): Generator<string> {
  const state = exemption.expired ? "has expired" : truths[String(exemption.matched)];
  yield `   . exemption ${plain(exemption.exemption)} (line ${exemption.line}) of ${listed(exemption.rules)}: ${state}`;
  yield* exemption.conditions.map((condition) => formatCondition(condition, "when"));
}

const truths: Readonly<Record<string, string>> = {
  true: "holds",
  false: "does not hold",
  null: "could not be told",
};

/** `yes  consumer.tier in "gold", "silver": got "gold" (line 20)`; within `anyOf` and `not` it says where. */
function formatCondition(condition: ExplainedCondition, root: string): string {
  const { at, fact, op, want, line, result } = condition;
  const place = at === root ? "" : `${plain(at)}: `;
  const wanted = (Array.isArray(want) ? want : [want]).map(quoted).join(", ");
  return `       ${short(result)}  ${place}${plain(fact)} ${op} ${wanted}: ${gotOf(condition)} (line ${line})`;
}

function gotOf({ got, whyUnavailable }: Pick<ExplainedCondition, "got" | "whyUnavailable">): string {
  if (got === undefined) return `unavailable, ${plain(whyUnavailable ?? "no reason is known")}`;
  return got === null ? "absent" : `got ${quoted(got)}`;
}

function short(truth: ConditionTrace["result"] & Truth): string {
  if (truth === null) return "?  ";
  return truth ? "yes" : "no ";
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "nobody" : names.map(plain).join(", ");
}

import { checkGuards } from "./condition-checks.ts";
import { didYouMean, type Findings, type Position } from "./faults.ts";
import { type ConditionScope, type ConditionTree, parseCondition } from "./parse-condition.ts";
import { idOf, type RuleTree } from "./parse-rules.ts";
import { readInstant } from "./parse-windows.ts";
import { readFields, readName, readNames, readText, requireField } from "./shape.ts";
import type { Truth } from "./truth.ts";
import type { MapEntry, TreeNode } from "./yaml-tree.ts";

/** A checked exemption: for whom which reject or review rules do not count, until when (policy.md 4). */
export type ExemptionTree = {
  readonly id: string;
  readonly at: Position;
  readonly rules: readonly string[];
  readonly reason: string;
  /** Milliseconds since 1970; from this instant on it holds no more. */
  readonly expires: number;
  readonly when: ConditionTree;
};

/** Whether an exemption is still in force; not to be told when the time is not known. */
export function isInForce(expires: number, now: number | undefined): Truth {
  return now === undefined ? null : now < expires;
}

export type ExemptionScope = Omit<ConditionScope, "findings"> & {
  readonly findings: Findings;
  readonly rules: readonly RuleTree[];
  /** The ids of all rules, also of those that were refused: naming one of them is no second fault. */
  readonly ruleIds: readonly string[];
  /** When the policy is being published; undefined where the calendar is not to be judged. */
  readonly now: number | undefined;
};

export function parseExemptions(node: TreeNode | undefined, scope: ExemptionScope): readonly ExemptionTree[] {
  if (!node) return [];
  if (node.kind !== "list") {
    scope.findings.error(node.at, "exemptions must be a list");
    return [];
  }
  if (node.items.length > scope.limits.exemptions) {
    scope.findings.error(node.at, `more than ${scope.limits.exemptions} exemptions`);
    return [];
  }
  const exemptions = new Map<string, ExemptionTree>();
  for (const item of node.items) {
    const exemption = parseExemption(item, scope);
    if (!exemption) continue;
    const first = exemptions.get(exemption.id);
    if (first) {
      const taken = `the id is taken by the exemption at line ${first.at.line}`;
      scope.findings.about(exemption.id).error(exemption.at, taken);
    }
    exemptions.set(exemption.id, exemption);
  }
  return [...exemptions.values()];
}

const exemptionFields = ["id", "rules", "reason", "expires", "when"] as const;

function parseExemption(node: TreeNode, scope: ExemptionScope): ExemptionTree | undefined {
  const what = "an exemption";
  const label = idOf(node);
  const findings = label === undefined ? scope.findings : scope.findings.about(label);
  const fields = readFields(node, what, exemptionFields, findings);
  if (!fields) return undefined;
  const id = readName(requireField(fields, "id", what, node.at, findings), "the id", findings);
  const rules = readRuleNames(requireField(fields, "rules", what, node.at, findings), scope, findings);
  const reason = readText(requireField(fields, "reason", what, node.at, findings), "reason", findings);
  const ends = requireField(fields, "expires", what, node.at, findings);
  const expires = readInstant(ends, "expires", findings);
  if (ends && expires !== undefined) checkExpiry(expires, ends.at, scope.now, findings);
  const when = readWhen(fields, node.at, scope, findings);
  if (id === undefined || reason === undefined || expires === undefined || !when) return undefined;
  return { id, at: node.at, rules, reason, expires, when };
}

function readWhen(
  fields: ReadonlyMap<string, MapEntry>,
  at: Position,
  scope: ExemptionScope,
  findings: Findings,
): ConditionTree | undefined {
  const node = requireField(fields, "when", "an exemption", at, findings);
  if (!node) return undefined;
  const when = parseCondition(node, "when", { ...scope, findings });
  checkGuards(when, "exemption", findings);
  return when;
}

function readRuleNames(node: TreeNode | undefined, scope: ExemptionScope, findings: Findings): readonly string[] {
  const known = new Map(scope.rules.map((rule) => [rule.id, rule]));
  const names: string[] = [];
  for (const { value, at } of readNames(node, "rules", findings) ?? []) {
    if (!scope.ruleIds.includes(value)) {
      findings.error(at, `no rule named ${value}${didYouMean(value, scope.ruleIds)}`);
    } else if (known.get(value)?.effect === "approve") {
      findings.error(at, `${value} approves: only reject and review rules have exemptions`);
    }
    names.push(value);
  }
  return names;
}

const warningDays = 30;

function checkExpiry(expires: number, at: Position, now: number | undefined, findings: Findings): void {
  if (now === undefined) return;
  const inOneYear = new Date(now);
  inOneYear.setUTCFullYear(inOneYear.getUTCFullYear() + 1);
  if (expires > inOneYear.getTime()) findings.error(at, "an exemption lasts at most 12 months");
  else if (expires <= now) findings.warn(at, "exemption-expired", "this exemption has expired");
  else if (expires - now < warningDays * 24 * 60 * 60_000) {
    findings.warn(at, "exemption-expires-soon", `this exemption has under ${warningDays} days left`);
  }
}

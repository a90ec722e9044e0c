import { checkGuards, warnConsumerWritten, warnNeverTrue } from "./condition-checks.ts";
import type { Findings, Position } from "./faults.ts";
import { type ConditionScope, type ConditionTree, parseCondition } from "./parse-condition.ts";
import { expiryBounds, readDuration } from "./parse-duration.ts";
import { type Asker, type ReviewTree, readReview } from "./parse-review.ts";
import type { Reviewers } from "./parse-reviewers.ts";
import { readChoice, readFields, readName, readText, requireField } from "./shape.ts";
import type { MapEntry, TreeNode } from "./yaml-tree.ts";

export const effects = ["approve", "reject", "review"] as const;
export type Effect = (typeof effects)[number];

export const modes = ["enforce", "shadow", "off"] as const;
export type Mode = (typeof modes)[number];

/** One checked rule. */
export type RuleTree = {
  readonly id: string;
  readonly at: Position;
  readonly effect: Effect;
  readonly mode: Mode;
  readonly because: string;
  /** Undefined when the rule names nobody: then the policy's `defaultReview` stands in its place, as a whole. */
  readonly review: ReviewTree | undefined;
  readonly expiresAfter: string | undefined;
  readonly when: ConditionTree | undefined;
};

export type RuleScope = Omit<ConditionScope, "findings"> & {
  readonly reviewers: Reviewers;
  readonly findings: Findings;
  readonly match: ConditionTree | undefined;
};

/** Every rule that can be told by its id; what is wrong with the others was reported. */
export function parseRules(node: TreeNode | undefined, scope: RuleScope): readonly RuleTree[] {
  if (!node) return [];
  if (node.kind !== "list" || node.items.length === 0) {
    scope.findings.error(node.at, "rules must be a list of at least one rule");
    return [];
  }
  if (node.items.length > scope.limits.rules) {
    scope.findings.error(node.at, `more than ${scope.limits.rules} rules`);
    return [];
  }
  const rules = new Map<string, RuleTree>();
  for (const item of node.items) {
    const rule = parseRule(item, scope);
    if (!rule) continue;
    const first = rules.get(rule.id);
    if (first) scope.findings.about(rule.id).error(rule.at, `the id is taken by the rule at line ${first.at.line}`);
    rules.set(rule.id, rule);
  }
  return [...rules.values()];
}

const ruleFields = ["id", "effect", "mode", "because", "review", "expiresAfter", "when"] as const;

function parseRule(node: TreeNode, scope: RuleScope): RuleTree | undefined {
  const id = idOf(node);
  const findings = id === undefined ? scope.findings : scope.findings.about(id);
  const fields = readFields(node, "a rule", ruleFields, findings);
  if (!fields) return undefined;
  const name = readName(requireField(fields, "id", "a rule", node.at, findings), "the id", findings);
  if (name === "default") findings.error(node.at, "the id default is taken: it means that no rule decided");
  const effect = readChoice(requireField(fields, "effect", "a rule", node.at, findings), "effect", effects, findings);
  const because = readText(requireField(fields, "because", "a rule", node.at, findings), "because", findings);
  const mode = readChoice(fields.get("mode")?.value, "mode", modes, findings) ?? "enforce";
  const expiresAfter = readExpiry(fields.get("expiresAfter"), effect, findings);
  const review = readRuleReview(fields.get("review"), effect, mode, { ...scope, findings });
  const when = readWhen(
    fields.get("when"),
    node.at,
    { effect, mode, expires: expiresAfter !== undefined },
    scope,
    findings,
  );
  if (name === undefined || effect === undefined) return undefined;
  return { id: name, at: node.at, effect, mode, because: because ?? "", review, expiresAfter, when };
}

/** The id that names a rule or exemption in the findings about it, even about a broken one. */
export function idOf(node: TreeNode): string | undefined {
  const id = node.kind === "map" ? node.entries.get("id")?.value : undefined;
  return id?.kind === "scalar" && typeof id.value === "string" ? id.value : undefined;
}

type RuleKind = { readonly effect: Effect | undefined; readonly mode: Mode; readonly expires: boolean };

function readWhen(
  entry: MapEntry | undefined,
  at: Position,
  kind: RuleKind,
  scope: RuleScope,
  findings: Findings,
): ConditionTree | undefined {
  if (!entry) {
    if (kind.effect === "approve") findings.error(at, "an approve rule needs when: it may not approve everything");
    return undefined;
  }
  const when = parseCondition(entry.value, "when", { ...scope, findings });
  if (kind.effect === "approve") {
    checkGuards(when, kind.expires ? "expiring-approval" : "approval", findings);
    warnConsumerWritten(when, entry.at, findings);
  } else {
    checkGuards(when, "stopping", findings);
  }
  if (kind.mode !== "off") warnNeverTrue(scope.match, when, entry.at, findings);
  return when;
}

function readRuleReview(
  entry: MapEntry | undefined,
  effect: Effect | undefined,
  mode: Mode,
  scope: RuleScope,
): ReviewTree | undefined {
  if (!entry) return undefined;
  // A reject rule may name people: it asks them when it cannot be told (policy.md 4, 6).
  if (effect === "approve") {
    scope.findings.error(entry.at, "an approve rule asks nobody: review belongs to review and reject");
  }
  return readReview(entry.value, "review", { ...scope, asker: askerOf(effect, mode) });
}

function askerOf(effect: Effect | undefined, mode: Mode): Asker {
  if (effect === "reject") return "reject-rule";
  return effect === "review" && mode === "enforce" ? "review-rule" : "uncounted-rule";
}

function readExpiry(entry: MapEntry | undefined, effect: Effect | undefined, findings: Findings): string | undefined {
  if (!entry) return undefined;
  if (effect !== undefined && effect !== "approve") {
    findings.error(entry.at, `expiresAfter belongs to approve rules; this one is ${effect}`);
  }
  return readDuration(entry.value, "expiresAfter", expiryBounds, findings);
}

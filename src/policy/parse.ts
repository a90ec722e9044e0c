import { checkGuards } from "./condition-checks.ts";
import { type ExemptionTree, parseExemptions } from "./exemptions.ts";
import { collectFindings, type Findings, type PolicyFault, sortFaults } from "./faults.ts";
import { type PolicyLimits, policyLimits } from "./limits.ts";
import { readLists } from "./lists.ts";
import { type ConditionTree, parseCondition } from "./parse-condition.ts";
import { type DriftTree, readDrift, warnRevokesAll } from "./parse-drift.ts";
import { type ReviewTree, readReview } from "./parse-review.ts";
import { readReviewers } from "./parse-reviewers.ts";
import { idOf, parseRules, type RuleTree } from "./parse-rules.ts";
import { readWindows } from "./parse-windows.ts";
import { readChoice, readFields, readText, requireField, show } from "./shape.ts";
import { type MapEntry, readTree, type TreeNode } from "./yaml-tree.ts";

export type { PolicyFault } from "./faults.ts";

/** A policy of which every word was checked. */
export type PolicyTree = {
  readonly name: string;
  readonly owner: string | undefined;
  readonly description: string | undefined;
  readonly match: ConditionTree | undefined;
  /** Undefined when the policy names nobody: then the app's fallback group is asked. */
  readonly defaultReview: ReviewTree | undefined;
  /** Undefined when the policy says nothing of drift. */
  readonly drift: DriftTree | undefined;
  /** Reviewer names and the Entra groups behind them. */
  readonly reviewers: ReadonlyMap<string, string>;
  readonly rules: readonly RuleTree[];
  readonly exemptions: readonly ExemptionTree[];
};

export type ParseOptions = {
  /**
   * When the policy is being published, in milliseconds since 1970: exemptions are then held against the calendar.
   * Left out where a policy in force is read again, for time alone must not break it.
   */
  readonly now?: number;
  readonly limits?: PolicyLimits;
};

export type ParseResult =
  | { readonly ok: true; readonly tree: PolicyTree; readonly warnings: readonly PolicyFault[] }
  | { readonly ok: false; readonly faults: readonly PolicyFault[] };

/** Reads and checks a whole policy file; every fault is reported, in the order of the lines (policy.md 5). */
export function parsePolicy(source: string, file: string, options: ParseOptions = {}): ParseResult {
  const faults: PolicyFault[] = [];
  const findings = collectFindings(file, faults);
  const limits = options.limits ?? policyLimits;
  const root = readTree(source, findings, limits.fileBytes);
  const tree = root && parseRoot(root, limits, options.now, findings);
  const sorted = sortFaults(faults);
  if (!tree || faults.some((fault) => fault.severity === "error")) return { ok: false, faults: sorted };
  return { ok: true, tree, warnings: sorted };
}

const policyFields = [
  "apiVersion",
  "kind",
  "name",
  "owner",
  "description",
  "match",
  "defaultReview",
  "drift",
  "lists",
  "windows",
  "reviewers",
  "rules",
  "exemptions",
] as const;

function parseRoot(
  root: TreeNode,
  limits: PolicyLimits,
  now: number | undefined,
  findings: Findings,
): PolicyTree | undefined {
  const what = "a policy";
  const fields = readFields(root, what, policyFields, findings);
  if (!fields) return undefined;
  readChoice(requireField(fields, "apiVersion", what, root.at, findings), "apiVersion", ["plgate/v1"], findings);
  readChoice(requireField(fields, "kind", what, root.at, findings), "kind", ["ApprovalPolicy"], findings);
  const name = readPolicyName(requireField(fields, "name", what, root.at, findings), findings);
  const owner = readText(fields.get("owner")?.value, "owner", findings);
  const description = readText(fields.get("description")?.value, "description", findings);
  const lists = readLists(fields.get("lists")?.value, limits, findings);
  const windows = readWindows(fields.get("windows")?.value, limits, findings);
  const reviewers = readReviewers(fields.get("reviewers")?.value, limits, findings);
  const scope = { lists, windows, reviewers, limits, findings };
  const match = readMatch(fields.get("match"), scope);
  const review = fields.get("defaultReview");
  const defaultReview = review && readReview(review.value, "defaultReview", { ...scope, asker: "default" });
  const drift = readDrift(fields.get("drift"), scope);
  const ruleList = requireField(fields, "rules", what, root.at, findings);
  const rules = parseRules(ruleList, { ...scope, match });
  warnRevokesAll(drift, fields.get("drift")?.at ?? root.at, rules, findings);
  const ruleIds = ruleList?.kind === "list" ? ruleList.items.flatMap((item) => idOf(item) ?? []) : [];
  const exemptions = parseExemptions(fields.get("exemptions")?.value, { ...scope, rules, ruleIds, now });
  for (const section of [lists, windows, reviewers]) section.warnUnused();
  const about = { name: name ?? "", owner, description, match, defaultReview, drift };
  return { ...about, reviewers: reviewers.groups, rules, exemptions };
}

function readMatch(
  entry: MapEntry | undefined,
  scope: Parameters<typeof parseCondition>[2],
): ConditionTree | undefined {
  if (!entry) return undefined;
  const match = parseCondition(entry.value, "match", scope);
  checkGuards(match, "match", scope.findings);
  return match;
}

export const policyNamePattern = /^[a-z][a-z0-9-]{0,62}$/;

function readPolicyName(node: TreeNode | undefined, findings: Findings): string | undefined {
  const name = readText(node, "name", findings);
  if (name === undefined || !node || policyNamePattern.test(name)) return name;
  findings.error(node.at, `name is lower-case letters, digits and -, beginning with a letter; ${show(node)} is not`);
  return undefined;
}

import type { Facts } from "../connection/facts.ts";
import type { CompiledPolicy } from "./compile.ts";
import { collectFindings, didYouMean, type Findings, type PolicyFault, sortFaults } from "./faults.ts";
import { mostTestCases, policyLimits } from "./limits.ts";
import { type Effect, effects } from "./parse-rules.ts";
import type { ReviewerGroup } from "./reviewers.ts";
import { readChoice, readFields, readNames, readText, requireField, show } from "./shape.ts";
import { type ExpectedDrift, readExpectedDrift } from "./test-drift.ts";
import { type FactChange, layChanges, readFacts, readLost } from "./test-facts.ts";
import { type ExpectedReview, readExpectedReview, readExpectedReviewers } from "./test-review.ts";
import { durationMinutes } from "./time.ts";
import { type MapEntry, readTree, type TreeNode } from "./yaml-tree.ts";

/** One case: a request and what the policy must make of it. What is undefined is not asked for. */
export type TestCase = {
  readonly name: string;
  readonly line: number;
  readonly facts: Facts;
  readonly expect: Effect;
  readonly by: readonly string[] | undefined;
  /** Null expects an approval without end. */
  readonly expiresAfter: string | null | undefined;
  readonly reviewers: readonly ReviewerGroup[] | undefined;
  readonly review: ExpectedReview | undefined;
  readonly drift: ExpectedDrift | undefined;
};

export type TestFile =
  | { readonly ok: true; readonly cases: readonly TestCase[] }
  | { readonly ok: false; readonly faults: readonly PolicyFault[] };

/** Reads a test file against the policy it tests; every fault is reported (policy.md 7). */
export function parseTestFile(source: string, file: string, policy: CompiledPolicy, policyFile: string): TestFile {
  const faults: PolicyFault[] = [];
  const findings = collectFindings(file, faults);
  const root = readTree(source, findings, policyLimits.fileBytes);
  const cases = root ? readRoot(root, policy, policyFile, findings) : [];
  const broken = faults.some(({ severity }) => severity === "error");
  return broken ? { ok: false, faults: sortFaults(faults) } : { ok: true, cases };
}

const rootFields = ["apiVersion", "kind", "policy", "facts", "cases"] as const;

function readRoot(root: TreeNode, policy: CompiledPolicy, policyFile: string, findings: Findings): readonly TestCase[] {
  const what = "a test file";
  const fields = readFields(root, what, rootFields, findings);
  if (!fields) return [];
  readChoice(requireField(fields, "apiVersion", what, root.at, findings), "apiVersion", ["plgate/v1"], findings);
  readChoice(requireField(fields, "kind", what, root.at, findings), "kind", ["ApprovalPolicyTest"], findings);
  const tested = requireField(fields, "policy", what, root.at, findings);
  const name = policyFile.split(/[\\/]/).at(-1) ?? policyFile;
  if (readText(tested, "policy", findings) !== name && tested) {
    findings.error(tested.at, `policy is ${name}; ${show(tested)} is another file`);
  }
  const base = readFacts(fields.get("facts")?.value, findings);
  return readCases(requireField(fields, "cases", what, root.at, findings), base, policy, findings);
}

function readCases(
  node: TreeNode | undefined,
  base: readonly FactChange[],
  policy: CompiledPolicy,
  findings: Findings,
): readonly TestCase[] {
  if (!node) return [];
  if (node.kind !== "list" || node.items.length === 0 || node.items.length > mostTestCases) {
    findings.error(node.at, `cases must be a list of 1 to ${mostTestCases} cases`);
    return [];
  }
  const cases = new Map<string, TestCase>();
  for (const item of node.items) {
    const test = readCase(item, base, policy, findings);
    if (!test) continue;
    const first = cases.get(test.name);
    if (first) findings.error(item.at, `the case at line ${first.line} has the same name`);
    cases.set(test.name, test);
  }
  return [...cases.values()];
}

const caseFields = [
  "name",
  "set",
  "absent",
  "unavailable",
  "expect",
  "by",
  "expiresAfter",
  "reviewers",
  "review",
  "drift",
] as const;

function readCase(
  node: TreeNode,
  base: readonly FactChange[],
  policy: CompiledPolicy,
  findings: Findings,
): TestCase | undefined {
  const fields = readFields(node, "a case", caseFields, findings);
  if (!fields) return undefined;
  const name = readText(requireField(fields, "name", "a case", node.at, findings), "name", findings);
  const expect = readChoice(requireField(fields, "expect", "a case", node.at, findings), "expect", effects, findings);
  const facts = layChanges([
    ...base,
    ...readFacts(fields.get("set")?.value, findings),
    ...readLost(fields.get("absent")?.value, "absent", findings),
    ...readLost(fields.get("unavailable")?.value, "unavailable", findings),
  ]);
  if (!Object.hasOwn(facts.values, "time.now")) findings.error(node.at, "the case needs the fact time.now");
  const by = readBy(fields.get("by")?.value, policy, findings);
  const expiresAfter = readExpiry(fields.get("expiresAfter"), findings);
  const reviewers = readExpectedReviewers(fields.get("reviewers")?.value, "reviewers", policy, findings);
  const review = readExpectedReview(fields.get("review")?.value, policy, findings);
  const drift = readExpectedDrift(fields.get("drift")?.value, policy, findings);
  if (name === undefined || expect === undefined) return undefined;
  return { name, line: node.at.line, facts, expect, by, expiresAfter, reviewers, review, drift };
}

function readBy(node: TreeNode | undefined, policy: CompiledPolicy, findings: Findings): readonly string[] | undefined {
  const known = [...policy.rules.map(({ id }) => id), "default"];
  const names = readNames(node, "by", findings);
  for (const { value, at } of names ?? []) {
    if (!known.includes(value)) findings.error(at, `no rule named ${value}${didYouMean(value, known)}`);
  }
  return names?.map(({ value }) => value);
}

function readExpiry(entry: MapEntry | undefined, findings: Findings): string | null | undefined {
  if (!entry) return undefined;
  if (entry.value.kind === "scalar" && entry.value.value === null) return null;
  const text = readText(entry.value, "expiresAfter", findings);
  if (text !== undefined && durationMinutes(text) === undefined) {
    findings.error(entry.value.at, `expiresAfter is a duration such as P14D; ${show(entry.value)} is not`);
  }
  return text;
}

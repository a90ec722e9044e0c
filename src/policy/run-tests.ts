import { type CompiledPolicy, compilePolicy } from "./compile.ts";
import type { DriftTerms } from "./drift-terms.ts";
import { driftTermsOf, evaluate, type ReviewerGroup, type Verdict } from "./evaluate.ts";
import { compareText, formatFault, type PolicyFault } from "./faults.ts";
import { driftDifferences } from "./test-drift.ts";
import { parseTestFile, type TestCase } from "./test-file.ts";
import { reviewDifferences } from "./test-review.ts";
import { durationMinutes } from "./time.ts";
import type { ConditionTrace, RuleTrace } from "./trace.ts";

export type TestInput = {
  readonly policySource: string;
  readonly policyFile: string;
  readonly testSource: string;
  readonly testFile: string;
};

export type CaseResult = {
  readonly test: TestCase;
  readonly verdict: Verdict;
  /** What was expected and is otherwise; empty when the case holds. */
  readonly differences: readonly string[];
};

/** How many cases made a rule true. Rules that are `off` are not asked and not here. */
export type RuleCoverage = { readonly rule: string; readonly line: number; readonly cases: number };

export type TestRun =
  | { readonly kind: "broken"; readonly faults: readonly PolicyFault[] }
  | {
      readonly kind: "ran";
      readonly results: readonly CaseResult[];
      readonly coverage: readonly RuleCoverage[];
      /** Rules that no case made true. */
      readonly neverTrue: readonly string[];
    };

/** Runs the test file beside a policy (policy.md 7). Pure: the time of every case is its own `time.now`. */
export function runPolicyTests(input: TestInput): TestRun {
  const compiled = compilePolicy(input.policySource, input.policyFile);
  if (!compiled.ok) return { kind: "broken", faults: errorsOf(compiled.faults) };
  const { policy } = compiled;
  const file = parseTestFile(input.testSource, input.testFile, policy, input.policyFile);
  if (!file.ok) return { kind: "broken", faults: errorsOf(file.faults) };
  const results = file.cases.map((test) => runCase(test, policy));
  const coverage = coverageOf(policy, results);
  const neverTrue = coverage.filter(({ cases }) => cases === 0).map(({ rule }) => rule);
  return { kind: "ran", results, coverage, neverTrue };
}

function coverageOf(policy: CompiledPolicy, results: readonly CaseResult[]): readonly RuleCoverage[] {
  const hits = results.flatMap(({ verdict }) => rulesThatMatched(verdict));
  const asked = policy.rules.filter(({ mode }) => mode !== "off");
  return asked.map(({ id, line }) => ({ rule: id, line, cases: hits.filter((hit) => hit === id).length }));
}

/** The rules that no case made true, as warnings: whoever publishes says that they were seen (policy.md 5). */
export function untestedRules(run: TestRun | undefined, policy: CompiledPolicy, file: string): readonly PolicyFault[] {
  if (!run) return [withoutTests(file)];
  const names = run.kind === "ran" ? run.neverTrue : [];
  return policy.rules
    .filter(({ id }) => names.includes(id))
    .map(({ id: rule, line }) => ({
      ...{ file, line, column: 1, rule },
      severity: "warning",
      name: "untested",
      message: "no case of the tests makes this rule true",
    }));
}

function withoutTests(file: string): PolicyFault {
  const message = `there are no tests beside it; write ${file.replace(/^.*\//, "").replace(/\.yaml$/, "")}.test.yaml`;
  return { file, line: 1, column: 1, severity: "warning", name: "untested", message };
}

function errorsOf(faults: readonly PolicyFault[]): readonly PolicyFault[] {
  return faults.filter(({ severity }) => severity === "error");
}

function rulesThatMatched(verdict: Verdict): readonly string[] {
  return verdict.trace.filter(({ matched }) => matched === true).map(({ rule }) => rule);
}

function runCase(test: TestCase, policy: CompiledPolicy): CaseResult {
  const options = { fallbackReviewers: [] };
  const inForce = [{ policy, version: 0 }];
  const verdict = evaluate(inForce, test.facts, options);
  const drift = driftTermsOf(inForce, test.facts, options);
  return { test, verdict, differences: [...differencesOf(test, verdict, drift)] };
}

function* differencesOf(test: TestCase, verdict: Verdict, drift: DriftTerms): Generator<string> {
  if (test.expect !== verdict.effect) yield difference("", test.expect, verdict.effect);
  if (test.by && listed(test.by) !== listed(verdict.decidedBy)) {
    yield difference("by ", listed(test.by), listed(verdict.decidedBy));
  }
  if (test.expiresAfter !== undefined && minutesOf(test.expiresAfter) !== minutesOf(verdict.expiresAfter)) {
    yield difference("expiresAfter ", test.expiresAfter ?? "none", verdict.expiresAfter ?? "none");
  }
  if (test.reviewers && asked(test.reviewers, "group") !== asked(verdict.reviewers, "group")) {
    yield difference("reviewers ", asked(test.reviewers, "name"), asked(verdict.reviewers, "name"));
  }
  for (const [what, expected, got] of askedOtherwise(test, verdict, drift)) yield difference(`${what} `, expected, got);
}

function askedOtherwise({ review, drift: expected }: TestCase, verdict: Verdict, drift: DriftTerms) {
  return [
    ...(review ? reviewDifferences(review, verdict) : []),
    ...(expected ? driftDifferences(expected, drift) : []),
  ];
}

/** Groups are told apart by their ids; people read their names. */
function asked(reviewers: readonly ReviewerGroup[], by: "group" | "name"): string {
  return listed(reviewers.map((reviewer) => `${reviewer[by]}: ${reviewer.approvals}`));
}

function difference(what: string, expected: string, got: string): string {
  return `expected ${what}${expected}, got ${got}`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "nobody" : [...names].sort(compareText).join(", ");
}

/** P7D and P1W are the same promise. */
function minutesOf(expiry: string | null): number | undefined {
  return expiry === null ? undefined : durationMinutes(expiry);
}

/** What a script goes by: 0 all cases hold, 1 a case failed, 2 a file is broken. */
export function exitCodeOf(run: TestRun): 0 | 1 | 2 {
  if (run.kind === "broken") return 2;
  return run.results.every(({ differences }) => differences.length === 0) ? 0 : 1;
}

/** The report for people: a line per case, a failure with what made it so, and the count at the end. */
export function formatTestRun(run: TestRun, input: Pick<TestInput, "policyFile" | "testFile">): string {
  if (run.kind === "broken") return `${run.faults.map(formatFault).join("\n")}\n`;
  const failed = run.results.filter(({ differences }) => differences.length > 0).length;
  const lines = run.results.flatMap((result) => formatCase(result, input));
  lines.push(`${run.results.length - failed} passed, ${failed} failed`);
  const never = run.coverage.filter(({ cases }) => cases === 0);
  const places = never.map(({ rule, line }) => `${rule} (${input.policyFile}:${line})`);
  if (places.length > 0) lines.push(`never true in any case: ${places.join(", ")}`);
  return `${lines.join("\n")}\n`;
}

function formatCase(result: CaseResult, input: Pick<TestInput, "policyFile" | "testFile">): readonly string[] {
  const { test, verdict, differences } = result;
  if (differences.length === 0) return [`ok    ${test.name}`];
  return [
    `FAIL  ${test.name} (${input.testFile}:${test.line})`,
    ...differences.map((line) => `      ${line}`),
    `      because: ${verdict.reason}`,
    ...rulesOfInterest(result).flatMap((rule) => formatRule(rule, input.policyFile)),
  ];
}

/** The rules that decided and those that were expected to; when none did, the approve rules that did not hold. */
export function rulesOfInterest({ test, verdict }: CaseResult): readonly RuleTrace[] {
  const names = new Set([...verdict.decidedBy, ...(test.by ?? [])]);
  const noneDecided = names.size === 1 && names.has("default");
  return verdict.trace.filter(({ rule, effect }) => names.has(rule) || (noneDecided && effect === "approve"));
}

function formatRule(rule: RuleTrace, policyFile: string): readonly string[] {
  const exempted = rule.exemptedBy.length === 0 ? "" : `, exempted by ${rule.exemptedBy.join(", ")}`;
  const head = `      ${rule.rule} (${policyFile}:${rule.line}) ${rule.effect}: ${shown(rule.matched)}${exempted}`;
  return [head, ...rule.conditions.map(formatCondition)];
}

function formatCondition(condition: ConditionTrace): string {
  const { at, fact, op, want, got, result, line } = condition;
  const value = got === undefined ? "unavailable" : JSON.stringify(got ?? "absent");
  return `        line ${line}, ${at}: ${fact} ${op} ${JSON.stringify(want)}: got ${value}: ${shown(result)}`;
}

function shown(truth: boolean | null): string {
  return truth === null ? "unknown" : String(truth);
}

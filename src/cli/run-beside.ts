import { type CaseResult, formatTestRun, rulesOfInterest, runPolicyTests, type TestRun } from "../policy/run-tests.ts";
import { type PolicyFiles, readText } from "./files.ts";
import { formatFindings } from "./findings.ts";

export type RunBeside = PolicyFiles & { readonly run: TestRun };

/** Runs the test file beside a policy, both as they are on the disk now. */
export function runBeside({ policyFile, testFile }: PolicyFiles, policySource = readText(policyFile)): RunBeside {
  const input = { policySource, policyFile, testSource: readText(testFile), testFile };
  return { policyFile, testFile, run: runPolicyTests(input) };
}

/** The report for people, under the name of the file. */
export function formatRun({ run, ...files }: RunBeside): string {
  const report = run.kind === "broken" ? formatFindings(run.faults) : formatTestRun(run, files);
  return `${files.testFile}\n${report}`;
}

/** The report for machines. */
export function describeRun({ policyFile, testFile, run }: RunBeside) {
  if (run.kind === "broken") return { policyFile, testFile, kind: "broken", faults: run.faults } as const;
  const failed = run.results.filter(({ differences }) => differences.length > 0).length;
  const cases = run.results.map(describeCase);
  const counts = { passed: cases.length - failed, failed };
  return {
    policyFile,
    testFile,
    kind: "ran",
    ...counts,
    coverage: run.coverage,
    neverTrue: run.neverTrue,
    cases,
  } as const;
}

function describeCase(result: CaseResult) {
  const { test, verdict, differences } = result;
  const { name, line, expect } = test;
  const { effect, decidedBy, reason } = verdict;
  const ok = differences.length === 0;
  const said = { name, line, ok, differences, expected: expect, got: effect, decidedBy, reason };
  return ok ? said : { ...said, rules: rulesOfInterest(result) };
}

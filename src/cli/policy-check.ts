import { compilePolicy } from "../policy/compile.ts";
import type { PolicyFault } from "../policy/faults.ts";
import { runPolicyTests } from "../policy/run-tests.ts";
import { isTestFile, policyFilesOf, readText } from "./files.ts";
import { formatFindings, isError } from "./findings.ts";
import { json } from "./print.ts";
import { atLeastOne, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";

export const policyCheck: Verb = {
  words: "policy check",
  about: "say everything that is wrong with policy files",
  usage: `Says everything that is wrong with policies and the test files beside them, a line for each finding:
file:line:column severity rule message. Exemptions are held against today. Nothing is run and no store is asked.

  plgate policy check FILE... [--json]

Exit code: 0 nothing but warnings, 1 errors, 2 wrong usage or a file that cannot be read.
`,
  run: check,
};

async function check(args: readonly string[], { out }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { json: { type: "boolean" } });
  const files = [...new Set(atLeastOne(positionals, "FILE"))];
  const findings = withoutDoubles(files.flatMap(findingsOf));
  const errors = findings.filter(isError).length;
  const warnings = findings.length - errors;
  if (values.json) out(json({ value: findings, files: files.length, errors, warnings }));
  else
    out(
      `${formatFindings(findings)}${count(files.length, "file")}: ${count(errors, "error")}, ${count(warnings, "warning")}\n`,
    );
  return errors > 0 ? 1 : 0;
}

function findingsOf(file: string): readonly PolicyFault[] {
  if (!isTestFile(file)) {
    const result = compilePolicy(readText(file), file, { now: Date.now() });
    return result.ok ? result.warnings : result.faults;
  }
  const { policyFile, testFile } = policyFilesOf(file);
  const input = { policySource: readText(policyFile), policyFile, testSource: readText(testFile), testFile };
  const run = runPolicyTests(input);
  return run.kind === "broken" ? run.faults : [];
}

/** A broken policy is found again through the test file beside it. */
function withoutDoubles(findings: readonly PolicyFault[]): readonly PolicyFault[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

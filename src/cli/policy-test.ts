import { exitCodeOf } from "../policy/run-tests.ts";
import { exists, isFolder, type PolicyFiles, policiesIn, policyFilesOf, readText } from "./files.ts";
import { json } from "./print.ts";
import { atLeastOne, readArguments } from "./read-arguments.ts";
import { describeRun, formatRun, type RunBeside, runBeside } from "./run-beside.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";

export const policyTest: Verb = {
  words: "policy test",
  about: "run the test files beside policies",
  usage: `Runs the test files beside policies: NAME.test.yaml for NAME.yaml. Needs no store.

  plgate policy test FILE|DIR... [--json]

  FILE   a policy or its test file
  DIR    all in the folder and in those below; a policy without tests is named, and that is no fault

Exit code: 0 every case holds, 1 a case failed, 2 wrong usage or a file that is broken or cannot be read.
`,
  run: test,
};

async function test(args: readonly string[], { out }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { json: { type: "boolean" } });
  const files = targetsOf(atLeastOne(positionals, "FILE or DIR"));
  const tested = files.filter(({ testFile }) => exists(testFile)).map((file) => runBeside(file));
  const untested = files.filter(({ testFile }) => !exists(testFile));
  if (tested.length === 0) throw new Refusal(`no test file was found in ${positionals.join(", ")}`);
  if (values.json)
    out(json({ value: tested.map(describeRun), untested: untested.map(({ policyFile }) => policyFile) }));
  else out([...tested.map(formatRun), ...untested.map(formatUntested)].join("\n"));
  return worstOf(tested);
}

function targetsOf(paths: readonly string[]): readonly PolicyFiles[] {
  const named = paths.flatMap((path) => (isFolder(path) ? policiesIn(path) : [withTests(path)]));
  return [...new Map(named.map((files) => [files.policyFile, files])).values()];
}

/** Whoever names a file wants its tests run; that there are none is no success. */
function withTests(file: string): PolicyFiles {
  const files = policyFilesOf(file);
  if (exists(files.testFile)) return files;
  readText(file);
  throw new Refusal(`${file} has no tests beside it (${files.testFile})`);
}

function formatUntested({ policyFile, testFile }: PolicyFiles): string {
  return `${policyFile}\nno tests beside it (${testFile})\n`;
}

function worstOf(runs: readonly RunBeside[]): ExitCode {
  const codes = runs.map(({ run }) => exitCodeOf(run));
  if (codes.includes(2)) return 2;
  return codes.includes(1) ? 1 : 0;
}

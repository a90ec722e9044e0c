import type { Store } from "../compose-cli.ts";
import { compilePolicy } from "../policy/compile.ts";
import type { PolicyFault } from "../policy/faults.ts";
import { exitCodeOf } from "../policy/run-tests.ts";
import { exists, isTestFile, type PolicyFiles, policyFilesOf, readText } from "./files.ts";
import { formatFindings } from "./findings.ts";
import { json } from "./print.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import { describeRun, formatRun, type RunBeside, runBeside } from "./run-beside.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const policyPublish: Verb = {
  words: "policy publish",
  about: "check and test a policy and put it in force",
  usage: `Checks a policy, runs the tests beside it if there are any, keeps it in the store as the next version of its name and
puts it in force: from the next review on, requests are judged by it. A policy with an error or with a test that fails
is refused, and what is in force stays in force. The same policy again changes nothing.

  plgate policy publish FILE --note TEXT [--author NAME] [--json] WHERE

  --note TEXT    why, for whoever reads the list later: a change number, a sentence
  --author NAME  who; when left out, the name under which you are signed in

${storeUsage}
Exit code: 0 in force, 1 refused or the store cannot be reached, 2 wrong usage or a file that cannot be read.
`,
  run: publish,
};

const options = {
  ...storeOptions,
  note: { type: "string" },
  author: { type: "string" },
  json: { type: "boolean" },
} as const;

async function publish(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const file = onlyOne(positionals, "FILE");
  if (isTestFile(file)) throw new Refusal(`${file} is a test file; publish the policy beside it`);
  const note = shortText("--note", values.note, "say why: a change number, a sentence");
  const author = values.author === undefined ? undefined : shortText("--author", values.author, "say who");
  const place = placeOf(values, environment);
  const proof = prove(policyFilesOf(file));
  if (proof.kind !== "proven") {
    out(values.json ? json(describeRefusal(proof)) : formatRefusal(file, proof));
    return 1;
  }
  return withStore(place, async (store) => {
    const answer = await send(proof, { author: author ?? store.operator, note }, store);
    out(values.json ? json(answer) : formatAnswer(answer));
    return 0;
  });
}

type Proven = { readonly kind: "proven"; readonly source: string; readonly tests: RunBeside | undefined };
type Refused =
  | { readonly kind: "faults"; readonly faults: readonly PolicyFault[] }
  | { readonly kind: "tests"; readonly tests: RunBeside };

/** The very bytes that are published are those that were checked and tested. */
function prove(files: PolicyFiles): Proven | Refused {
  const source = readText(files.policyFile);
  const result = compilePolicy(source, files.policyFile);
  if (!result.ok) return { kind: "faults", faults: result.faults };
  if (!exists(files.testFile)) return { kind: "proven", source, tests: undefined };
  const tests = runBeside(files, source);
  return exitCodeOf(tests.run) === 0 ? { kind: "proven", source, tests } : { kind: "tests", tests };
}

function formatRefusal(file: string, refused: Refused): string {
  const why = refused.kind === "faults" ? "it has errors" : "the tests beside it do not hold";
  const shown = refused.kind === "faults" ? formatFindings(refused.faults) : formatRun(refused.tests);
  return `${shown}${file} is not published: ${why}. What is in force stays in force.\n`;
}

function describeRefusal(refused: Refused) {
  return refused.kind === "faults"
    ? { published: false, faults: refused.faults }
    : { published: false, tests: describeRun(refused.tests) };
}

type By = { readonly author: string; readonly note: string };

async function send({ source, tests }: Proven, by: By, { policies, place }: Store) {
  const answer = await policies.publish(source, by);
  // The store checks with the same engine; should it find more, its word counts.
  if (!answer.ok) throw new Refusal(`the store refuses it:\n${formatFindings(answer.faults)}`, 1);
  const { name, version, sha256, changed, warnings } = answer;
  return { published: true, changed, name, version, sha256, place, warnings, tests: tests ? describeRun(tests) : null };
}

function formatAnswer({ changed, name, version, sha256, place, warnings, tests }: Awaited<ReturnType<typeof send>>) {
  const held = tests?.kind === "ran" ? `tests beside it: ${tests.passed} ok` : "no tests beside it";
  const done = changed
    ? `${name} version ${version} is in force in ${place}; ${held}`
    : `nothing changed: ${name} version ${version} in ${place} is exactly this already`;
  return `${formatFindings(warnings)}${done}\nsha256 ${sha256}\n`;
}

const longestText = 1000;

/** The store shows no more than this of a note or an author; to cut what somebody gave as the reason helps nobody. */
function shortText(option: string, given: string | undefined, what: string): string {
  const text = given?.trim() ?? "";
  if (text === "") throw new Refusal(`${option} is missing: ${what}`);
  if (text.length > longestText) throw new Refusal(`${option} is longer than ${longestText} characters`);
  return text;
}

import type { Store } from "../compose-cli.ts";
import { type WarningName, warningMeanings } from "../policy/faults.ts";
import { type Published, type PublishOutcome, publishPolicy } from "../workflow/administer-policies.ts";
import { type Draft, provePolicy, type Unproven } from "../workflow/prove-policy.ts";
import { exists, isTestFile, type PolicyFiles, policyFilesOf, readText } from "./files.ts";
import { formatFindings } from "./findings.ts";
import { changeBy, changeOptions, formatDriftSaid, notInForce, officeOf, readTold } from "./policy-change.ts";
import { json } from "./print.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import { describeRun, formatRun } from "./run-beside.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const policyPublish: Verb = {
  words: "policy publish",
  about: "check and test a policy and put it in force",
  usage: `Checks a policy, runs the tests beside it if there are any, keeps it in the store as the next version of its name and
puts it in force: from the next review on, requests are judged by it. A policy with an error, with a test that fails or
with a warning that you do not acknowledge is refused, and what is in force stays in force. The same policy again
changes nothing.

  plgate policy publish FILE --note TEXT [--author NAME] [--acknowledge WARNING]... [--no-activate] [--json] WHERE

  --note TEXT            why, for whoever reads the record later: a change number, a sentence
  --author NAME          who; when left out, the name under which you are signed in
  --acknowledge WARNING  the name that "policy check" gives in brackets behind a warning; once for each name
  --no-activate          keep it, and let somebody else put it in force by "policy activate"

${storeUsage}
Exit code: 0 done, 1 refused or the store cannot be reached, 2 wrong usage or a file that cannot be read.
`,
  run: publish,
};

const options = {
  ...storeOptions,
  ...changeOptions,
  acknowledge: { type: "string", multiple: true },
  "no-activate": { type: "boolean" },
} as const;

async function publish(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const file = onlyOne(positionals, "FILE");
  if (isTestFile(file)) throw new Refusal(`${file} is a test file; publish the policy beside it`);
  const told = readTold(values);
  const acknowledge = (values.acknowledge ?? []).map(warningName);
  const place = placeOf(values, environment);
  const files = policyFilesOf(file);
  // The very bytes that are published are those that were checked and tested.
  const draft = draftOf(files, acknowledge);
  const proof = provePolicy(draft, Date.now());
  if (proof.kind === "refused") {
    out(values.json ? json(describeRefusal(proof, files)) : formatRefusal(proof, files));
    return 1;
  }
  return withStore(place, async (store) => {
    const wish = { ...draft, activate: values["no-activate"] !== true };
    const outcome = await publishPolicy(wish, changeBy(told, store), officeOf(store));
    return tell(outcome, files, store, values.json, out);
  });
}

function draftOf({ policyFile, testFile }: PolicyFiles, acknowledge: readonly WarningName[]): Draft {
  const source = readText(policyFile);
  const tests = exists(testFile) ? { source: readText(testFile), file: testFile } : undefined;
  return { source, file: policyFile, tests, acknowledge };
}

function warningName(text: string): WarningName {
  const name = Object.keys(warningMeanings).find((known): known is WarningName => known === text);
  if (name) return name;
  throw new Refusal(`--acknowledge takes the name of a warning: ${Object.keys(warningMeanings).join(", ")}`);
}

function tell(
  outcome: PublishOutcome,
  files: PolicyFiles,
  { place }: Store,
  asJson: boolean | undefined,
  out: Context["out"],
): ExitCode {
  switch (outcome.kind) {
    case "published":
      out(asJson ? json(describe(outcome, files, place)) : formatAnswer(outcome, place));
      return 0;
    case "not-in-force": {
      const { name, version, sha256, why, inForce } = outcome;
      out(asJson ? json({ published: true, name, version, sha256, why, inForce, place }) : notInForce(outcome));
      return 1;
    }
    case "refused":
      // The store's side checks with the same engine; should it find more, its word counts.
      out(asJson ? json(describeRefusal(outcome, files)) : formatRefusal(outcome, files));
      return 1;
    case "another-name":
      throw new Refusal(`the policy calls itself ${outcome.name}`, 1);
  }
}

function formatRefusal(refused: Unproven, files: PolicyFiles): string {
  const end = `${files.policyFile} is not published: ${whyNot[refused.why]}. What is in force stays in force.\n`;
  if (refused.why === "tests") return `${formatRun({ ...files, run: refused.tests })}${end}`;
  return `${formatFindings(refused.faults)}${end}`;
}

const whyNot: Readonly<Record<Unproven["why"], string>> = {
  faults: "it has errors",
  tests: "the tests beside it do not hold",
  unacknowledged: "it has warnings; accept each by --acknowledge and the name in brackets, or mend it",
};

function describeRefusal(refused: Unproven, files: PolicyFiles) {
  const said = { published: false, why: refused.why };
  return refused.why === "tests"
    ? { ...said, tests: describeRun({ ...files, run: refused.tests }) }
    : { ...said, faults: refused.faults };
}

function describe(
  { changed, inForce, name, version, sha256, warnings, tests, drift }: Published,
  files: PolicyFiles,
  place: string,
) {
  const run = tests ? describeRun({ ...files, run: tests }) : null;
  return {
    published: true,
    changed,
    inForce,
    name,
    version,
    sha256,
    place,
    warnings,
    tests: run,
    ...(drift ? { drift } : {}),
  };
}

function formatAnswer(published: Published, place: string): string {
  const { changed, inForce, name, version, sha256, warnings, tests, drift } = published;
  const held = tests?.kind === "ran" ? `tests beside it: ${tests.results.length} ok` : "no tests beside it";
  const now = inForce
    ? `is in force in ${place}`
    : `is kept in ${place} and waits for "plgate policy activate ${name} ${version}"`;
  const done = changed
    ? `${name} version ${version} ${now}; ${held}`
    : `nothing changed: ${name} version ${version} in ${place} is exactly this already`;
  return `${formatFindings(warnings)}${done}\nsha256 ${sha256}\n${inForce ? formatDriftSaid(drift) : ""}`;
}

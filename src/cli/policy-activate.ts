import { versionIn } from "../intake/policy-upload.ts";
import { activatePolicy } from "../workflow/administer-policies.ts";
import { changeBy, changeOptions, nameOf, officeOf, readTold, tellActivation } from "./policy-change.ts";
import { readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const policyActivate: Verb = {
  words: "policy activate",
  about: "put a published version in force",
  usage: `Puts a version that was published in force, newer or older than the one that is: from the next review on, requests
are judged by it. A version that this plgate cannot compile is refused.

  plgate policy activate NAME VERSION --note TEXT [--author NAME] [--json] WHERE

  --note TEXT    why, for whoever reads the record later: a change number, a sentence
  --author NAME  who; when left out, the name under which you are signed in

${storeUsage}
Exit code: 0 in force, 1 refused, no such version, or the store cannot be reached, 2 wrong usage.
`,
  run: activate,
};

async function activate(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { ...storeOptions, ...changeOptions });
  const [given, wanted, ...more] = positionals;
  if (given === undefined) throw new Refusal("NAME is missing");
  if (wanted === undefined) throw new Refusal("VERSION is missing");
  if (more.length > 0) throw new Refusal(`takes NAME and VERSION, not also ${more.join(", ")}`);
  const name = nameOf(given);
  const version = versionIn(wanted);
  if (version === undefined) throw new Refusal(`VERSION is a number; "${wanted}" is not`);
  const told = readTold(values);
  return withStore(placeOf(values, environment), async (store) => {
    const outcome = await activatePolicy(name, version, changeBy(told, store), officeOf(store));
    return tellActivation(outcome, store, values.json, out);
  });
}

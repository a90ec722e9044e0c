import { rollBackPolicy } from "../workflow/administer-policies.ts";
import { changeBy, changeOptions, nameOf, officeOf, readTold, tellActivation } from "./policy-change.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const policyRollback: Verb = {
  words: "policy rollback",
  about: "put back in force what was before",
  usage: `Puts back in force the version that was in force before the present one. Told twice, it comes back to the present one.

  plgate policy rollback NAME --note TEXT [--author NAME] [--json] WHERE

  --note TEXT    why, for whoever reads the record later: a change number, a sentence
  --author NAME  who; when left out, the name under which you are signed in

${storeUsage}
Exit code: 0 in force, 1 refused, nothing to go back to, or the store cannot be reached, 2 wrong usage.
`,
  run: rollBack,
};

async function rollBack(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { ...storeOptions, ...changeOptions });
  const name = nameOf(onlyOne(positionals, "NAME"));
  const told = readTold(values);
  return withStore(placeOf(values, environment), async (store) => {
    const outcome = await rollBackPolicy(name, changeBy(told, store), officeOf(store));
    return tellActivation(outcome, store, values.json, out);
  });
}

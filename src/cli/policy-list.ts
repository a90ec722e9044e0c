import type { Store } from "../compose-cli.ts";
import { json, table } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const policyList: Verb = {
  words: "policy list",
  about: "show the policies in force, who published them and why",
  usage: `Shows each policy with the version in force, its digest, author, time and note, and what is wrong with it.

  plgate policy list [--json] WHERE

${storeUsage}
Exit code: 0, 1 a policy has a problem or the store cannot be reached, 2 wrong usage.
`,
  run: list,
};

type Line = Awaited<ReturnType<Store["policies"]["list"]>>[number];

async function list(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { ...storeOptions, json: { type: "boolean" } });
  none(positionals);
  return withStore(placeOf(values, environment), async ({ policies, place }) => {
    const lines = await policies.list();
    const problems = lines.filter(({ problem }) => problem !== null);
    if (values.json) out(json({ value: lines, place }));
    else
      out(
        lines.length === 0 ? `no policy is in force in ${place}: every request goes to people\n` : formatLines(lines),
      );
    return problems.length > 0 ? 1 : 0;
  });
}

const digestShown = 12;

function formatLines(lines: readonly Line[]): string {
  const shown = table(lines, [
    ["POLICY", ({ name }) => name],
    ["VERSION", versionOf],
    ["SHA256", ({ sha256 }) => sha256.slice(0, digestShown)],
    ["AUTHOR", ({ author }) => author],
    ["PUBLISHED", ({ at }) => at],
    ["NOTE", ({ note }) => note],
  ]);
  return shown + lines.map(({ name, problem }) => (problem === null ? "" : `problem: ${name}: ${problem}\n`)).join("");
}

function versionOf({ version, inForce, latest }: Line): string {
  if (version === inForce) return latest === version ? String(version) : `${version} (latest is ${latest})`;
  return inForce === null ? `${version} (none in force)` : `${version} (${inForce} in force)`;
}

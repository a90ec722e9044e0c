import type { Store } from "../compose-cli.ts";
import { versionIn } from "../intake/policy-upload.ts";
import { nameOf } from "./policy-change.ts";
import { details, json, table } from "./print.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const policyShow: Verb = {
  words: "policy show",
  about: "show the versions of a policy, or one with its source",
  usage: `Shows every version of a policy, the newest first, with who published it and why; or one version with its source.

  plgate policy show NAME [--version N] [--json] WHERE

${storeUsage}
Exit code: 0, 1 no such policy or version, or the store cannot be reached, 2 wrong usage.
`,
  run: show,
};

async function show(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const options = { ...storeOptions, version: { type: "string" }, json: { type: "boolean" } } as const;
  const { values, positionals } = readArguments(args, options);
  const name = nameOf(onlyOne(positionals, "NAME"));
  const version = versionIn(values.version);
  if (values.version !== undefined && version === undefined) throw new Refusal("--version takes a number");
  return withStore(placeOf(values, environment), (store) =>
    version === undefined ? showAll(name, store, values.json, out) : showOne(name, version, store, values.json, out),
  );
}

async function showAll(
  name: string,
  store: Store,
  asJson: boolean | undefined,
  out: Context["out"],
): Promise<ExitCode> {
  const [versions, pointer] = await Promise.all([store.versions.versions(name), store.versions.pointer(name)]);
  if (versions.length === 0) throw new Refusal(`there is no policy ${name} in ${store.place}`, 1);
  const rows = versions.map((one) => ({ ...one, active: one.version === pointer?.active.version }));
  if (asJson) out(json({ name, versions: rows, place: store.place }));
  else
    out(
      table(rows, [
        ["VERSION", ({ version, active }) => (active ? `${version} (in force)` : String(version))],
        ["SHA256", ({ sha256 }) => sha256.slice(0, 12)],
        ["AUTHOR", ({ author }) => author],
        ["PUBLISHED", ({ at }) => at],
        ["NOTE", ({ note }) => note],
      ]),
    );
  return 0;
}

async function showOne(
  name: string,
  version: number,
  store: Store,
  asJson: boolean | undefined,
  out: Context["out"],
): Promise<ExitCode> {
  const [stored, pointer] = await Promise.all([store.versions.version(name, version), store.versions.pointer(name)]);
  if (!stored) throw new Refusal(`there is no version ${version} of policy ${name} in ${store.place}`, 1);
  const { published, source } = stored;
  const active = published.version === pointer?.active.version;
  if (asJson) out(json({ ...published, active, source, place: store.place }));
  else {
    const facts = details([
      ["policy", `${name} version ${version}${active ? ", in force" : ""}`],
      ["sha256", published.sha256],
      ["author", published.author],
      ["published", published.at],
      ["note", published.note],
      ["acknowledged", published.acknowledged.join(", ") || "-"],
    ]);
    out(`${facts}\n${source.replace(/\r\n?/g, "\n")}`);
  }
  return 0;
}

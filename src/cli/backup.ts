import { type Manifest, storedTables } from "../ledger/backup-file.ts";
import { backUp } from "../workflow/back-up.ts";
import { newBackup } from "./backup-folder.ts";
import { readText } from "./files.ts";
import { json, table } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { member, placeOf, storeOptions, storeUsage } from "./where.ts";

export const backup: Verb = {
  words: "backup",
  about: "copy all tables, anchors and sealed files into a folder",
  usage: `Copies everything that plgate stores into a new folder, while it works: the tables as lines of JSON, the anchors, the
files of sealed events, and a manifest with counts, hashes and versions. Makes FOLDER.part first and gives it its name when
it is whole; killed, it is begun anew.

  plgate backup --to FOLDER [--json] WHERE

  --to FOLDER  a folder that is not there yet

Each chain (a service, the policies, the registry) is copied as of one moment; two chains are not of the same one.
The folder names people: who voted and why, who owns which subscription, where cards stand. It holds no secret, keys and
webhooks are settings and not rows. Its files are yours alone to read; keep it as you keep the tables themselves.

${storeUsage}  For this command Storage Table Data Reader and Storage Blob Data Reader are enough.

Exit code: 0 done, 1 the store cannot be read or the folder not be written, 2 wrong usage.
`,
  run,
};

const options = { ...storeOptions, to: { type: "string" }, json: { type: "boolean" } } as const;
const progressEvery = 500;

async function run(args: readonly string[], { out, progress, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const dir = values.to?.replace(/\/+$/, "");
  if (!dir) throw new Refusal("where shall the backup go? Say --to FOLDER");
  return withStore(placeOf(values, environment), async ({ copy, evidence, place }) => {
    const manifest = await backUp({
      store: copy,
      ...evidence,
      folder: await newBackup(dir),
      about: { plgate: ownVersion(), at: new Date().toISOString(), from: place },
      onProgress: (rows, chains) => {
        if (rows % progressEvery === 0) progress(`backup: ${rows} rows, ${chains} chains`);
      },
    });
    progress("");
    out(values.json ? json({ folder: dir, ...manifest }) : formatted(manifest, dir));
    return 0;
  });
}

/** The version of the command's own package. */
function ownVersion(): string {
  const root = import.meta.dirname.replace(/[\\/]src[\\/]cli$/, "");
  const version = member(JSON.parse(readText(`${root}/package.json`)), "version");
  return typeof version === "string" ? version : "unknown";
}

function formatted({ tables, blobs, chains, from }: Manifest, dir: string): string {
  const rows = storedTables.map((name) => ({ name, ...tables[name] }));
  const shown = table(rows, [
    ["TABLE", ({ name }) => name],
    ["ROWS", (row) => String(row.rows)],
    ["VERSION", ({ version }) => String(version)],
    ["SHA256", ({ sha256 }) => sha256.slice(0, 12)],
  ]);
  return `${shown}${dir} holds ${chains} chain(s) and ${blobs.length} file(s) of ${from}\n`;
}

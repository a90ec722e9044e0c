import { type Restored, restore as restoreInto } from "../workflow/restore.ts";
import { verifyAudit } from "../workflow/verify-audit.ts";
import { openBackup } from "./backup-folder.ts";
import { json } from "./print.ts";
import { chainProgress } from "./progress.ts";
import { none, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const restore: Verb = {
  words: "restore",
  about: "write a backup into empty tables, and verify it",
  usage: `Writes a backup into the tables and containers of another deployment, and verifies every chain afterwards. Stop the app
first. The tables must be empty, or hold rows of this backup only: nothing is ever written over. Killed anywhere, the same
command goes on.

  plgate restore --from FOLDER [--dry-run] [--json] WHERE

  --from FOLDER  what "plgate backup" made
  --dry-run      check the backup against its manifest and the target against the backup; write nothing

Left out is the table "services": leases, wake-ups and the journal of sweeps are about hosts that are gone, and the first
sweep looks at every service. A backup of a newer plgate is refused.

${storeUsage}  For this command you need Storage Table Data Contributor and Storage Blob Data Contributor.

Exit code: 0 done and verified, 1 refused, failed or not verified, 2 wrong usage or a folder that is no backup.
`,
  run,
};

const options = {
  ...storeOptions,
  from: { type: "string" },
  "dry-run": { type: "boolean" },
  json: { type: "boolean" },
} as const;
const progressEvery = 500;

async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const dir = values.from?.replace(/\/+$/, "");
  if (!dir) throw new Refusal("which backup? Say --from FOLDER");
  const { out, progress, environment, withStore } = context;
  const source = openBackup(dir);
  const dryRun = values["dry-run"] ?? false;
  return withStore(placeOf(values, environment), async ({ copy, evidence, audit, place, makeTables }) => {
    await makeTables();
    const onProgress = (what: string, rows: number, of: number) => {
      if (rows % progressEvery === 0) progress(`restore: ${rows} of ${of} ${what}`);
    };
    const done = await restoreInto({ store: copy, ...evidence, source, dryRun, onProgress });
    const verdict = dryRun
      ? undefined
      : await verifyAudit({ anchors: false, index: true }, audit, chainProgress("verified", progress));
    progress("");
    const ok = verdict?.ok ?? true;
    const verified = verdict && { ok, chains: verdict.chains.length, events: verdict.events };
    out(values.json ? json({ place, dryRun, ...done, verified: verified ?? null }) : formatted(done, place, verified));
    return ok ? 0 : 1;
  });
}

type Verified = { readonly ok: boolean; readonly chains: number; readonly events: number } | undefined;

function formatted({ rows, blobs, present }: Restored, place: string, verified: Verified): string {
  const there = present > 0 ? `, ${present} row(s) were there already` : "";
  if (!verified) return `nothing was written: ${rows} row(s) and ${blobs} file(s) would be, into ${place}${there}\n`;
  const written = `${rows} row(s) and ${blobs} file(s) were written into ${place}${there}\n`;
  if (!verified.ok) return `${written}not everything holds: "plgate audit verify" says what\n`;
  return `${written}${verified.chains} chain(s) with ${verified.events} event(s) verify; now run "plgate audit verify --anchors"\n`;
}

import { type Rebuilt, rebuildIndex } from "../workflow/rebuild-index.ts";
import { json } from "./print.ts";
import { chainProgress } from "./progress.ts";
import { none, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const auditRebuildIndex: Verb = {
  words: "audit rebuild-index",
  about: "make the lists of events and requests anew from the chains",
  usage: `Writes every row of the lists as the chains want it, and removes rows that no event explains. The app may go on meanwhile.
Interrupted, it goes on where it was; run it again.

  plgate audit rebuild-index [--fresh] [--json] WHERE

  --fresh  begin anew, whatever an earlier run did

${storeUsage}
Exit code: 0, 1 something on record cannot be read or the store cannot be reached, 2 wrong usage.
`,
  run: rebuild,
};

async function rebuild(args: readonly string[], context: Context): Promise<ExitCode> {
  const options = { ...storeOptions, fresh: { type: "boolean" }, json: { type: "boolean" } } as const;
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const { out, progress, environment, withStore } = context;
  return withStore(placeOf(values, environment), async ({ audit, place }) => {
    const rebuilt = await rebuildIndex({ fresh: values.fresh === true }, audit, chainProgress("rebuilt", progress));
    progress("");
    out(values.json ? json({ ...rebuilt, place }) : formatRebuilt(rebuilt, place));
    return rebuilt.unreadable > 0 ? 1 : 0;
  });
}

function formatRebuilt(
  { chains, events, requests, removed, resumedAfter, unreadable }: Rebuilt,
  place: string,
): string {
  const from = resumedAfter === null ? "" : `went on behind chain ${resumedAfter}\n`;
  const strays = removed > 0 ? `${removed} rows of no event were removed\n` : "";
  const left =
    unreadable > 0 ? `${unreadable} events or requests cannot be read; "plgate audit verify" names them\n` : "";
  return `${from}${events} events and ${requests} requests of ${chains} chains are listed anew in ${place}\n${strays}${left}`;
}

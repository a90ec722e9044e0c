import { type Sealed, sealChain } from "../workflow/seal-chain.ts";
import { daysIn } from "./days.ts";
import { operatorHand } from "./operator-hand.ts";
import { json } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const auditSeal: Verb = {
  words: "audit seal",
  about: "move old events out of the table into files that cannot be changed",
  usage: `Moves events that are older into files in the container "archive", chain by chain, and takes them out of the table. Each
file is read back before its events are removed, and the chain says where they are, so it verifies as before. Events of
requests that are still open stay, and so do the last 200 of each chain. A chain that does not verify is left alone.
Interrupted, it goes on where it was; run it again.

  plgate audit seal --older-than DAYS [--json] WHERE

  --older-than DAYS  such as 365d; at least 30d

${storeUsage}  You also need to add blobs to the container "archive": docs/deploy.md, "Audit operators".

Exit code: 0, 1 a chain was refused or the store cannot be reached, 2 wrong usage.
`,
  run: seal,
};

const leastDays = 30;
const dayMs = 24 * 3600_000;

async function seal(args: readonly string[], context: Context): Promise<ExitCode> {
  const options = { ...storeOptions, "older-than": { type: "string" }, json: { type: "boolean" } } as const;
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const before = new Date(Date.now() - daysIn("--older-than", values["older-than"], leastDays) * dayMs);
  const { out, progress, environment, withStore } = context;
  return withStore(placeOf(values, environment), async (store) => {
    const { trail, archive } = store.audit;
    const ports = { trail, archive, ledger: store.policyLedger, follow: async () => undefined };
    const sealed: Sealed[] = [];
    for await (const chain of trail.chains()) {
      sealed.push(await sealChain(chain, before, operatorHand(store), ports));
      progress(`${sealed.length} chains were looked at, ${sum(sealed)} events are in files`);
    }
    progress("");
    const shown = sealed.filter(({ segments, refused }) => segments > 0 || refused !== null);
    out(
      values.json
        ? json({ value: shown, chains: sealed.length, place: store.place })
        : formatSealed(sealed, store.place),
    );
    return sealed.some(({ refused }) => refused !== null) ? 1 : 0;
  });
}

function formatSealed(sealed: readonly Sealed[], place: string): string {
  const refused = sealed.flatMap(({ chain, refused: why }) =>
    why === null ? [] : `refused: chain ${chain}: ${why}\n`,
  );
  const files = sealed.reduce((count, { segments }) => count + segments, 0);
  return `${refused.join("")}${sum(sealed)} events of ${place} are in ${files} new files\n`;
}

function sum(sealed: readonly Sealed[]): number {
  return sealed.reduce((count, { events }) => count + events, 0);
}

import { trimIndex } from "../workflow/trim-index.ts";
import { daysIn } from "./days.ts";
import { json } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const auditTrimIndex: Verb = {
  words: "audit trim-index",
  about: "take what is old out of the lists of events",
  usage: `Takes events that are older out of the lists. The chains keep them, "GET /requests/{id}" shows them, and the list by
LinkID stays whole. A search that reaches further back says since when the lists go. The app does the same by itself
when PLGATE_INDEX_DAYS is set.

  plgate audit trim-index --older-than DAYS [--json] WHERE

  --older-than DAYS  such as 400d; at least 30d. Lists that were cut do not grow back.

${storeUsage}
Exit code: 0, 1 the store cannot be reached, 2 wrong usage.
`,
  run: trim,
};

const leastDays = 30;
const clock = { now: () => new Date() };

async function trim(args: readonly string[], context: Context): Promise<ExitCode> {
  const options = { ...storeOptions, "older-than": { type: "string" }, json: { type: "boolean" } } as const;
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const days = daysIn("--older-than", values["older-than"], leastDays);
  const { out, progress, environment, withStore } = context;
  return withStore(placeOf(values, environment), async ({ audit: { indexCare }, place }) => {
    const trimmed = await trimIndex(days, { indexCare, clock }, (removed) => {
      progress(`${removed} events were taken out of the lists`);
      return true;
    });
    progress("");
    const { removed, floor } = trimmed;
    out(
      values.json
        ? json({ ...trimmed, place })
        : `${removed} events were taken out of the lists in ${place}, which go back to ${floor}\n`,
    );
    return 0;
  });
}

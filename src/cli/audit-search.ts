import type { AuditEntry, AuditPage, AuditQuery } from "../ledger/query.ts";
import { filterOptions, filtersIn, filterUsage, questionIn } from "./audit-filters.ts";
import { listsCut } from "./lists-cut.ts";
import { json, table } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const auditSearch: Verb = {
  words: "audit search",
  about: "show what happened, newest first, by any filter",
  usage: `Shows what happened, newest first: the first 50 events that were asked for, and how to go on when there are more.

  plgate audit search [FILTERS] [--top N] [--json] WHERE

  --top N  so many events at most, up to 1000

${filterUsage}
${storeUsage}
Exit code: 0, 1 the store cannot be reached or holds a damaged row, 2 wrong usage.
`,
  run: search,
};

async function search(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, {
    ...{ ...storeOptions, ...filterOptions },
    top: { type: "string" },
    json: { type: "boolean" },
  });
  none(positionals);
  const filters = filtersIn(values);
  const query = questionIn(filters, new Date(), values.top);
  return withStore(placeOf(values, environment), async ({ index, place }) => {
    const page = await index.searchAudit(query);
    if (values.json) out(json({ value: page.entries, next: page.next, since: page.since, place }));
    else out(formatPage(page, place) + howToGoOn(page, query, filters.get("since")) + listsCut(page.since));
    return 0;
  });
}

function formatPage({ entries }: AuditPage, place: string): string {
  if (entries.length === 0) return `no such event is in ${place}\n`;
  return table(entries, [
    ["TIME", ({ time }) => time],
    ["KIND", ({ kind }) => kind],
    ["WHO", ({ who, whoName }) => whoName ?? who],
    ["DOOR", ({ door }) => door],
    ["WHAT", ({ what }) => what],
    ["WHY", whyOf],
    ["SERVICE", ({ serviceId, service }) => serviceId?.split("/").at(-1) ?? service],
    ["SEQ", ({ seq }) => String(seq)],
    ["REQUEST", ({ requestId }) => requestId ?? ""],
  ]);
}

const longestShown = 60;

function whyOf({ justification, rules }: AuditEntry): string {
  const why = justification ?? rules.join(" ");
  return why.length > longestShown ? `${why.slice(0, longestShown)}…` : why;
}

/** A page may be empty and not the last: storage had to look at too much to find more in time. */
function howToGoOn({ next }: AuditPage, { from }: AuditQuery, since: string | undefined): string {
  if (next === null) return "";
  const fixed = since === undefined ? "" : ` --from ${from?.toISOString()} (in place of --since ${since})`;
  return `there is more; the same with${fixed} --after ${next}\n`;
}

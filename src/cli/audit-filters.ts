import { readAuditQuery } from "../intake/queries.ts";
import { parseAgo } from "../intake/time.ts";
import type { AuditQuery } from "../ledger/query.ts";
import { Refusal } from "./verb.ts";

// Given twice, the last would silently count: so all are read, and more than one is refused.
const filter = { type: "string", multiple: true } as const;

/** The options of every verb that asks the audit. */
export const filterOptions = {
  ...{ since: filter, from: filter, to: filter, service: filter, consumer: filter, actor: filter },
  ...{ request: filter, link: filter, kind: filter, after: filter },
} as const;

export const filterUsage = `Which events; all filters together, and all events without any:
  --since AGO      of the last 90m, 36h, 7d or 2w
  --from TIME      not before: ISO 8601 with a zone, or a date for its midnight in UTC
  --to TIME        before
  --service ID     of a Private Link Service, by its resource id
  --consumer ID    of a consumer, by subscription id
  --actor WHO      done by a person (their object id in Entra), by "plgate", or "outside" of it
  --request ID     of a request
  --link N         of the connection with this LinkID
  --kind KIND      of a kind, such as decided, voted or policy-activated
  --after TOKEN    goes on where an answer said that there is more; the other filters stay as they were
`;

type Given = { readonly [Name in keyof typeof filterOptions]?: readonly string[] | undefined };

/** The filters as they were given, each once. */
export function filtersIn(values: Given): ReadonlyMap<string, string> {
  const names = Object.keys(filterOptions) as (keyof typeof filterOptions)[];
  const given = names.flatMap((name) => {
    const [one, ...more] = values[name] ?? [];
    if (more.length > 0) throw new Refusal(`--${name} takes one value, not also ${more.join(", ")}`);
    return one === undefined ? [] : [[name, one] as const];
  });
  return new Map(given);
}

/** The question that the filters ask now; by the same reader as the query of `GET /audit`, so that both mean the same. */
export function questionIn(filters: ReadonlyMap<string, string>, now: Date, top?: string): AuditQuery {
  const parameters = new URLSearchParams([...filters].filter(([name]) => name !== "since"));
  if (top !== undefined) parameters.set("top", top);
  const since = filters.get("since");
  if (since !== undefined) {
    for (const name of ["from", "after"]) {
      if (filters.has(name))
        throw new Refusal(`--since moves with the clock and does not go with --${name}; say --from`);
    }
    const from = parseAgo(since, now);
    if (!from) throw new Refusal(`--since takes 90m, 36h, 7d or 2w; "${since}" is none of these`);
    parameters.set("from", from.toISOString());
  }
  const query = readAuditQuery(parameters);
  if (!query.ok) throw new Refusal(query.problem.replace(/(^|; )(\w+): /g, "$1--$2 "));
  return query.value;
}

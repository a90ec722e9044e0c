import type { Store } from "../compose-cli.ts";
import { type AuditFile, type AuditFormat, auditFiles } from "../ledger/audit-file.ts";
import type { Pseudonyms } from "../ledger/pseudonyms.ts";
import { type AuditPage, type AuditQuery, answeredSince } from "../ledger/query.ts";
import { PlgateError } from "../runtime/errors.ts";
import { exportAudit } from "../workflow/export-audit.ts";
import { filterOptions, filtersIn, filterUsage, questionIn } from "./audit-filters.ts";
import { listsCut } from "./lists-cut.ts";
import { PartFile } from "./part-file.ts";
import type { Journal, Task } from "./part-journal.ts";
import { json } from "./print.ts";
import { eventsProgress } from "./progress.ts";
import { readPseudonyms } from "./pseudonym-key.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const auditExport: Verb = {
  words: "audit export",
  about: "write the events that a search finds to a file, NDJSON or CSV",
  usage: `Writes every event that was asked for, newest first, a line each, and a last line that says that this is all of them.

  plgate audit export FILE|- [FILTERS] [--format ndjson|csv] [--pseudonyms KEYFILE] [--resume] [--overwrite] [--json] WHERE

  FILE                   .ndjson for machines, .csv for spreadsheets: no cell can be a formula, and line feeds and the like
                         are shown by their pictures. "-" writes to standard output.
  --format F             when the name does not say it; NDJSON for "-"
  --pseudonyms KEYFILE   people become words that stay the same under the key in the file (32 bytes or more, such as
                         "openssl rand -hex 32" makes); what they wrote is left out
  --resume               goes on with an export of the same filters that was cut off; begins one when there is none
  --overwrite            FILE may exist, and an unfinished export is forgotten unless it is resumed

${filterUsage}
${storeUsage}
Exit code: 0 all is written, 1 the store cannot be reached or holds a damaged row, 2 wrong usage.
`,
  run: exportFile,
};

const options = {
  ...storeOptions,
  ...filterOptions,
  format: { type: "string" },
  pseudonyms: { type: "string" },
  resume: { type: "boolean" },
  overwrite: { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** How an entry becomes a line, and which entries. */
type Wish = {
  readonly filters: ReadonlyMap<string, string>;
  readonly format: AuditFormat;
  readonly pseudonyms: Pseudonyms | undefined;
};

async function exportFile(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const name = onlyOne(positionals, "FILE");
  const wish: Wish = {
    filters: filtersIn(values),
    format: formatOf(name, values.format),
    pseudonyms: values.pseudonyms === undefined ? undefined : readPseudonyms(values.pseudonyms),
  };
  questionIn(wish.filters, new Date());
  const place = placeOf(values, context.environment);
  const { resume = false, overwrite = false } = values;
  if (name !== "-") {
    return context.withStore(place, (store) => toFile(name, wish, { resume, overwrite }, store, context, values.json));
  }
  if (resume || overwrite || values.json) throw new Refusal("--resume, --overwrite and --json are for a FILE");
  return context.withStore(place, (store) => toPipe(wish, store, context));
}

async function toFile(
  name: string,
  wish: Wish,
  permission: { readonly resume: boolean; readonly overwrite: boolean },
  { index, audit, place }: Store,
  { out, progress }: Context,
  forMachines = false,
): Promise<ExitCode> {
  const file = auditFiles[wish.format];
  const part = await PartFile.open(name, taskOf(wish, place), permission);
  const { events: resumed } = part.journal;
  const query = questionOf(wish, part.journal);
  try {
    if (!part.isFilled) await fill(part, exportAudit(query, index), wish, eventsProgress(name, query, progress));
    const { events } = part.journal;
    const since = answeredSince(query, await audit.indexCare.floor());
    await part.finish(file.closing({ events, after: null, since }));
    progress("");
    const gone = resumed > 0 ? `; ${resumed} of them were there before` : "";
    out(
      forMachines
        ? json({ file: name, events, resumed, since, place })
        : `${events} events of ${place} are in ${name}${gone}\n${listsCut(since)}`,
    );
    return 0;
  } catch (error) {
    progress("");
    throw toldHowToGoOn(error, part.journal);
  } finally {
    await part.close();
  }
}

function toldHowToGoOn(error: unknown, { bytes, events }: Journal): unknown {
  if (!(error instanceof PlgateError) || bytes === 0) return error;
  const { message, retryable } = error;
  return new PlgateError(`${message}\n  ${events} events are kept; --resume goes on`, { retryable, cause: error });
}

/** The question as it was when the work began, from where it is now. */
function questionOf({ filters }: Wish, { began, after }: Journal): AuditQuery {
  const question = questionIn(filters, began);
  return after === null ? question : { ...question, after };
}

async function fill(
  part: PartFile,
  pages: AsyncIterable<AuditPage>,
  wish: Wish,
  show: (page: AuditPage) => void,
): Promise<void> {
  const file = auditFiles[wish.format];
  for await (const page of pages) {
    const head = part.journal.bytes === 0 ? file.head : "";
    const events = part.journal.events + page.entries.length;
    await part.append(head + linesOf(page, file, wish), { after: page.next, events });
    show(page);
  }
}

async function toPipe(wish: Wish, { index, audit }: Store, { pipe, progress }: Context): Promise<ExitCode> {
  const file = auditFiles[wish.format];
  const query = questionIn(wish.filters, new Date());
  const show = eventsProgress("the audit", query, progress);
  let events = 0;
  let isRead = await pipe(file.head);
  for await (const page of exportAudit(query, index)) {
    events += page.entries.length;
    isRead &&= await pipe(linesOf(page, file, wish));
    // Who pipes into `head` has read enough; that is no fault.
    if (!isRead) break;
    show(page);
  }
  progress("");
  const since = answeredSince(query, await audit.indexCare.floor());
  if (isRead) await pipe(file.closing({ events, after: null, since }));
  return 0;
}

function linesOf({ entries }: AuditPage, file: AuditFile, { pseudonyms }: Wish): string {
  return entries.map((entry) => file.line(pseudonyms ? pseudonyms.hide(entry) : entry)).join("");
}

function formatOf(name: string, wished: string | undefined): AuditFormat {
  const word = wished ?? (name === "-" ? "ndjson" : /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase());
  if (word === "ndjson" || word === "csv") return word;
  if (wished !== undefined) throw new Refusal(`--format is ndjson or csv, not "${wished}"`);
  throw new Refusal(`${name} is neither .ndjson nor .csv; say --format`);
}

/** What an unfinished file is of: going on with other filters, or in another store, would make a file of nothing. */
function taskOf({ filters, format, pseudonyms }: Wish, place: string): Task {
  return {
    ...Object.fromEntries(filters),
    format,
    store: place,
    ...(pseudonyms ? { pseudonyms: pseudonyms.keyId } : {}),
  };
}

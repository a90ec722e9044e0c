import { createHash } from "node:crypto";
import type { TableClient } from "@azure/data-tables";
import type { Json } from "../ledger/event.ts";
import { asciiJson } from "../ledger/fit.ts";
import { DamagedRow, PlgateError } from "../runtime/errors.ts";
import { bodyChunks, bodyText, isNewer, presentRow } from "./present-row.ts";
import { bounded } from "./storage.ts";
import { faultOf } from "./storage-errors.ts";

/**
 * A row as it was read, in today's form whatever version of plgate wrote it (present-row.ts). Nothing about its columns is
 * known until they are asked for by type.
 */
export type Row = Readonly<Record<string, unknown>> & {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly etag: string;
  readonly timestamp?: string;
};

/** An entity holds 1 MiB (azure.md 8.1). */
const longestBody = 420_000;
/** Storage gives no more rows in one answer. */
const pageSize = 1000;
const inFlight = 16;

/**
 * Turns any text into a part of a key. Plain words stay readable; everything else, however hostile, becomes a hash:
 * keys may not hold `/ \ # ?` or control characters, nor grow beyond 1 KiB (azure.md 8.2).
 */
export function keyPart(text: string): string {
  const lower = text.toLowerCase();
  return /^[a-z0-9._-]{1,128}$/.test(lower) ? lower : `~${sha256(lower)}`;
}

/** Key part of a number so that the highest comes first. */
export function newestFirst(n: number, digits: number): string {
  return String(10 ** digits - 1 - n).padStart(digits, "0");
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * Lays a value out as JSON over the columns `body0`, `body1`, ...
 * Throws before anything is sent when the value is too large for one row.
 */
export function bodyColumns(what: string, value: Json): Record<string, string> {
  const text = asciiJson(value);
  if (text.length > longestBody) {
    throw new PlgateError(`${what} is too large to be stored: ${text.length} characters of JSON`, { retryable: false });
  }
  return bodyChunks(text);
}

/** A text for filters and for people who look into the table: cut, without control characters. The body has all of it. */
export function plainColumn(text: string): string {
  return text.slice(0, 1000).replace(/[\p{Cc}\p{Cs}]/gu, "\ufffd");
}

/** What `bodyColumns` laid out; not yet checked to be what the caller expects. */
export function readBody(row: Row): unknown {
  try {
    return JSON.parse(bodyText(row));
  } catch (cause) {
    throw damaged(row, "its body is not JSON", cause);
  }
}

export function textIn(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === "string" ? value : null;
}

export function numberIn(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw damaged(row, `${column} is not a number`);
  return value;
}

/** A time column; times are stored as ISO 8601 text. Null when empty. */
export function dateIn(row: Row, column: string): Date | null {
  const text = textIn(row, column);
  if (text === null || text === "") return null;
  const date = parsedTime(text);
  if (!date) throw damaged(row, `${column} is not a time`);
  return date;
}

export function damaged({ partitionKey, rowKey }: Row, why: string, cause?: unknown): DamagedRow {
  const message = `row ${partitionKey} ${rowKey} cannot be read: ${why}`;
  return new DamagedRow(message, { partition: partitionKey, key: rowKey }, { cause });
}

/** One row by its key; undefined when it is not there. Throws `NotNow` for one of a newer version. */
export async function findRow(table: TableClient, partitionKey: string, rowKey: string): Promise<Row | undefined> {
  try {
    return presentRow(table, asRow(await bounded((call) => table.getEntity(partitionKey, rowKey, call))));
  } catch (error) {
    if (faultOf(error) === "missing") return undefined;
    throw error;
  }
}

export type RowPage = {
  readonly rows: readonly Row[];
  readonly continuationToken: string | undefined;
  /** When storage answered, by its own clock (whole seconds); undefined when it did not say. */
  readonly servedAt: Date | undefined;
};

/**
 * What becomes of rows that a newer version of plgate wrote. `refuse`: the reading throws `NotNow`, because an answer without
 * them would be wrong. `leave-out`: each row stands for itself, and these are for other hosts. `keys`: nothing but keys is
 * asked for, which are the same in every version.
 */
export type OfNewer = "refuse" | "leave-out" | "keys";

/** One request for rows: at most `top`, and storage may give fewer although more follow. */
export async function readPage(
  table: TableClient,
  filter: string,
  top: number,
  continuationToken?: string,
  select: readonly string[] = [],
  ofNewer: OfNewer = "refuse",
): Promise<RowPage> {
  return bounded(async (call) => {
    let servedAt: Date | undefined;
    const onResponse = ({ headers }: { readonly headers: { get(name: string): string | undefined } }) => {
      servedAt = parsedTime(headers.get("date"));
    };
    const columns = select.length > 0 ? { select: ["PartitionKey", "RowKey", ...new Set(["v", ...select])] } : {};
    // An empty filter is none: Azure need not take `$filter=` for a question about all rows.
    const rows = filter === "" ? {} : { filter };
    const pages = table.listEntities({ ...call, onResponse, queryOptions: { ...rows, ...columns } });
    const from = continuationToken === undefined ? {} : { continuationToken };
    for await (const page of pages.byPage({ maxPageSize: top, ...from })) {
      return { rows: inTodaysForm(table, page, ofNewer), continuationToken: page.continuationToken, servedAt };
    }
    return { rows: [], continuationToken: undefined, servedAt };
  });
}

/** Every row that the filter finds, in the order of keys, with the columns of `select` (all when none is named). */
export async function* rowsOf(
  table: TableClient,
  filter: string,
  select: readonly string[] = [],
  ofNewer: OfNewer = "refuse",
): AsyncGenerator<Row> {
  let page = await readPage(table, filter, pageSize, undefined, select, ofNewer);
  yield* page.rows;
  while (page.continuationToken !== undefined) {
    page = await readPage(table, filter, pageSize, page.continuationToken, select, ofNewer);
    yield* page.rows;
  }
}

export function parsedTime(text: string | undefined): Date | undefined {
  const date = new Date(text ?? "");
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function inTodaysForm(table: TableClient, page: readonly object[], ofNewer: OfNewer): readonly Row[] {
  const rows = page.map(asRow);
  if (ofNewer === "keys") return rows;
  const ours = ofNewer === "leave-out" ? rows.filter((row) => !isNewer(table, row)) : rows;
  return ours.map((row) => presentRow(table, row));
}

function asRow(entity: object & { readonly etag?: string }): Row {
  return entity as Row;
}

/** Does the same for each item, a few at a time, and keeps the order. */
export async function inParallel<In, Out>(
  items: readonly In[],
  act: (item: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = [];
  for (let at = 0; at < items.length; at += inFlight) {
    results.push(...(await Promise.all(items.slice(at, at + inFlight).map(act))));
  }
  return results;
}

import type { TableClient } from "@azure/data-tables";
import { foreign, type Position, type Question, writeToken } from "./page-token.ts";
import { type Row, type RowPage, readPage } from "./rows.ts";

export type Scanned = { readonly rows: readonly Row[]; readonly next: string | null };

/** A page ends early after this long; what follows comes with the next. */
export const longestScanMs = 10_000;

/** What a page is asked for, and where it begins. */
export type Asked = { readonly question: Question; readonly position: Position };

type Place = { stage: number; continuation: string | undefined };

/**
 * One page of a listing: the first `top` rows that the filters find, one filter after the other.
 *
 * A page holds what one request gives, whenever one is enough: storage itself says whether more follows. It may say so
 * although nothing does; then the next page is empty and the last. Filters that storage can only answer by looking at
 * many rows may take several requests; after `budgetMs` the page is given as it is, perhaps empty, with a continuation.
 */
export async function scan(
  table: TableClient,
  filters: readonly string[],
  top: number,
  { position, question }: Asked,
  placeOf: (row: Row) => string,
  budgetMs = longestScanMs,
): Promise<Scanned> {
  const started = performance.now();
  const place: Place = { stage: position.scan?.stage ?? 0, continuation: position.scan?.continuation };
  if (place.stage < 0 || place.stage >= filters.length) throw foreign();
  const rows: Row[] = [];
  const isLate = () => performance.now() - started > budgetMs;
  while (place.stage < filters.length) {
    const { found, goesOn } = await readOn(table, filters, top - rows.length, place);
    rows.push(...found);
    if (goesOn && rows.length === top) return { rows, next: writeToken(afterRow(rows.at(-1), placeOf), question) };
    if (place.continuation !== undefined && isLate()) {
      return { rows, next: writeToken(inScan(position, place, place.continuation), question) };
    }
  }
  return { rows, next: null };
}

/** One request, for the rows that are left to fill the page; when none is, for one that tells whether a filter finds any. */
async function readOn(table: TableClient, filters: readonly string[], left: number, place: Place) {
  const page = await readPage(table, filters[place.stage] ?? "", Math.max(1, left), place.continuation);
  advance(place, page);
  const seen = left === 0 && page.rows.length > 0;
  return { found: left === 0 ? [] : page.rows, goesOn: seen || place.continuation !== undefined };
}

function advance(place: Place, page: RowPage): void {
  place.continuation = page.continuationToken;
  if (place.continuation === undefined) place.stage += 1;
}

function afterRow(row: Row | undefined, placeOf: (row: Row) => string): Position {
  return { after: row ? placeOf(row) : null, scan: null };
}

// The filters of the next page must be the same ones, so it begins after the same row as this one.
function inScan(position: Position, { stage }: Place, continuation: string): Position {
  return { after: position.after, scan: { stage, continuation } };
}

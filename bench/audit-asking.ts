import assert from "node:assert/strict";
import { AuditIndex } from "../src/azure/audit-index.ts";
import { readPage } from "../src/azure/rows.ts";
import type { AuditEntry, AuditQuery } from "../src/ledger/query.ts";
import { serviceKey } from "../src/requests/request-id.ts";
import { type Catalogue, type Column, type Filter, queryOf } from "./audit-catalogue.ts";
import { services } from "./audit-history.ts";
import { type Cost, meterOf, type Spread, spreadOf, timed } from "./audit-meter.ts";
import { filterOf, type PageKind, type Question } from "./audit-questions.ts";
import type { Letter, Store } from "./audit-stores.ts";

export type Answered = {
  readonly question: string;
  readonly page: PageKind;
  /** Rows on the page. */
  readonly rows: Spread;
  readonly requests: Spread;
  /** Rows in the answers of storage for each row on the page. */
  readonly readRatio: Spread;
  readonly bytes: Spread;
  readonly ms: Spread;
  /** One direct range read of as many rows with the same client; null where no sample has a row. */
  readonly floorMs: Spread | null;
  /** Rows that storage has to look at: more than it gives where it applies a filter itself. */
  readonly lookedAt: Spread;
  readonly judged: boolean;
};

/** What comes before a deep page: 60 pages of 50, or half of what there is. */
const deepAfter = 3_000;
const idsByKey = new Map<string, string>(services.map(({ id }) => [serviceKey(id), id]));

type Sample = Cost & {
  readonly ms: number;
  readonly floorMs: number | null;
  readonly page: number;
  readonly lookedAt: number;
};

/**
 * Puts a question to the index, each time about another event, beside the direct read; stops the run at a wrong answer.
 * Undefined when the history has no such page.
 */
export async function ask(
  question: Question,
  page: PageKind,
  store: Store,
  catalogue: Catalogue,
  samples: number,
): Promise<Answered | undefined> {
  const taken: Sample[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const place = placeOf(filterOf(question, catalogue, sample, samples), page, catalogue);
    if (!place) continue;
    const { filter, skipped, expected } = place;
    const lookedAt = page.deep ? 0 : catalogue.lookedAt(walkedBy(question, filter), filter, page.top);
    const query = queryOf(filter, idsByKey);
    const searched = { ...query, top: page.top, ...(await walk(new AuditIndex(store.table), query, skipped)) };
    taken.push({ ...(await take(question, searched, expected, store, sample % 2 === 0)), lookedAt });
  }
  return taken.length === 0 ? undefined : summed(question, page, taken);
}

/** How many rows come before the page, and which events are on it; undefined when there is no such page. */
function placeOf(filter: Filter | undefined, { top, deep }: PageKind, catalogue: Catalogue) {
  if (!filter) return undefined;
  const found = [...catalogue.found(filter)];
  const skipped = deep ? Math.min(deepAfter, Math.floor(found.length / 2)) : 0;
  if (deep && skipped === 0) return undefined;
  const expected = found.slice(skipped, skipped + top).map((row) => catalogue.nameOf(row));
  return { filter, skipped, expected };
}

/** The same page twice: once to be counted and checked, once against the clock, before or after the direct read. */
async function take(
  question: Question,
  query: AuditQuery,
  expected: readonly string[],
  store: Store,
  floorFirst: boolean,
): Promise<Omit<Sample, "lookedAt">> {
  const index = new AuditIndex(store.table);
  const counted = meterOf(store.table);
  counted.take();
  const { entries } = await index.searchAudit(query);
  const cost = counted.take();
  assert.deepEqual(entries.map(nameOf), expected, `${question.name} is not answered as the history says`);
  const range = rangeOf(question, cost.filters);
  const direct = async () => {
    return entries.length === 0 ? null : (await timed(() => readPage(store.table, range, entries.length)))[1];
  };
  const first = floorFirst ? await direct() : null;
  const [, ms] = await timed(() => index.searchAudit(query));
  const floorMs = floorFirst ? first : await direct();
  // Their bodies are of no more use.
  counted.take();
  return { ...cost, ms, floorMs, page: entries.length };
}

function summed(question: Question, page: PageKind, taken: readonly Sample[]): Answered {
  const floors = taken.flatMap(({ floorMs }) => floorMs ?? []);
  return {
    question: question.name,
    page,
    rows: spreadOf(taken.map((one) => one.page)),
    requests: spreadOf(taken.map(({ requests }) => requests)),
    readRatio: spreadOf(taken.map((one) => one.rows / Math.max(1, one.page))),
    bytes: spreadOf(taken.map(({ bytes }) => bytes)),
    ms: spreadOf(taken.map(({ ms }) => ms)),
    floorMs: floors.length === 0 ? null : spreadOf(floors),
    lookedAt: spreadOf(taken.map(({ lookedAt }) => lookedAt)),
    judged: question.by.length <= 1,
  };
}

// Storage walks the range of the best filter, and applies the others to what it finds there.
function walkedBy({ letter }: Question, filter: Filter): Filter {
  const column = columnOf[letter];
  const { from, to } = filter;
  const range = { ...(from ? { from } : {}), ...(to ? { to } : {}) };
  const word = column === undefined ? undefined : filter[column];
  return column === undefined || word === undefined ? range : { ...range, [column]: word };
}

const columnOf: Readonly<Record<Letter, Column | undefined>> = {
  t: undefined,
  k: "kind",
  a: "actor",
  s: "service",
  c: "consumer",
  q: "request",
  l: "link",
};

/** Real continuations all the way: what a caller would have been given. */
async function walk(
  index: AuditIndex,
  query: ReturnType<typeof queryOf>,
  rows: number,
): Promise<{ readonly after?: string }> {
  let after: { readonly after?: string } = {};
  for (let left = rows; left > 0; left -= 1000) {
    const { next } = await index.searchAudit({ ...query, ...after, top: Math.min(1000, left) });
    if (next === null) throw new Error("the pages end too early");
    after = { after: next };
  }
  return after;
}

/** The range that gives as many rows by one request: where the page began, or anywhere when it went on in older months. */
function rangeOf({ letter }: Question, [asked = "", ...more]: readonly string[]): string {
  assert.ok(asked.includes(`'${letter}:`), `${asked} does not read the index ${letter}`);
  if (more.some((later) => later !== asked)) return `PartitionKey ge '${letter}:' and PartitionKey lt '${letter};'`;
  return asked.replace(/ and (request|link|consumer|service|actor|kind) eq .*$/, "");
}

function nameOf({ service, seq }: AuditEntry): string {
  return `${service} ${seq}`;
}

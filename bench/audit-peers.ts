/**
 * The designs that people start with, asked the same: newest first, a page of so many rows, the filter left to storage.
 * They are given our row keys, so each partition is sorted newest first, and know the first and last day of the history.
 */
import assert from "node:assert/strict";
import { type Row, readPage } from "../src/azure/rows.ts";
import { type Catalogue, columns, type Filter } from "./audit-catalogue.ts";
import { meterOf, type Spread, spreadOf, timed } from "./audit-meter.ts";
import { filterOf, type Question } from "./audit-questions.ts";
import { type Design, dayOf, type Store } from "./audit-stores.ts";

export type PeerAnswer = {
  readonly question: string;
  readonly design: Design["kind"];
  readonly requests: Spread;
  readonly ms: Spread;
  /** Rows that storage has to look at, worked out from the history: it does not tell. */
  readonly lookedAt: Spread;
};

const dayMs = 24 * 3_600_000;
const top = 50;

/** First pages of one question; stops the run at a wrong answer. */
export async function askPeer(
  question: Question,
  store: Store,
  catalogue: Catalogue,
  samples: number,
): Promise<PeerAnswer> {
  const counted = meterOf(store.table);
  const taken: { readonly requests: number; readonly ms: number; readonly lookedAt: number }[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const filter = filterOf(question, catalogue, sample, samples);
    if (!filter) continue;
    counted.take();
    const [rows, ms] = await timed(() => pageOf(store, catalogue, filter));
    const { requests } = counted.take();
    const found = [...catalogue.found(filter)].slice(0, top);
    assert.deepEqual(
      rows.map(nameOf),
      found.map((row) => catalogue.nameOf(row)),
    );
    taken.push({ requests, ms, lookedAt: catalogue.lookedAt(rangeOf(filter), filter, top) });
  }
  return {
    question: question.name,
    design: store.design.kind,
    requests: spreadOf(taken.map(({ requests }) => requests)),
    ms: spreadOf(taken.map(({ ms }) => ms)),
    lookedAt: spreadOf(taken.map(({ lookedAt }) => lookedAt)),
  };
}

async function pageOf(store: Store, catalogue: Catalogue, filter: Filter): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const partition of partitionsOf(store, catalogue, filter)) {
    let next: string | undefined;
    do {
      const page = await readPage(store.table, clauses(partition, filter), top + 1 - rows.length, next);
      rows.push(...page.rows);
      next = page.continuationToken;
    } while (next !== undefined && rows.length <= top);
    if (rows.length > top) break;
  }
  return rows.slice(0, top);
}

function* partitionsOf(store: Store, catalogue: Catalogue, { from, to }: Filter): Generator<string> {
  if (store.design.kind !== "by day") {
    yield "audit";
    return;
  }
  const first = Math.max(catalogue.timeOf(0), from?.getTime() ?? 0);
  const last = Math.min(catalogue.timeOf(catalogue.length - 1), (to?.getTime() ?? Number.POSITIVE_INFINITY) - 1);
  for (let day = last - (last % dayMs); day > first - dayMs; day -= dayMs) yield dayOf(new Date(day).toISOString());
}

function clauses(partition: string, filter: Filter): string {
  const { from, to } = filter;
  const wanted = columns.flatMap((column) => (filter[column] === undefined ? [] : `${column} eq '${filter[column]}'`));
  return [
    `PartitionKey eq '${partition}'`,
    ...(to ? [`RowKey ge '${inverted(to.getTime() - 1)}'`] : []),
    ...(from ? [`RowKey lt '${inverted(from.getTime())}}'`] : []),
    ...wanted,
  ].join(" and ");
}

// The beginning of our row keys, newest first.
function inverted(time: number): string {
  return String(10 ** 13 - 1 - time).padStart(13, "0");
}

function rangeOf({ from, to }: Filter): Filter {
  return { ...(from ? { from } : {}), ...(to ? { to } : {}) };
}

function nameOf(row: Row): string {
  return `${row["service"]} ${Number(JSON.parse(String(row["body0"])).seq)}`;
}

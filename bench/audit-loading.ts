import { setTimeout as pause } from "node:timers/promises";
import type { TableClient, TransactionAction } from "@azure/data-tables";
import { findRow, numberIn, textIn } from "../src/azure/rows.ts";
import { ensureTables } from "../src/azure/storage.ts";
import { type Chained, chained, type Store } from "./audit-stores.ts";

/** How many rows one group may hold (azure.md 8.1). */
const rowsAtMost = 100;
const inFlight = 8;
/** After so many events everything is stored, and the journal says so; where nothing lasts, at the end only. */
const usualEventsPerMark = 2_500;
/** Another history under the same name must never be taken for this one. */
const historyVersion = 1;

/** Gathers rows by partition and writes them in full groups, several in flight. */
class Bulk {
  readonly #table: TableClient;
  readonly #waiting = new Map<string, Map<string, TransactionAction>>();
  readonly #sending = new Set<Promise<void>>();
  rows = 0;

  constructor(table: TableClient) {
    this.#table = table;
  }

  async add(action: TransactionAction): Promise<void> {
    const { partitionKey, rowKey } = action[1];
    const group = this.#waiting.get(partitionKey) ?? new Map<string, TransactionAction>();
    this.#waiting.set(partitionKey, group);
    // A group may name a row once: the later state of a row is the one that stays.
    group.set(rowKey, after(group.get(rowKey), action));
    if (group.size < rowsAtMost) return;
    this.#waiting.delete(partitionKey);
    await this.#send(group);
  }

  /** Everything that was added is stored. */
  async settle(): Promise<void> {
    for (const group of this.#waiting.values()) await this.#send(group);
    this.#waiting.clear();
    await Promise.all(this.#sending);
  }

  async #send(group: ReadonlyMap<string, TransactionAction>): Promise<void> {
    while (this.#sending.size >= inFlight) await Promise.race(this.#sending);
    const sent = submit(this.#table, [...group.values()]).then(() => {
      this.#sending.delete(sent);
      this.rows += group.size;
    });
    this.#sending.add(sent);
  }
}

function after(before: TransactionAction | undefined, action: TransactionAction): TransactionAction {
  if (action[0] !== "upsert" || action[2] !== "Merge" || !before) return action;
  return ["upsert", { ...before[1], ...action[1] }, "Merge"];
}

// A busy machine may hold an answer up for longer than the client waits; every row may be written twice.
async function submit(table: TableClient, actions: TransactionAction[]): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await table.submitTransaction(actions);
      return;
    } catch (error) {
      if (tries === 5) throw error;
      await pause(tries * 500);
    }
  }
}

export type Loaded = { readonly rows: number; readonly seconds: number; readonly resumedAt: number };

/**
 * Writes the history into all stores in one pass, which costs the chains once.
 *
 * How far a store has come stands in a row beside the data: Azurite saves both in one piece or neither, so a row that the
 * journal counts is there. Whoever was killed goes on behind the last mark; rows written since are written again.
 */
export async function load(
  stores: readonly Store[],
  events: number,
  progress: (told: number) => void,
  eventsPerMark = usualEventsPerMark,
): Promise<readonly Loaded[]> {
  const started = performance.now();
  const sides = await Promise.all(stores.map((store) => openSide(store, events)));
  const begin = Math.min(...sides.map(({ from }) => from));
  const lasting = sides.filter(({ store }) => store.lasts);
  let told = 0;
  let marked = begin;
  for (const commit of chained(events)) {
    told += commit.events.length;
    if (told <= begin) continue;
    await keep(commit, sides, told);
    if (told - marked < eventsPerMark) continue;
    await mark(lasting, events, told);
    marked = told;
    progress(told);
  }
  await mark(sides, events, told);
  progress(told);
  const seconds = (performance.now() - started) / 1000;
  return sides.map(({ bulk, from }) => ({ rows: bulk.rows, seconds, resumedAt: from }));
}

type Side = { readonly store: Store; readonly bulk: Bulk; readonly from: number };

async function openSide(store: Store, events: number): Promise<Side> {
  return { store, bulk: new Bulk(store.table), from: await readMark(store, events) };
}

async function keep(commit: Chained, sides: readonly Side[], told: number): Promise<void> {
  for (const { store, bulk, from } of sides) {
    const actions = told <= from ? [] : store.design.actions(commit);
    for (const action of actions) await bulk.add(action);
  }
}

async function mark(sides: readonly Side[], events: number, told: number): Promise<void> {
  const behind = sides.filter(({ from }) => from < told);
  await Promise.all(
    behind.map(async ({ store, bulk }) => {
      await bulk.settle();
      await journalOf(store).upsertEntity({ ...journalKey, of: historyOf(events), told }, "Replace");
    }),
  );
}

const journalKey = { partitionKey: "audit", rowKey: "history" } as const;

// The services' table is of no use to a store of the audit, and so free for the journal.
function journalOf({ storage }: Store): TableClient {
  return storage.services;
}

async function readMark(store: Store, events: number): Promise<number> {
  const problems = await ensureTables(store.storage);
  if (problems.length > 0) throw new Error(problems.join("; "));
  const row = await findRow(journalOf(store), journalKey.partitionKey, journalKey.rowKey);
  if (!row) return 0;
  if (textIn(row, "of") !== historyOf(events)) {
    throw new Error(`the store ${store.design.name} holds another history: ${textIn(row, "of")}`);
  }
  return numberIn(row, "told");
}

function historyOf(events: number): string {
  return `${events} events, version ${historyVersion}`;
}

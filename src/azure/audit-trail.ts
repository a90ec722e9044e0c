import { odata, type TableClient } from "@azure/data-tables";
import type { Head, StoredEvent } from "../ledger/chain.ts";
import type { Segment } from "../ledger/segment.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import { messageOf, PlgateError } from "../runtime/errors.ts";
import type { Archive, StoredHistory, StoredState, Trail } from "../workflow/audit-ports.ts";
import {
  eventRows,
  eventRowsUpTo,
  historyRows,
  readEffect,
  readHeadOf,
  readRequest,
  rowsUnder,
} from "./ledger-rows.ts";
import { storedForm } from "./present-row.ts";
import { removeRows } from "./remove-rows.ts";
import { numberIn, type Row, readPage, rowsOf, textIn } from "./rows.ts";
import { SealedEvents } from "./sealed-events.ts";
import { storageError } from "./storage-errors.ts";
import { seqOfEventRow, storedEvent } from "./stored-event.ts";

/** What the key of a chain begins with; the letters of `serviceKey`, in the order of storage. */
const firstLetters = "234567abcdefghijklmnopqrstuvwxyz";
const lettersAtOnce = 8;
const chainKey = /^[a-z2-7]{16}$/;

/**
 * The ledger as an auditor reads it: everything that is stored, and nothing taken on trust. What cannot be read comes as
 * a problem in its place; only storage that does not answer is a fault.
 */
export class AuditTrail implements Trail {
  readonly #table: TableClient;
  readonly #sealed: SealedEvents;

  constructor(table: TableClient, archive: Archive) {
    this.#table = table;
    this.#sealed = new SealedEvents(table, archive);
  }

  /** By the keys of the partitions: one request a chain, whatever it holds, and several letters at a time. */
  async *chains(): AsyncGenerator<ServiceKey> {
    for (let at = 0; at < firstLetters.length; at += lettersAtOnce) {
      const letters = [...firstLetters.slice(at, at + lettersAtOnce)];
      yield* (await Promise.all(letters.map((letter) => this.#chainsUnder(letter)))).flat();
    }
  }

  async headOf(chain: ServiceKey): Promise<{ readonly head: Head } | { readonly problem: string }> {
    return this.#orProblem(`the head of ${chain}`, async () => ({ head: (await readHeadOf(this.#table, chain)).head }));
  }

  async *newestFirst(chain: ServiceKey, last?: number): AsyncGenerator<StoredEvent> {
    const filter = last === undefined ? rowsUnder(chain, "e|") : eventRowsUpTo(chain, last);
    try {
      const segments = (await this.#sealed.segments(chain)).toReversed();
      yield* merged(this.#rows(filter), this.#fromFiles(segments, last ?? Number.POSITIVE_INFINITY));
    } catch (error) {
      throw storageError(`the events of ${chain} cannot be read`, error);
    }
  }

  async *states(chain: ServiceKey): AsyncGenerator<StoredState> {
    try {
      for await (const row of rowsOf(this.#table, rowsUnder(chain, "r|"))) yield stateOf(row);
    } catch (error) {
      throw storageError(`the requests of ${chain} cannot be read`, error);
    }
  }

  async histories(chain: ServiceKey): Promise<readonly StoredHistory[]> {
    const rows = await this.#all(chain, historyRows);
    return rows.map((row) => ({
      consumer: row.rowKey.slice(historyRows.length),
      approved: row["approved"] === true,
      rejected: row["rejected"] === true,
    }));
  }

  async openMarks(chain: ServiceKey): Promise<ReadonlySet<string>> {
    const rows = await this.#all(chain, "o|");
    return new Set(rows.map((row) => textIn(row, "requestId") ?? ""));
  }

  async notYetIndexed(chain: ServiceKey): Promise<readonly { readonly firstSeq: number; readonly seq: number }[]> {
    const rows = await this.#all(chain, "x|");
    return rows.flatMap((row) => readEffect(row) ?? []).filter(({ kind }) => kind === "index");
  }

  async segments(chain: ServiceKey): Promise<readonly Segment[]> {
    try {
      return await this.#sealed.segments(chain);
    } catch (error) {
      throw storageError(`the sealed segments of ${chain} cannot be read`, error);
    }
  }

  async forgetSealed(chain: ServiceKey, segment: Segment): Promise<number> {
    try {
      const rows = eventRows(chain, segment.first, segment.last);
      const some = await readPage(this.#table, rows, 1, undefined, ["v"]);
      if (some.rows.length === 0 && some.continuationToken === undefined) return 0;
      // Whoever can write a row could write one that says that something was sealed.
      const read = await this.#sealed.read(segment);
      if (!read.ok) throw new PlgateError(`nothing of ${chain} is removed: ${read.problem}`, { retryable: false });
      return await removeRows(this.#table, rows);
    } catch (error) {
      throw storageError(`the sealed events of ${chain} cannot be removed`, error);
    }
  }

  async *#rows(filter: string): AsyncGenerator<StoredEvent> {
    for await (const row of rowsOf(this.#table, filter)) {
      const seq = seqOfEventRow(row);
      if (seq !== undefined) yield storedEvent(row, seq);
    }
  }

  async *#fromFiles(newestFirst: readonly Segment[], upTo: number): AsyncGenerator<StoredEvent> {
    for (const segment of newestFirst) {
      if (segment.first > upTo) continue;
      const read = await this.#sealed.read(segment);
      if (!read.ok) yield { first: segment.first, seq: segment.last, problem: read.problem };
      else yield* read.events.toReversed().flatMap((event) => (event.seq > upTo ? [] : { seq: event.seq, event }));
    }
  }

  /** Partitions of other kinds (`~outbox`) lie outside the letters. */
  async #chainsUnder(letter: string): Promise<readonly ServiceKey[]> {
    const chains: ServiceKey[] = [];
    let from = letter;
    for (let next = await this.#nextPartition(from, letter); next; next = await this.#nextPartition(from, letter)) {
      if (chainKey.test(next)) chains.push(next as ServiceKey);
      // The first text that is greater than the key of this partition.
      from = `${next}!`;
    }
    return chains;
  }

  async #nextPartition(from: string, letter: string): Promise<string | undefined> {
    const after = odata`PartitionKey ge ${from} and PartitionKey lt ${`${letter}~`}`;
    try {
      let page = await readPage(this.#table, after, 1, undefined, ["v"], "keys");
      while (page.rows.length === 0 && page.continuationToken !== undefined) {
        page = await readPage(this.#table, after, 1, page.continuationToken, ["v"], "keys");
      }
      return page.rows[0]?.partitionKey;
    } catch (error) {
      throw storageError("the chains cannot be listed", error);
    }
  }

  async #all(chain: ServiceKey, prefix: string): Promise<readonly Row[]> {
    try {
      const rows: Row[] = [];
      for await (const row of rowsOf(this.#table, rowsUnder(chain, prefix))) rows.push(row);
      return rows;
    } catch (error) {
      throw storageError(`rows ${prefix} of ${chain} cannot be read`, error);
    }
  }

  async #orProblem<T>(what: string, read: () => Promise<T>): Promise<T | { readonly problem: string }> {
    try {
      return await read();
    } catch (error) {
      // A row that was found and makes no sense is never worth another try; everything else is a fault of the way there.
      if (error instanceof PlgateError && !error.retryable) return { problem: `${what}: ${messageOf(error)}` };
      throw storageError(`${what} cannot be read`, error);
    }
  }
}

// As it was stored: that is what the event holds the hash of that left it so.
function stateOf(found: Row): StoredState {
  const row = storedForm(found);
  try {
    return { row: row.rowKey, seq: numberIn(row, "seq"), request: readRequest(row).request };
  } catch (error) {
    return { row: row.rowKey, problem: messageOf(error) };
  }
}

/** Two streams, the newest first, as one; where both hold an event, the table's counts: it is what everybody reads. */
async function* merged(
  rows: AsyncGenerator<StoredEvent>,
  sealed: AsyncGenerator<StoredEvent>,
): AsyncGenerator<StoredEvent> {
  let [row, old] = await Promise.all([rows.next(), sealed.next()]);
  for (let next = newer(row, old); next; next = newer(row, old)) {
    const { seq } = next;
    yield next;
    if (!row.done && row.value.seq === seq) row = await rows.next();
    if (!old.done && old.value.seq === seq) old = await sealed.next();
  }
}

type Read = IteratorResult<StoredEvent, unknown>;

function newer(row: Read, old: Read): StoredEvent | undefined {
  if (row.done) return old.done ? undefined : old.value;
  return old.done || row.value.seq >= old.value.seq ? row.value : old.value;
}

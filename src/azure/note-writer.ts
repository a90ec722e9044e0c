import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { TableClient } from "@azure/data-tables";
import { effectsOf, type Note, planNote } from "../ledger/commit.ts";
import { fitEvents } from "../ledger/fit.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Clock, Noted } from "../workflow/ports.ts";
import { actionsOf, type KnownHead, readHeadOf, stepKey } from "./ledger-rows.ts";
import type { OutboxMarkers } from "./outbox-markers.ts";
import { findRow, numberIn, textIn } from "./rows.ts";
import { bounded } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

const triesAtMost = 20;
const longestPauseMs = 400;

/**
 * Writes events about no request: event, head, key and outbox in one entity group transaction, as LedgerWriter does for
 * steps (design.md, rule 4). These are rare, so nothing is kept between two of them and every try reads first.
 */
export class NoteWriter {
  readonly #table: TableClient;
  readonly #markers: OutboxMarkers;
  readonly #clock: Clock;
  readonly #publishes: boolean;

  constructor(table: TableClient, markers: OutboxMarkers, clock: Clock, publishes = false) {
    this.#table = table;
    this.#markers = markers;
    this.#clock = clock;
    this.#publishes = publishes;
  }

  async note(note: Note): Promise<Noted> {
    if (note.events.length === 0) throw new PlgateError("a note without an event says nothing", { retryable: false });
    try {
      return await this.#note({ ...note, events: fitEvents(note.events) }, randomUUID());
    } catch (error) {
      throw storageError(`${note.key} cannot be put on record`, error);
    }
  }

  async #note(note: Note, token: string): Promise<Noted> {
    await this.#markers.raise(note.chain);
    for (let tries = 1; tries <= triesAtMost; tries += 1) {
      const known = await readHeadOf(this.#table, note.chain);
      // After the head: a write of ours that arrives late is then seen in the key when it is seen in the head.
      const done = await this.#done(note, token);
      if (done) return done;
      if (note.after !== null && note.after !== known.head.seq) return { kind: "conflict" };
      const seq = await this.#write(note, known, token);
      if (seq !== undefined) return { kind: "noted", seq, outbox: effectsOf(note, seq, this.#publishes) };
      await pause(Math.random() * Math.min(longestPauseMs, 10 * 2 ** tries));
    }
    throw new PlgateError(`the chain ${note.chain} is too busy`, { retryable: true });
  }

  /** Undefined when others were faster, or nobody knows whether it was written. */
  async #write(note: Note, known: KnownHead, token: string): Promise<number | undefined> {
    const { changes, head } = planNote(known.head, note, this.#publishes);
    const actions = actionsOf(changes, {
      ...{ service: note.chain, requestId: aboutOne(note), headEtag: known.etag, token },
      ...{ firstSeq: known.head.seq + 1, lastSeq: head.seq, at: this.#clock.now().toISOString() },
    });
    try {
      await bounded((call) => this.#table.submitTransaction(actions, call));
      return head.seq;
    } catch (error) {
      const fault = faultOf(error);
      if (fault === "denied" || fault === "invalid" || fault === "no-table") throw error;
      return undefined;
    }
  }

  async #done(note: Note, token: string): Promise<Noted | undefined> {
    const row = await findRow(this.#table, note.chain, stepKey(note.key));
    if (!row) return undefined;
    if (textIn(row, "attempt") !== token) return { kind: "already-there" };
    const seq = numberIn(row, "seq");
    return { kind: "noted", seq, outbox: effectsOf(note, seq, this.#publishes) };
  }
}

/** The request that all events of a note are about, so that they are found with its own; null when there is none. */
function aboutOne({ events }: Note): string | null {
  const [first] = new Set(events.map(({ requestId }) => requestId));
  return events.every(({ requestId }) => requestId === first) ? (first ?? null) : null;
}

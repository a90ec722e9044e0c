import type { TableClient } from "@azure/data-tables";
import type { AuditEvent } from "../ledger/event.ts";
import { type ReadSegment, readSegment, type Segment } from "../ledger/segment.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Archive } from "../workflow/audit-ports.ts";
import { rowsUnder } from "./ledger-rows.ts";
import { damaged, numberIn, type Row, rowsOf, textIn } from "./rows.ts";

/**
 * Events that were moved from the table into files. A file is read whole and checked before anything in it is believed;
 * the last one is kept, since whoever asks for an event asks for its neighbours, too.
 */
export class SealedEvents {
  readonly #table: TableClient;
  readonly #archive: Archive;
  #kept: { readonly of: string; readonly read: ReadSegment } | undefined;

  constructor(table: TableClient, archive: Archive) {
    this.#table = table;
    this.#archive = archive;
  }

  /** The oldest first. */
  async segments(chain: ServiceKey): Promise<readonly Segment[]> {
    const segments: Segment[] = [];
    for await (const row of rowsOf(this.#table, rowsUnder(chain, "s|"))) segments.push(segmentIn(row));
    return segments;
  }

  async read(segment: Segment): Promise<ReadSegment> {
    // The row's whole word counts: one that was edited since asks for another file, or for another content.
    const of = JSON.stringify(segment);
    if (this.#kept?.of === of) return this.#kept.read;
    const text = await this.#archive.read(segment.blob);
    if (text === undefined) {
      const { first, last, blob } = segment;
      return { ok: false, problem: `events ${first} to ${last} were sealed in blob ${blob}, which is gone` };
    }
    const read = await readSegment(segment, text);
    this.#kept = { of, read };
    return read;
  }

  /** The sealed ones among the events `first` to `last`, oldest first. Throws when their file is not to be believed. */
  async between(chain: ServiceKey, first: number, last: number): Promise<readonly AuditEvent[]> {
    const events: AuditEvent[] = [];
    for (const segment of await this.segments(chain)) {
      if (segment.last < first || segment.first > last) continue;
      const read = await this.read(segment);
      if (!read.ok) throw new PlgateError(`sealed events of ${chain}: ${read.problem}`, { retryable: false });
      events.push(...read.events.filter(({ seq }) => seq >= first && seq <= last));
    }
    return events;
  }
}

function segmentIn(row: Row): Segment {
  const text = (column: string): string => {
    const value = textIn(row, column);
    if (value === null) throw damaged(row, `it has no ${column}`);
    return value;
  };
  const [prev, hash, blob, sha256] = [text("prev"), text("hash"), text("blob"), text("sha256")];
  return { first: numberIn(row, "first"), last: numberIn(row, "last"), prev, hash, blob, sha256 };
}

import type { AnchoredDay } from "../ledger/anchor.ts";
import type { CopiedRow } from "../ledger/backup-file.ts";
import type { Head, StoredEvent } from "../ledger/chain.ts";
import type { AuditEvent } from "../ledger/event.ts";
import type { StoredTable } from "../ledger/row-versions.ts";
import type { Segment } from "../ledger/segment.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { ServiceKey } from "../requests/request-id.ts";

/*
 * What an auditor needs of the outside, beside the ports of the story: the same store, read without trust. What cannot
 * be read is an answer here, not a fault, because saying so is the purpose.
 */

/** A request as its row shows it, and the number of the event that the row says it was left by. */
export type StoredState =
  | { readonly row: string; readonly seq: number; readonly request: ApprovalRequest }
  | { readonly row: string; readonly problem: string };

/** How earlier requests of a consumer ended, as a row says it that policy reads. */
export type StoredHistory = { readonly consumer: string; readonly approved: boolean; readonly rejected: boolean };

/** The chains as they are stored. Throws when storage cannot be reached; gives a problem for what was found and is wrong. */
export interface Trail {
  /** Every chain, by the store's own keys and no list of ours, so that none can be hidden by leaving it out of one. */
  chains(): AsyncIterable<ServiceKey>;
  headOf(chain: ServiceKey): Promise<{ readonly head: Head } | { readonly problem: string }>;
  /** The whole chain, sealed segments included; from `last` down when it is given. */
  newestFirst(chain: ServiceKey, last?: number): AsyncIterable<StoredEvent>;
  states(chain: ServiceKey): AsyncIterable<StoredState>;
  histories(chain: ServiceKey): Promise<readonly StoredHistory[]>;
  /** Requests that are marked as open, which is how a review finds them. */
  openMarks(chain: ServiceKey): Promise<ReadonlySet<string>>;
  /** The events that the outbox has still to bring into the index. */
  notYetIndexed(chain: ServiceKey): Promise<readonly { readonly firstSeq: number; readonly seq: number }[]>;
  /** The oldest first. */
  segments(chain: ServiceKey): Promise<readonly Segment[]>;
  /** Removes the rows of events that are sealed in a file that holds; gives how many. May be called again after a crash. */
  forgetSealed(chain: ServiceKey, segment: Segment): Promise<number>;
}

/** Files that are written once and never again. */
export interface Archive {
  /** Writes the file, or finds it: false when another one stands under the name. */
  keep(name: string, text: string): Promise<boolean>;
  /** Undefined when there is none. */
  read(name: string): Promise<string | undefined>;
}

/** A file of anchors for each day, to which lines are added and nothing else can be done. */
export interface AnchorFiles {
  /** The oldest first. */
  days(): Promise<readonly string[]>;
  read(day: string): Promise<AnchoredDay>;
  /** Adds lines behind the first `length` bytes; false when somebody else has added some meanwhile. */
  append(day: string, text: string, length: number): Promise<boolean>;
}

/** What one row of the lists should not be, or is not. */
export type IndexFault = {
  /** Null when the row names no chain. */
  readonly chain: ServiceKey | null;
  readonly seq: number | null;
  /** The list: its partition in the table `ledgerindex`. */
  readonly list: string;
  readonly row: string;
  readonly problem: "missing" | "altered" | "of no event";
};

/** Compares the lists of events with the events: it is told each event, and then reads the lists once. */
export interface IndexCheck {
  expect(chain: ServiceKey, event: AuditEvent): void;
  /** `ends` says how far each chain was walked; rows behind it were written meanwhile and are left alone. */
  faults(ends: ReadonlyMap<ServiceKey, number>, trail: Trail): AsyncIterable<IndexFault>;
}

/**
 * Care of the lists. They are derived, so whatever is wrong with them can be made right from the chains. They may be
 * cut below a floor; the list by LinkID is kept whole, since an approval outlives every interest in how it came about.
 */
export interface IndexCare {
  check(only?: ServiceKey): Promise<IndexCheck>;
  /** Writes the rows of events as they should be. */
  restore(chain: ServiceKey, events: readonly AuditEvent[]): Promise<void>;
  /** Writes a request's line as it should be, unless it shows a newer state; one behind the chain's `end` is forged. */
  restoreRequest(request: ApprovalRequest, seq: number, end: () => Promise<number>): Promise<void>;
  removeRow(fault: Pick<IndexFault, "list" | "row">): Promise<void>;
  /** The lists hold nothing older; null when they hold everything. */
  floor(): Promise<Date | null>;
  /** Raises the floor, before anything is removed: a search that reaches below it says so. Never lowers it. */
  raiseFloor(to: Date): Promise<Date>;
  /** Removes what lies below the floor; `mayGoOn` is asked between pages. May be called again after a crash. */
  removeBelowFloor(
    mayGoOn: (removed: number) => boolean,
  ): Promise<{ readonly removed: number; readonly done: boolean }>;
  /** The chain up to which a rebuild came; null when none is under way. */
  rebuilt(): Promise<ServiceKey | null>;
  setRebuilt(chain: ServiceKey | null): Promise<void>;
}

export type AuditPorts = {
  readonly trail: Trail;
  readonly archive: Archive;
  readonly anchors: AnchorFiles;
  readonly indexCare: IndexCare;
};

/** The tables as they are stored, for whoever copies them: nothing is read into them, and no version is asked for. */
export interface StoreCopy {
  /** The partitions of a table, in the order of storage. */
  partitions(table: StoredTable): AsyncIterable<string>;
  /** The rows of a table, or of one of its partitions, in the order of storage. */
  rows(table: StoredTable, partition?: string): AsyncIterable<CopiedRow>;
  /** Where a chain stands, as a text to compare; null when the partition is no chain. */
  headOf(partition: string): Promise<string | null>;
  /**
   * Adds rows of one partition, at most 100 and 3 MB. A row that stands there already in the same words is left; where
   * another one stands, it throws.
   */
  add(table: StoredTable, rows: readonly CopiedRow[]): Promise<void>;
}

/** The files of the archive by name; who copies them needs them all. */
export interface ArchiveNames {
  names(): AsyncIterable<string>;
}

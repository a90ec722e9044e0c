import type { TableClient } from "@azure/data-tables";
import type { Head } from "../ledger/chain.ts";
import type { Note, Step } from "../ledger/commit.ts";
import type { AuditEvent } from "../ledger/event.ts";
import { presentEvent } from "../ledger/migrate-row.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import { isOpen } from "../requests/request.ts";
import { parseRequestId, type RequestId, runChain, type ServiceKey } from "../requests/request-id.ts";
import type { Run, RunShare } from "../requests/run.ts";
import type { Archive } from "../workflow/audit-ports.ts";
import type { Clock, Committed, ConsumerHistory, Ledger, Noted, StoredRequest, Unsettled } from "../workflow/ports.ts";
import {
  consumerKey,
  eventRows,
  readEvent,
  readHeadOf,
  readRequest,
  requestKey,
  requestRows,
  rowsUnder,
} from "./ledger-rows.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { isLinkMark, linkMarkKey, readLinkMark } from "./link-marks.ts";
import { NoteWriter } from "./note-writer.ts";
import type { OutboxMarkers } from "./outbox-markers.ts";
import { findRow, inParallel, keyPart, numberIn, type Row, readPage, rowsOf, textIn } from "./rows.ts";
import { SealedEvents } from "./sealed-events.ts";
import {
  approvalKey,
  approvalRow,
  findingKey,
  isApprovalRow,
  isFindingRow,
  readApproval,
  readFinding,
  readRun,
  readShare,
  runRows,
  shareKey,
  shareRow,
  shareRows,
  unsettledRows,
} from "./standing-rows.ts";
import { bounded } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

const windowOfEvents = 500;

/** The ledger in Table Storage: rows as ledger-rows.ts lays them out, written by LedgerWriter. */
export class LedgerTable implements Ledger {
  readonly #table: TableClient;
  readonly #writer: LedgerWriter;
  readonly #notes: NoteWriter;
  readonly #sealed: SealedEvents | undefined;

  /** Without an `archive` sealed events are not to be had. `publishes`: commits leave word for subscribers. */
  constructor(table: TableClient, markers: OutboxMarkers, clock: Clock, archive?: Archive, publishes = false) {
    this.#table = table;
    this.#writer = new LedgerWriter(table, markers, clock, publishes);
    this.#notes = new NoteWriter(table, markers, clock, publishes);
    this.#sealed = archive && new SealedEvents(table, archive);
  }

  commit(step: Step): Promise<Committed> {
    return this.#writer.commit(step);
  }

  note(note: Note): Promise<Noted> {
    return this.#notes.note(note);
  }

  async request(id: RequestId): Promise<StoredRequest | undefined> {
    const service = parseRequestId(id)?.service;
    if (!service) return undefined;
    return this.#read(`request ${id}`, async () => {
      const row = await findRow(this.#table, service, requestKey(id));
      return row && readRequest(row);
    });
  }

  async unsettled(service: ServiceKey): Promise<Unsettled> {
    return this.#read(`the open requests of service ${service}`, async () => {
      const rows: Row[] = [];
      for await (const row of rowsOf(this.#table, unsettledRows(service))) rows.push(row);
      const ids = rows.flatMap((row) => (row.rowKey.startsWith("o|") ? (textIn(row, "requestId") ?? "") : []));
      const found = await inParallel(ids, (id) => findRow(this.#table, service, requestKey(id)));
      // One that ended between the two reads is not open any more.
      const open = found.flatMap((row) => (row ? readRequest(row) : [])).filter(({ request }) => isOpen(request));
      return {
        open,
        awaitedLinks: rows.flatMap((row) => (isLinkMark(row) ? (readLinkMark(row) ?? []) : [])),
        approvals: rows.flatMap((row) => (isApprovalRow(row) ? (readApproval(row) ?? []) : [])),
        findings: rows.flatMap((row) => (isFindingRow(row) ? (readFinding(row) ?? []) : [])),
      };
    });
  }

  async rememberApproval(service: ServiceKey, approval: LiveApproval): Promise<void> {
    try {
      await bounded((call) => this.#table.upsertEntity(approvalRow(service, approval), "Replace", call));
    } catch (error) {
      throw storageError(`the approval ${approval.requestId} cannot be remembered`, error);
    }
  }

  async forgetApproval(service: ServiceKey, connectionId: string): Promise<void> {
    await this.#forget(service, approvalKey(connectionId));
  }

  async forgetFinding(service: ServiceKey, key: string): Promise<void> {
    await this.#forget(service, findingKey(key));
  }

  async runs(): Promise<readonly Run[]> {
    return this.#read("the runs", async () => {
      const found: Run[] = [];
      for await (const row of rowsOf(this.#table, runRows())) {
        const run = readRun(row);
        if (run) found.push(run);
      }
      return found;
    });
  }

  async runShares(run: string): Promise<readonly RunShare[]> {
    return this.#read(`the services of run ${run}`, async () => {
      const found: RunShare[] = [];
      for await (const row of rowsOf(this.#table, shareRows(run))) found.push(...[readShare(row) ?? []].flat());
      return found;
    });
  }

  async runShare(run: string, service: ServiceKey): Promise<RunShare | undefined> {
    return this.#read(`the share of service ${service} in run ${run}`, async () => {
      const row = await findRow(this.#table, runChain, shareKey({ run, service }));
      return row && readShare(row);
    });
  }

  async putRunShare(share: RunShare): Promise<void> {
    try {
      await bounded((call) => this.#table.upsertEntity(shareRow(share), "Replace", call));
    } catch (error) {
      throw storageError(`how far run ${share.run} came at ${share.service} cannot be kept`, error);
    }
  }

  async forgetLink(request: RequestId): Promise<void> {
    const service = parseRequestId(request)?.service;
    if (service) await this.#forget(service, linkMarkKey(request));
  }

  async latestOf(service: ServiceKey, connectionKey: string): Promise<StoredRequest | undefined> {
    return this.#read(`the requests of connection ${connectionKey}`, async () => {
      const filter = rowsUnder(service, requestRows(connectionKey));
      for (let page = await readPage(this.#table, filter, 1); ; ) {
        const row = page.rows[0];
        if (row) return readRequest(row);
        if (page.continuationToken === undefined) return undefined;
        page = await readPage(this.#table, filter, 1, page.continuationToken);
      }
    });
  }

  async history(service: ServiceKey, consumerSubscriptionId: string): Promise<ConsumerHistory> {
    return this.#read(`the history of consumer ${keyPart(consumerSubscriptionId)}`, async () => {
      const row = await findRow(this.#table, service, consumerKey(consumerSubscriptionId));
      return { approvedBefore: row?.["approved"] === true, rejectedBefore: row?.["rejected"] === true };
    });
  }

  async *events(service: ServiceKey, lastSeq?: number): AsyncGenerator<AuditEvent> {
    const end = lastSeq ?? (await this.head(service)).seq;
    for (let first = 1; first <= end; first += windowOfEvents) {
      yield* await this.eventsBetween(service, first, Math.min(end, first + windowOfEvents - 1));
    }
  }

  async eventsBetween(service: ServiceKey, firstSeq: number, lastSeq: number): Promise<readonly AuditEvent[]> {
    return this.#read(`events ${firstSeq} to ${lastSeq} of service ${service}`, async () => {
      const newestFirst: AuditEvent[] = [];
      for await (const row of rowsOf(this.#table, eventRows(service, firstSeq, lastSeq))) {
        newestFirst.push(readEvent(row));
      }
      const found = newestFirst.reverse();
      if (!this.#sealed || found.length > lastSeq - firstSeq) return found;
      const sealed = await this.#sealed.between(service, firstSeq, lastSeq);
      const present = sealed.map((event) => presentEvent(service, event));
      return together(present, found);
    });
  }

  async eventsOf(request: RequestId): Promise<readonly AuditEvent[]> {
    const service = parseRequestId(request)?.service;
    if (!service) return [];
    return this.#read(`the events of request ${request}`, async () => {
      const spans: (readonly [number, number])[] = [];
      for await (const row of rowsOf(this.#table, rowsUnder(service, `q|${keyPart(request)}|`))) {
        spans.push([numberIn(row, "firstSeq"), numberIn(row, "lastSeq")]);
      }
      const events = await inParallel(spans, ([first, last]) => this.eventsBetween(service, first, last));
      return events.flat().filter(({ requestId }) => requestId === request);
    });
  }

  async head(service: ServiceKey): Promise<Head> {
    return this.#read(`the head of service ${service}`, async () => (await readHeadOf(this.#table, service)).head);
  }

  async #forget(service: ServiceKey, rowKey: string): Promise<void> {
    try {
      await bounded((call) => this.#table.deleteEntity(service, rowKey, call));
    } catch (error) {
      if (faultOf(error) !== "missing") throw storageError(`row ${rowKey} of ${service} cannot be forgotten`, error);
    }
  }

  async #read<T>(what: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw storageError(`${what} cannot be read`, error);
    }
  }
}

/** Where both hold an event, the table's counts: a segment may be sealed whose rows are not all removed yet. */
function together(sealed: readonly AuditEvent[], found: readonly AuditEvent[]): readonly AuditEvent[] {
  if (sealed.length === 0) return found;
  const bySeq = new Map([...sealed, ...found].map((event) => [event.seq, event]));
  return [...bySeq.values()].sort((one, other) => one.seq - other.seq);
}

import type { TableClient } from "@azure/data-tables";
import { AuditIndex } from "../../src/azure/audit-index.ts";
import { auditRows } from "../../src/azure/audit-rows.ts";
import { AuditTrail } from "../../src/azure/audit-trail.ts";
import { openEvidence } from "../../src/azure/blob-container.ts";
import { IndexTableCare } from "../../src/azure/index-care.ts";
import { openLedger } from "../../src/azure/ledger.ts";
import { readEvent } from "../../src/azure/ledger-rows.ts";
import { bodyColumns, newestFirst, type Row, rowsOf } from "../../src/azure/rows.ts";
import type { ServiceRef } from "../../src/connection/arm-id.ts";
import { emptyHead, type Head, link } from "../../src/ledger/chain.ts";
import type { OutboxEntry } from "../../src/ledger/commit.ts";
import type { AuditEvent, AuditKind } from "../../src/ledger/event.ts";
import type { RequestState } from "../../src/requests/request.ts";
import { policyChain, type ServiceKey, serviceKey } from "../../src/requests/request-id.ts";
import type { AuditPorts } from "../../src/workflow/audit-ports.ts";
import type { Outbox, Ports } from "../../src/workflow/ports.ts";
import { aConnectionRef, aServiceRef, event, request, step } from "../builders.ts";
import { FakeClock } from "../fakes/clock.ts";
import type { StorageWorld } from "./storage-world.ts";

export type AuditRecord = AuditPorts &
  Pick<Ports, "ledger" | "index" | "clock"> & {
    readonly clock: FakeClock;
    readonly outbox: Outbox;
    /** The tables past all adapters, as somebody has them who administers the account. */
    readonly table: TableClient;
    readonly lists: TableClient;
  };

export const service = aServiceRef("pls-a");
export const chain = serviceKey(service.id);

/** A ledger with its lists and evidence on fresh tables. */
export async function anEmptyRecord(world: StorageWorld): Promise<AuditRecord> {
  const { storage, again, place } = await world.storage("ledger", "index");
  const clock = new FakeClock();
  const evidence = openEvidence({ connectionString: place.connectionString }, place.prefix);
  const { ledger, outbox } = openLedger(storage.ledger, clock, undefined, evidence.archive);
  return {
    ...{ clock, ledger, outbox, ...evidence },
    index: new AuditIndex(storage.index),
    trail: new AuditTrail(storage.ledger, evidence.archive),
    indexCare: new IndexTableCare(storage.index),
    table: again().ledger,
    lists: again().index,
  };
}

/** The same with three requests of one service, each begun and approved (12 events), one of another, and a policy. */
export async function aRecord(world: StorageWorld): Promise<AuditRecord> {
  const record = await anEmptyRecord(world);
  for (const n of [1, 2, 3]) await approve(record, service, `pe-${n}.1`);
  await approve(record, aServiceRef("pls-b"), "pe-9.1");
  await begin(record, service, "pe-4.1");
  const noted = await record.ledger.note({
    ...{ key: "p", chain: policyChain, after: null },
    events: [event({ kind: "policy-published", serviceId: null, requestId: null })],
  });
  if (noted.kind === "noted") await follow(record, noted.outbox);
  return record;
}

/** Four events: requested and evaluated, decided, applied. */
async function approve(record: AuditRecord, of: ServiceRef, name: string): Promise<void> {
  const begun = await begin(record, of, name);
  const approving = await move(record, begun, "approving", "decided");
  await move(record, approving, "approved", "applied");
}

export async function begin(record: AuditRecord, of: ServiceRef, name: string) {
  const asked = { ...request({}, aConnectionRef(name, of)), state: "awaiting-decision" } as const;
  const at = record.clock.now().toISOString();
  const events = [event({ time: at }, asked), event({ kind: "evaluated", time: at }, asked)];
  return commit(record, step({ request: asked, events }));
}

export async function move(
  record: AuditRecord,
  { request: before, etag }: Awaited<ReturnType<typeof begin>>,
  state: RequestState,
  kind: AuditKind,
) {
  const next = { ...before, state, linkIdentifier: state === "approved" ? "305419896" : before.linkIdentifier };
  const time = record.clock.now().toISOString();
  return commit(record, step({ request: next, expected: etag, events: [event({ kind, time }, next)] }));
}

async function commit(record: AuditRecord, told: Parameters<Ports["ledger"]["commit"]>[0]) {
  const committed = await record.ledger.commit(told);
  if (committed.kind !== "committed") throw new Error(`the step was not committed: ${committed.kind}`);
  await follow(record, committed.outbox);
  await record.index.putRequest(committed.stored.request, committed.outbox[0]?.seq ?? 0);
  return committed.stored;
}

export async function follow(record: AuditRecord, outbox: readonly OutboxEntry[]): Promise<void> {
  for (const entry of outbox.filter(({ kind }) => kind === "index")) {
    const { service: of, firstSeq, seq } = entry;
    await record.index.addEvents(of, await record.ledger.eventsBetween(of, firstSeq, seq));
    await record.outbox.done(entry);
  }
}

/** All events as rows, oldest first. */
export async function rowsOfChain(table: TableClient, of: ServiceKey = chain): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const row of rowsOf(table, `PartitionKey eq '${of}' and RowKey ge 'e|' and RowKey lt 'e}'`))
    rows.push(row);
  return rows.reverse();
}

export function eventKey(seq: number): string {
  return `e|${newestFirst(seq, 10)}`;
}

/** Puts an event into the row of number `seq`, columns and all. */
export async function putEvent(table: TableClient, seq: number, told: AuditEvent, of = chain): Promise<void> {
  await table.upsertEntity(
    {
      ...{ partitionKey: of, rowKey: eventKey(seq), v: 1, seq, kind: told.kind, time: told.time },
      ...{ requestId: told.requestId ?? "", ...bodyColumns("an event", told) },
    },
    "Replace",
  );
}

export async function putHead(table: TableClient, { seq, hash }: Head): Promise<void> {
  await table.upsertEntity({ partitionKey: chain, rowKey: "~head", v: 1, seq, hash }, "Replace");
}

/** Writes the chain anew with right hashes, as somebody who knows how it is made: every event passes through `change`. */
export async function rewrite(record: AuditRecord, change: (event: AuditEvent) => AuditEvent): Promise<void> {
  const events = (await rowsOfChain(record.table)).map(readEvent);
  const told = events.map(change).map(({ v: _, seq: __, prev: ___, hash: ____, ...rest }) => rest);
  const linked = link(emptyHead, told);
  for (const one of linked.events) {
    await putEvent(record.table, one.seq, one);
    for (const row of auditRows(chain, one)) await record.lists.upsertEntity(row, "Replace");
  }
  await putHead(record.table, linked.head);
}

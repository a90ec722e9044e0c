import assert from "node:assert/strict";
import { readEvent } from "../../src/azure/ledger-rows.ts";
import { bodyColumns, readBody, rowsOf } from "../../src/azure/rows.ts";
import { link } from "../../src/ledger/chain.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import type { AuditVerdict } from "../../src/workflow/verify-audit.ts";
import { type AuditRecord, chain, eventKey, putEvent, putHead, rowsOfChain } from "./a-record.ts";

/*
 * Somebody's hand in the tables, past every adapter.
 */

export type Hand = (record: AuditRecord) => Promise<unknown>;

export function problems({ chains, findings }: AuditVerdict): readonly string[] {
  return [...chains.flatMap((one) => one.findings), ...findings].map(({ problem }) => problem);
}

export async function edit(
  { table }: AuditRecord,
  seq: number,
  change: (event: AuditEvent) => AuditEvent,
): Promise<void> {
  const event = (await rowsOfChain(table)).map(readEvent).find((one) => one.seq === seq);
  await putEvent(table, seq, change(event ?? never()));
}

export function hashOf(event: AuditEvent): string {
  const { v: _, seq, prev, hash: __, ...told } = event;
  return link({ seq: seq - 1, hash: prev }, [told]).head.hash;
}

type RequestRow = { readonly rowKey: string; readonly request: ApprovalRequest; readonly seq: number };

export async function requestRows({ table }: AuditRecord, state: string): Promise<readonly RequestRow[]> {
  const rows: RequestRow[] = [];
  for await (const row of rowsOf(table, `PartitionKey eq '${chain}' and RowKey ge 'r|' and RowKey lt 'r}'`)) {
    rows.push({ rowKey: row.rowKey, request: readBody(row) as ApprovalRequest, seq: Number(row["seq"]) });
  }
  return rows.filter(({ request }) => request.state === state);
}

export async function writeRequest({ table }: AuditRecord, rowKey: string, request: ApprovalRequest, seq: number) {
  const columns = { v: 1, seq, requestId: request.id, state: request.state, ...bodyColumns("a request", request) };
  await table.upsertEntity({ partitionKey: chain, rowKey, ...columns }, "Replace");
}

export async function editRequest(
  record: AuditRecord,
  change: (request: ApprovalRequest) => ApprovalRequest,
  state = "approved",
): Promise<void> {
  const [row] = await requestRows(record, state);
  assert.ok(row);
  await writeRequest(record, row.rowKey, change(row.request), row.seq);
}

/** Events 13 and 14, their request and everything that shows them: the work of somebody who knows the house. */
export async function forgetLastRequest(record: AuditRecord): Promise<void> {
  const [row] = await requestRows(record, "awaiting-decision");
  assert.ok(row);
  const events = (await rowsOfChain(record.table)).map(readEvent);
  for (const key of [eventKey(13), eventKey(14), row.rowKey, `o|${row.request.id}`]) {
    await record.table.deleteEntity(chain, key);
  }
  await putHead(record.table, { seq: 12, hash: events[11]?.hash ?? "" });
  await removeFromLists(record, 12);
}

export async function removeFromLists({ lists: table }: AuditRecord, behind: number): Promise<void> {
  for await (const row of rowsOf(table, `service eq '${chain}'`)) {
    const seq = 10 ** 10 - 1 - Number(row.rowKey.split("|")[1]);
    if (row.partitionKey !== "r" && seq > behind) await table.deleteEntity(row.partitionKey, row.rowKey);
  }
}

export async function nameIn(table: AuditRecord["lists"], partition: string) {
  for await (const row of rowsOf(table, `PartitionKey eq '${partition}'`)) {
    return [row.partitionKey, row.rowKey, row] as const;
  }
  throw new Error(`the list ${partition} is empty`);
}

export function never(): never {
  throw new Error("this is in the record");
}

import { odata, type TableEntity } from "@azure/data-tables";
import { parseConnectionId } from "../connection/arm-id.ts";
import { rowVersions } from "../ledger/row-versions.ts";
import { type Finding, findingKinds } from "../ledger/standing-finding.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import { connectionKey, parseRequestId, runChain, type ServiceKey } from "../requests/request-id.ts";
import type { Run, RunShare } from "../requests/run.ts";
import { PlgateError } from "../runtime/errors.ts";
import { bodyColumns, keyPart, type Row, readBody } from "./rows.ts";

/*
 * Rows that say what stands: approvals and findings of one service, and runs. Those of a service begin with the letter of the
 * open requests, so that a review reads all of them in one range (ledger-rows.ts).
 */
const approvals = "oa|";
const findings = "od|";
const runs = "c|";
const shares = "cs|";

/** The rows of the open requests, the awaited links, the standing approvals and the findings of one service. */
export function unsettledRows(service: ServiceKey): string {
  return odata`PartitionKey eq ${service} and RowKey ge ${"o"} and RowKey lt ${"p}"}`;
}

/** The rows of all runs. */
export function runRows(): string {
  return odata`PartitionKey eq ${runChain} and RowKey ge ${runs} and RowKey lt ${"c}"}`;
}

/** The rows of the services that a run has come to. */
export function shareRows(run: string): string {
  const prefix = `${shares}${keyPart(run)}`;
  return odata`PartitionKey eq ${runChain} and RowKey ge ${`${prefix}|`} and RowKey lt ${`${prefix}}`}`;
}

export function shareKey({ run, service }: Pick<RunShare, "run" | "service">): string {
  return `${shares}${keyPart(run)}|${service}`;
}

export function shareRow(share: RunShare): TableEntity {
  const what = `the share of service ${share.service} in run ${share.run}`;
  return { partitionKey: runChain, rowKey: shareKey(share), v: rowVersions.ledger, ...bodyColumns(what, share) };
}

export function readShare(row: Row): RunShare | undefined {
  const body = bodyOf(row);
  return body && typeof body["run"] === "string" && typeof body["connections"] === "object"
    ? (body as RunShare)
    : undefined;
}

export function approvalKey(connectionId: string): string {
  const id = parseConnectionId(connectionId)?.id;
  if (!id) throw new PlgateError(`${connectionId} is not the id of a connection`, { retryable: false });
  return `${approvals}${connectionKey(id)}`;
}

export function findingKey(key: string): string {
  return `${findings}${keyPart(key)}`;
}

export function approvalRow(service: ServiceKey, approval: LiveApproval): TableEntity {
  const rowKey = approvalKey(approval.connectionId);
  return {
    partitionKey: service,
    rowKey,
    v: rowVersions.ledger,
    ...bodyColumns(`the approval ${approval.requestId}`, approval),
  };
}

export function findingRow(service: ServiceKey, finding: Finding): TableEntity {
  return {
    ...{ partitionKey: service, rowKey: findingKey(finding.key), v: rowVersions.ledger },
    ...bodyColumns(`the finding ${finding.key}`, finding),
  };
}

export function runRow(service: ServiceKey, run: Run): TableEntity {
  return {
    partitionKey: service,
    rowKey: `${runs}${keyPart(run.id)}`,
    v: rowVersions.ledger,
    ...bodyColumns(`run ${run.id}`, run),
  };
}

export function isApprovalRow({ rowKey }: Row): boolean {
  return rowKey.startsWith(approvals);
}

export function isFindingRow({ rowKey }: Row): boolean {
  return rowKey.startsWith(findings);
}

/** A row that cannot be read is nobody's: the next look finds out anew what it said, and no review stops for it. */
export function readApproval(row: Row): LiveApproval | undefined {
  const body = bodyOf(row);
  return body && parseRequestId(String(body["requestId"])) && parseConnectionId(String(body["connectionId"]))
    ? (body as LiveApproval)
    : undefined;
}

export function readFinding(row: Row): Finding | undefined {
  const body = bodyOf(row);
  return body && findingKinds.some((kind) => kind === body["kind"]) && typeof body["key"] === "string"
    ? (body as Finding)
    : undefined;
}

export function readRun(row: Row): Run | undefined {
  const body = bodyOf(row);
  return body && typeof body["id"] === "string" && body["v"] === 1 ? (body as Run) : undefined;
}

function bodyOf(row: Row): Record<string, unknown> | undefined {
  try {
    const body = readBody(row);
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : undefined;
  } catch {
    // Said by the caller's contract: unreadable is as good as missing here.
    return undefined;
  }
}

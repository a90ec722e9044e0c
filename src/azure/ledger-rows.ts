import { odata, type TableClient, type TableEntity, type TransactionAction } from "@azure/data-tables";
import { emptyHead, type Head } from "../ledger/chain.ts";
import { type EffectKind, effectKinds, type OutboxEntry, type RowChange } from "../ledger/commit.ts";
import type { AuditEvent } from "../ledger/event.ts";
import { presentEvent } from "../ledger/migrate-row.ts";
import { rowVersions } from "../ledger/row-versions.ts";
import type { Segment } from "../ledger/segment.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import { parseRequestId, type ServiceKey } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Post, StoredRequest } from "../workflow/ports.ts";
import { linkMarkColumns, linkMarkKey } from "./link-marks.ts";
import { storedForm } from "./present-row.ts";
import {
  bodyColumns,
  damaged,
  findRow,
  keyPart,
  newestFirst,
  numberIn,
  plainColumn,
  type Row,
  readBody,
  sha256,
  textIn,
} from "./rows.ts";
import { approvalRow, findingRow, runRow } from "./standing-rows.ts";

/*
 * The rows of a service's partition in the table `ledger`. The letter before `|` is the kind of row, so that each
 * question is a point read or one short range of keys:
 *
 *   ~head                       where the chain stands; its etag serialises all commits on the service
 *   r|<connection>-<round>      a request, the latest round of a connection first
 *   o|<request>                 says that the request is open
 *   p|<request>                 says that ARM has not shown the LinkID of the approved request yet; link-marks.ts
 *   e|<seq>                     an audit event, newest first
 *   q|<request>|<first seq>     which events one commit added to a request
 *   i|<hash of step key>        says that the step was done, and by which attempt
 *   x|<seq>|<effect>            outbox: still to do
 *   h|<consumer>                how earlier requests of a consumer ended
 *   n|<request>|<place>|<what>  what was posted for the request in one place, or the right to post it; card-records.ts
 *   s|<first seq>               where a part of the chain lies that was sealed
 *   oa|<connection>             an approval that stands; standing-rows.ts
 *   od|<key>                    what was found at the service and stands; standing-rows.ts
 *   c|<run>                     a run over many connections, in the chain of runs only
 *   cs|<run>|<service>          how far the run came at one service, there too
 */
/** In the bodies of requests and events since the first of them; what counts is the number of the row, or of the event. */
const bodyMark = 1;
const seqDigits = 10;
const roundDigits = 5;

const headKey = "~head";

export function requestKey(id: string): string {
  const parsed = parseRequestId(id);
  if (!parsed) throw new PlgateError(`${id} is not a request id`, { retryable: false });
  const round = Number(id.slice(id.lastIndexOf("-") + 1));
  return `${requestRows(parsed.connection)}${newestFirst(round, roundDigits)}`;
}

/** Prefix of all requests of one connection. */
export function requestRows(connectionKey: string): string {
  return `r|${connectionKey}-`;
}

export function stepKey(key: string): string {
  return `i|${sha256(key)}`;
}

/** Prefix of how earlier requests of each consumer ended. */
export const historyRows = "h|";

export function consumerKey(consumer: string): string {
  return `${historyRows}${keyPart(consumer)}`;
}

/** Prefix of all that was posted for one request. */
export function cardRows(requestId: string): string {
  return `n|${keyPart(requestId)}|`;
}

export function cardKey({ request, place, what }: Post): string {
  // Ids of channels hold what no key may hold, and cases that matter.
  return `${cardRows(request)}${sha256(`${place.kind} ${place.id}`).slice(0, 32)}|${what}`;
}

export function effectKey(entry: Pick<OutboxEntry, "seq" | "kind">): string {
  return `x|${padded(entry.seq)}|${entry.kind}`;
}

/** All rows of one partition whose keys begin with `prefix`. */
export function rowsUnder(partition: string, prefix: string): string {
  return odata`PartitionKey eq ${partition} and RowKey ge ${prefix} and RowKey lt ${afterAll(prefix)}`;
}

/** The rows of the events `firstSeq` to `lastSeq`, which come newest first. */
export function eventRows(service: ServiceKey, firstSeq: number, lastSeq: number): string {
  const newest = `e|${newestFirst(lastSeq, seqDigits)}`;
  const oldest = `e|${newestFirst(firstSeq, seqDigits)}`;
  return odata`PartitionKey eq ${service} and RowKey ge ${newest} and RowKey le ${oldest}`;
}

/** The rows of the events up to `lastSeq`, the newest first. */
export function eventRowsUpTo(service: ServiceKey, lastSeq: number): string {
  return eventRows(service, 0, lastSeq);
}

/** What one attempt to commit knows beside the plan. */
export type Attempt = {
  readonly service: ServiceKey;
  /** Null for events about no request. */
  readonly requestId: string | null;
  /** Etag of the head row; null when the chain has none yet. */
  readonly headEtag: string | null;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Names this call of `commit`, so that it recognises its own work after a lost answer. */
  readonly token: string;
  readonly at: string;
};

/** The group of writes for a plan; of a step the first is the head, the third the request, as `planCommit` lays them out. */
export function actionsOf(changes: readonly RowChange[], attempt: Attempt): TransactionAction[] {
  const actions = changes.map((change) => actionOf(change, attempt));
  const span = { firstSeq: attempt.firstSeq, lastSeq: attempt.lastSeq };
  if (attempt.requestId !== null && span.firstSeq <= span.lastSeq) {
    const key = `q|${keyPart(attempt.requestId)}|${padded(span.firstSeq)}`;
    actions.push(["create", row(attempt.service, key, span)]);
  }
  return actions;
}

function actionOf(change: RowChange, attempt: Attempt): TransactionAction {
  const { service, lastSeq } = attempt;
  switch (change.do) {
    case "put-head":
      return put(row(service, headKey, { seq: change.head.seq, hash: change.head.hash }), attempt.headEtag);
    case "insert-key":
      return ["create", row(service, stepKey(change.key), { seq: change.seq, attempt: attempt.token, at: attempt.at })];
    case "put-request":
      return put(requestRow(change.request, lastSeq), change.expected);
    case "insert-event":
      return ["create", eventRow(service, change.event)];
    case "open":
      return ["upsert", row(service, `o|${keyPart(change.request.id)}`, { requestId: change.request.id }), "Replace"];
    case "close":
      return ["delete", { partitionKey: service, rowKey: `o|${keyPart(change.request.id)}` }];
    case "await-link":
      return ["upsert", row(service, linkMarkKey(change.request.id), linkMarkColumns(change.request)), "Replace"];
    case "know-link":
      return ["delete", { partitionKey: service, rowKey: linkMarkKey(change.request.id) }];
    case "remember-end":
      return ["upsert", row(service, consumerKey(change.consumer), { [change.end]: true }), "Merge"];
    case "insert-segment":
      return ["create", segmentRow(service, change.segment)];
    case "insert-effect":
      return ["create", effectRow(change.effect, attempt.at)];
    case "stand":
      return ["upsert", approvalRow(service, change.approval), "Replace"];
    case "put-finding":
      return ["upsert", findingRow(service, change.finding), "Replace"];
    case "put-run":
      return ["upsert", runRow(service, change.run), "Replace"];
  }
}

function put(entity: TableEntity, etag: string | null): TransactionAction {
  return etag === null ? ["create", entity] : ["update", entity, "Replace", { etag }];
}

function requestRow(request: ApprovalRequest, seq: number): TableEntity {
  return row(request.service, requestKey(request.id), {
    seq,
    requestId: request.id,
    state: request.state,
    connectionId: plainColumn(request.connectionId),
    consumer: plainColumn(request.consumerSubscriptionId ?? ""),
    updatedAt: request.updatedAt,
    ...bodyColumns(`request ${request.id}`, request),
  });
}

function eventRow(service: ServiceKey, event: AuditEvent): TableEntity {
  return row(service, `e|${newestFirst(event.seq, seqDigits)}`, {
    seq: event.seq,
    kind: event.kind,
    time: event.time,
    requestId: event.requestId ?? "",
    ...bodyColumns(`event ${event.seq} of ${service}`, event),
  });
}

function effectRow(effect: OutboxEntry, at: string): TableEntity {
  const { kind, requestId, firstSeq, seq, correlation } = effect;
  return row(effect.service, effectKey(effect), {
    ...{ kind, requestId: requestId ?? "", firstSeq, seq, at, claimedUntil: "" },
    ...(correlation === undefined ? {} : { correlation: plainColumn(correlation) }),
  });
}

function segmentRow(service: ServiceKey, segment: Segment): TableEntity {
  return row(service, `s|${padded(segment.first)}`, { ...segment });
}

function row(service: ServiceKey, rowKey: string, columns: Record<string, string | number | boolean>): TableEntity {
  return { partitionKey: service, rowKey, v: rowVersions.ledger, ...columns };
}

function afterAll(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

function padded(seq: number): string {
  return String(seq).padStart(seqDigits, "0");
}

/** Where a chain stands, with the etag that guards it; without an etag there is no row yet. */
export type KnownHead = { readonly head: Head; readonly etag: string | null };

export async function readHeadOf(table: TableClient, service: ServiceKey): Promise<KnownHead> {
  const found = await findRow(table, service, headKey);
  if (!found) return { head: emptyHead, etag: null };
  const hash = textIn(found, "hash");
  if (hash === null) throw damaged(found, "it has no hash");
  return { head: { seq: numberIn(found, "seq"), hash }, etag: found.etag };
}

export function readRequest(found: Row): StoredRequest {
  const body = readBody(found);
  if (!isMap(body) || body["v"] !== bodyMark || body["id"] !== textIn(found, "requestId"))
    throw damaged(found, "it holds no such request");
  return { request: body as ApprovalRequest, etag: found.etag };
}

/** In today's form, for reading. */
export function readEvent(found: Row): AuditEvent {
  return presentEvent(found.partitionKey, readStoredEvent(storedForm(found)));
}

/** In the form in which it was written, which is what its hash covers. */
export function readStoredEvent(found: Row): AuditEvent {
  const body = readBody(found);
  if (!isMap(body) || typeof body["v"] !== "number" || typeof body["seq"] !== "number") {
    throw damaged(found, "it holds no event");
  }
  return body as AuditEvent;
}

/** Undefined for an effect that this version does not know: it stays for the hosts that do, and hides no other. */
export function readEffect(found: Row): OutboxEntry | undefined {
  const kind = textIn(found, "kind");
  const requestId = textIn(found, "requestId");
  if (requestId === null || !isEffectKind(kind)) return undefined;
  const service = found.partitionKey as ServiceKey;
  const about = requestId === "" ? null : requestId;
  const correlation = textIn(found, "correlation");
  const span = { firstSeq: numberIn(found, "firstSeq"), seq: numberIn(found, "seq") };
  return { kind, service, requestId: about, ...span, ...(correlation === null ? {} : { correlation }) };
}

function isEffectKind(kind: string | null): kind is EffectKind {
  return effectKinds.some((one) => one === kind);
}

function isMap(body: unknown): body is Record<string, unknown> {
  return typeof body === "object" && body !== null;
}

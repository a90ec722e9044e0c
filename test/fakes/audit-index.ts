import { entryOf } from "../../src/ledger/entry.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import type { AuditEntry, AuditPage, AuditQuery, RequestQuery } from "../../src/ledger/query.ts";
import { type ApprovalRequest, isOpen } from "../../src/requests/request.ts";
import type { ServiceKey } from "../../src/requests/request-id.ts";
import { InputError } from "../../src/runtime/errors.ts";
import type { Index, RequestLine } from "../../src/workflow/ports.ts";

type Page<T> = { readonly rows: readonly T[]; readonly next: string | null };

/** The derived lists in memory: every search is a filter over all, which is what the stored ones must agree with. */
export class FakeIndex implements Index {
  readonly #entries = new Map<string, AuditEntry>();
  readonly #lines = new Map<string, { readonly line: RequestLine; readonly seq: number }>();

  async addEvents(service: ServiceKey, events: readonly AuditEvent[]): Promise<void> {
    for (const event of events) this.#entries.set(`${service}|${event.seq}`, entryOf(service, event));
  }

  /** Everything that is listed, for whoever takes care of the lists. */
  async rows(): Promise<readonly AuditEntry[]> {
    return [...this.#entries.values()];
  }

  /** Takes the entry `<chain>|<seq>` out, as nobody but a hand would. */
  remove(key: string): void {
    this.#entries.delete(key);
  }

  async putRequest(request: ApprovalRequest, seq: number): Promise<void> {
    const before = this.#lines.get(request.id);
    if (before && before.seq >= seq) return;
    this.#lines.set(request.id, { line: lineOf(request), seq });
  }

  async searchAudit(query: AuditQuery): Promise<AuditPage> {
    const found = [...this.#entries.values()].filter((entry) => isWanted(entry, query));
    const { rows, next } = page(found, entryKey, query);
    return { entries: rows, next, since: null };
  }

  async searchRequests(
    query: RequestQuery,
  ): Promise<{ readonly requests: readonly RequestLine[]; readonly next: string | null }> {
    const found = [...this.#lines.values()].map(({ line }) => line).filter((line) => isListed(line, query));
    const { rows, next } = page(found, lineKey, query);
    return { requests: rows, next };
  }
}

function isWanted(entry: AuditEntry, query: AuditQuery): boolean {
  const at = Date.parse(entry.time);
  if (query.from && at < query.from.getTime()) return false;
  if (query.to && at >= query.to.getTime()) return false;
  const { serviceId, consumer, actor, request, link, kind } = query;
  return (
    isSame(serviceId, entry.serviceId) &&
    isSame(consumer, entry.consumerSubscriptionId) &&
    isSame(actor, entry.who) &&
    isSame(request, entry.requestId) &&
    isSame(link, entry.linkIdentifier) &&
    isSame(kind, entry.kind)
  );
}

function isListed(line: RequestLine, query: RequestQuery): boolean {
  const ofStatus = query.status === "open" ? isOpen(line) : isSame(query.status, line.state);
  return ofStatus && isSame(query.serviceId, line.serviceId) && isSame(query.consumer, line.consumerSubscriptionId);
}

function isSame(wanted: string | undefined, value: string | null): boolean {
  return wanted === undefined || wanted.toLowerCase() === value?.toLowerCase();
}

// Newest first; the token is the sort key of the last row given, so that new rows never shift a page. It also holds the
// question, so that it goes on with no other.
function page<T>(found: readonly T[], keyOf: (row: T) => string, query: AuditQuery | RequestQuery): Page<T> {
  const { top, after: token, ...filters } = query;
  const question = questionOf(keyOf.name, filters);
  const after = token === undefined ? undefined : placeIn(token, question);
  const sorted = found
    .map((row) => ({ row, key: keyOf(row) }))
    .filter(({ key }) => after === undefined || key > after)
    .sort((one, other) => (one.key < other.key ? -1 : 1));
  const rows = sorted.slice(0, top);
  const last = rows.at(-1);
  return {
    rows: rows.map(({ row }) => row),
    next: sorted.length > top && last ? Buffer.from(`${question}\n${last.key}`).toString("base64url") : null,
  };
}

function questionOf(list: string, filters: object): string {
  return `${list} ${JSON.stringify(Object.entries(filters).sort())}`.toLowerCase();
}

function placeIn(token: string, question: string): string {
  const [asked, key = ""] = Buffer.from(token, "base64url").toString().split("\n");
  if (!/^\d{15}\|/.test(key)) throw new InputError("after: is not a continuation that plgate gave");
  if (asked !== question) throw new InputError("after: is the continuation of another question");
  return key;
}

function entryKey(entry: AuditEntry): string {
  return `${newestFirst(Date.parse(entry.time))}|${newestFirst(entry.seq)}|${entry.service}`;
}

function lineKey(line: RequestLine): string {
  return `${newestFirst(Date.parse(line.requestedAt))}|${line.id}`;
}

function newestFirst(n: number): string {
  return String(999_999_999_999_999 - n).padStart(15, "0");
}

function lineOf(request: ApprovalRequest): RequestLine {
  const { id, serviceId, connectionId, endpointId, consumerSubscriptionId } = request;
  const { state, requestedAt, updatedAt, outcome, consumer, verdict, live } = request;
  return {
    ...{ id, serviceId, connectionId, endpointId, consumerSubscriptionId, state, requestedAt, updatedAt, outcome },
    consumerName: consumer?.name ?? null,
    reason: live?.why ?? verdict?.reason ?? null,
    ...(live ? { live: live.cause } : {}),
  };
}

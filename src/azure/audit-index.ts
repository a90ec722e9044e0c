import type { TableClient, TableEntity, TransactionAction } from "@azure/data-tables";
import type { AuditEvent } from "../ledger/event.ts";
import type { AuditPage, AuditQuery, RequestQuery } from "../ledger/query.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import type { Index, RequestLine } from "../workflow/ports.ts";
import { auditFilters, auditPlace, auditRows, readEntry } from "./audit-rows.ts";
import { readToken } from "./page-token.ts";
import { RequestList } from "./request-list.ts";
import { inParallel } from "./rows.ts";
import { longestScanMs, scan } from "./scan.ts";
import { bounded } from "./storage.ts";
import { storageError } from "./storage-errors.ts";

/** How many rows one group may hold (azure.md 8.1). */
const rowsAtMost = 100;

/**
 * The derived lists over the table `ledgerindex`. Writing an event or a request again changes nothing, so the index may
 * be rebuilt at any time from the chains.
 *
 * A search reads the index of its most selective filter; storage applies the others to what it finds there.
 */
export class AuditIndex implements Index {
  readonly #table: TableClient;
  readonly #requests: RequestList;
  readonly #budgetMs: number;

  /** `budgetMs`: after this long a page ends early. */
  constructor(table: TableClient, budgetMs = longestScanMs) {
    this.#table = table;
    this.#requests = new RequestList(table, budgetMs);
    this.#budgetMs = budgetMs;
  }

  async addEvents(service: ServiceKey, events: readonly AuditEvent[]): Promise<void> {
    const rows = events.flatMap((event) => auditRows(service, event));
    const groups = [...Map.groupBy(rows, ({ partitionKey }) => partitionKey).values()].flatMap(inGroups);
    try {
      await inParallel(groups, (group) => this.#put(group));
    } catch (error) {
      throw storageError(`the events of service ${service} cannot be added to the index`, error);
    }
  }

  async putRequest(request: ApprovalRequest, seq: number): Promise<void> {
    return this.#requests.put(request, seq);
  }

  async searchAudit(query: AuditQuery): Promise<AuditPage> {
    const position = readToken(query.after, auditPlace);
    const filters = auditFilters(query, position);
    try {
      const { rows, next } = await scan(this.#table, filters, query.top, position, (row) => row.rowKey, this.#budgetMs);
      return { entries: rows.map(readEntry), next };
    } catch (error) {
      throw storageError("the audit cannot be searched", error);
    }
  }

  async searchRequests(
    query: RequestQuery,
  ): Promise<{ readonly requests: readonly RequestLine[]; readonly next: string | null }> {
    return this.#requests.search(query);
  }

  async #put(group: readonly TableEntity[]): Promise<void> {
    const [first, ...others] = group;
    if (!first) return;
    // A single row needs no group, and costs less of our own time without one.
    if (others.length === 0) await bounded((call) => this.#table.upsertEntity(first, "Replace", call));
    else {
      const actions = group.map((row): TransactionAction => ["upsert", row, "Replace"]);
      await bounded((call) => this.#table.submitTransaction(actions, call));
    }
  }
}

function inGroups(rows: readonly TableEntity[]): readonly (readonly TableEntity[])[] {
  const groups: (readonly TableEntity[])[] = [];
  for (let at = 0; at < rows.length; at += rowsAtMost) groups.push(rows.slice(at, at + rowsAtMost));
  return groups;
}

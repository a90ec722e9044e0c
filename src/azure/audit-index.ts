import type { TableClient } from "@azure/data-tables";
import type { AuditEvent } from "../ledger/event.ts";
import { type AuditPage, type AuditQuery, answeredSince, type RequestQuery } from "../ledger/query.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import type { Index, RequestLine } from "../workflow/ports.ts";
import { readEntry } from "./audit-entry.ts";
import { auditFilters, auditPlace, auditQuestion, auditRows } from "./audit-rows.ts";
import { readFloor } from "./list-floor.ts";
import { readToken } from "./page-token.ts";
import { putRows } from "./put-rows.ts";
import { RequestList } from "./request-list.ts";
import { longestScanMs, scan } from "./scan.ts";
import { storageError } from "./storage-errors.ts";

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
    try {
      await putRows(
        this.#table,
        events.flatMap((event) => auditRows(service, event)),
      );
    } catch (error) {
      throw storageError(`the events of service ${service} cannot be added to the index`, error);
    }
  }

  async putRequest(request: ApprovalRequest, seq: number): Promise<void> {
    return this.#requests.put(request, seq);
  }

  async searchAudit(query: AuditQuery): Promise<AuditPage> {
    const question = auditQuestion(query);
    const position = readToken(query.after, auditPlace, question);
    const filters = auditFilters(query, position);
    try {
      const asked = { question, position };
      const { rows, next } = await scan(this.#table, filters, query.top, asked, (row) => row.rowKey, this.#budgetMs);
      // Read after the rows: who cuts the lists raises the floor first. A page with a next one holds nothing that old.
      const floor = next === null && query.link === undefined ? await readFloor(this.#table) : null;
      return { entries: rows.map(readEntry), next, since: answeredSince(query, floor) };
    } catch (error) {
      throw storageError("the audit cannot be searched", error);
    }
  }

  async searchRequests(
    query: RequestQuery,
  ): Promise<{ readonly requests: readonly RequestLine[]; readonly next: string | null }> {
    return this.#requests.search(query);
  }
}

import { odata, type TableClient, type TableEntity, type TransactionAction } from "@azure/data-tables";
import type { ServiceId } from "../connection/arm-id.ts";
import type { RequestQuery } from "../ledger/query.ts";
import { rowVersions } from "../ledger/row-versions.ts";
import { type ApprovalRequest, isOpen, openStates } from "../requests/request.ts";
import { serviceKey } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { RequestLine } from "../workflow/ports.ts";
import { type Position, questionOf, readToken } from "./page-token.ts";
import { removeKeys } from "./remove-rows.ts";
import { bodyColumns, damaged, findRow, keyPart, newestFirst, numberIn, type Row, readBody, textIn } from "./rows.ts";
import { scan } from "./scan.ts";
import { bounded } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

type RequestPage = { readonly requests: readonly RequestLine[]; readonly next: string | null };

/*
 * The lists of requests share one partition, so that a request's lines change as one. The key goes on with
 * <inverted time of the request>|<request id>: newest first, and the same for the life of the request.
 *
 *   a|  all     o|  those that have not ended     s|<service>|  of a service     c|<consumer>|  of a consumer
 */
const partition = "r";
const timeDigits = 13;
const triesAtMost = 10;

const place = /^\d{13}\|[a-z2-7]{16}-[a-z2-7]{10}-[1-9]\d{0,4}$/;

/** The list of requests: a line per request in each list that shows it. */
export class RequestList {
  readonly #table: TableClient;
  readonly #budgetMs: number;

  constructor(table: TableClient, budgetMs: number) {
    this.#table = table;
    this.#budgetMs = budgetMs;
  }

  /** The line in the list of all holds `seq` and guards the others by its etag: whoever comes late changes nothing. */
  put(request: ApprovalRequest, seq: number): Promise<void> {
    return this.#put(request, seq, async (line) => numberIn(line, "seq") >= seq);
  }

  /**
   * Writes the lines anew, whatever is wrong with them, but leaves those of a newer state. `end` is asked after the line
   * was read: a line that claims an event behind the end of its chain is not newer but forged.
   */
  async restore(request: ApprovalRequest, seq: number, end: () => Promise<number>): Promise<void> {
    await this.#put(request, seq, async (line) => {
      const shown = line["seq"];
      return typeof shown === "number" && shown > seq && shown <= (await end());
    });
    // A request that ended stays ended, so a line among the open ones is wrong for good.
    if (!isOpen(request)) await removeKeys(this.#table, [{ partitionKey: partition, rowKey: `o|${keyOf(request)}` }]);
  }

  async #put(request: ApprovalRequest, seq: number, mayStay: (line: Row) => Promise<boolean>): Promise<void> {
    const key = keyOf(request);
    try {
      for (let tries = 1; tries <= triesAtMost; tries += 1) {
        const before = await findRow(this.#table, partition, `a|${key}`);
        if (before && (await mayStay(before))) return;
        if (await this.#write(actionsFor(request, seq, key, before))) return;
      }
    } catch (error) {
      throw storageError(`request ${request.id} cannot be listed`, error);
    }
    throw new PlgateError(`the line of request ${request.id} keeps changing`, { retryable: true });
  }

  async search(query: RequestQuery): Promise<RequestPage> {
    const question = questionOf("requests", { status: query.status, ...keysIn(query) });
    const position = readToken(query.after, place, question);
    const { prefix, filter } = listFor(query, position);
    const placeOf = (row: Row) => row.rowKey.slice(prefix.length);
    try {
      const { rows, next } = await scan(
        this.#table,
        [filter],
        query.top,
        { question, position },
        placeOf,
        this.#budgetMs,
      );
      return { requests: rows.map(readLine), next };
    } catch (error) {
      throw storageError("the requests cannot be searched", error);
    }
  }

  async #write(actions: TransactionAction[]): Promise<boolean> {
    try {
      await bounded((call) => this.#table.submitTransaction(actions, call));
      return true;
    } catch (error) {
      if (["exists", "changed", "missing"].includes(faultOf(error))) return false;
      throw error;
    }
  }
}

function keyOf(request: ApprovalRequest): string {
  const time = Date.parse(request.requestedAt);
  return `${newestFirst(Math.max(0, time || 0), timeDigits)}|${request.id}`;
}

function actionsFor(request: ApprovalRequest, seq: number, key: string, before: Row | undefined): TransactionAction[] {
  const columns = columnsOf(request, seq);
  const row = (rowKey: string): TableEntity => ({ partitionKey: partition, rowKey, ...columns });
  const all = row(`a|${key}`);
  const actions: TransactionAction[] = [
    before ? ["update", all, "Replace", { etag: before.etag }] : ["create", all],
    ["upsert", row(`s|${columns.service}|${key}`), "Replace"],
  ];
  if (columns.consumer) actions.push(["upsert", row(`c|${columns.consumer}|${key}`), "Replace"]);
  const listed = row(`o|${key}`);
  if (isOpen(request)) actions.push(["upsert", listed, "Replace"]);
  else if (before?.["open"] === true) actions.push(["delete", { partitionKey: partition, rowKey: listed.rowKey }]);
  return actions;
}

function columnsOf(request: ApprovalRequest, seq: number) {
  const consumer = request.consumerSubscriptionId;
  return {
    ...{ v: rowVersions.ledgerindex, seq, id: request.id, state: request.state, open: isOpen(request) },
    service: keyPart(request.service),
    ...(consumer === null ? {} : { consumer: keyPart(consumer) }),
    ...bodyColumns(`the line of request ${request.id}`, lineOf(request)),
  } satisfies Record<string, string | number | boolean>;
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

/** The shortest list that holds what is asked for, and the filter for the rest. */
function listFor(query: RequestQuery, { after }: Position): { readonly prefix: string; readonly filter: string } {
  const { service, consumer } = keysIn(query);
  const prefix = prefixFor(query.status, service, consumer);
  const clauses = [
    odata`PartitionKey eq ${partition}`,
    after === null ? odata`RowKey ge ${prefix}` : odata`RowKey gt ${prefix + after}`,
    // `}` follows `|`, with which every prefix ends.
    odata`RowKey lt ${`${prefix.slice(0, -1)}}`}`,
    ...statusClause(query.status),
  ];
  if (service !== undefined) clauses.push(odata`service eq ${service}`);
  if (consumer !== undefined) clauses.push(odata`consumer eq ${consumer}`);
  return { prefix, filter: clauses.join(" and ") };
}

function keysIn({ serviceId, consumer }: RequestQuery) {
  return {
    service: serviceId === undefined ? undefined : serviceKey(serviceId.toLowerCase() as ServiceId),
    consumer: consumer === undefined ? undefined : keyPart(consumer),
  };
}

function prefixFor(status: string | undefined, service: string | undefined, consumer: string | undefined): string {
  if (consumer !== undefined) return `c|${consumer}|`;
  if (service !== undefined) return `s|${service}|`;
  const ofOpen = status === "open" || openStates.some((state) => state === status);
  return ofOpen ? "o|" : "a|";
}

function statusClause(status: string | undefined): readonly string[] {
  if (status === undefined) return [];
  return status === "open" ? ["open eq true"] : [odata`state eq ${keyPart(status)}`];
}

function readLine(row: Row): RequestLine {
  const body = readBody(row);
  if (typeof body !== "object" || body === null || Reflect.get(body, "id") !== textIn(row, "id")) {
    throw damaged(row, "it holds no request");
  }
  return body as RequestLine;
}

import { randomUUID } from "node:crypto";
import type { TableClient } from "@azure/data-tables";
import { parseRequestId, type RequestId, type ServiceKey } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { CardClaim, CardRecord, Cards, Clock, SentCard } from "../workflow/ports.ts";
import { changeRow, type RowChange } from "./change-row.ts";
import { cardKey } from "./ledger-rows.ts";
import { bodyColumns, damaged, dateIn, findRow, numberIn, type Row, readBody, textIn } from "./rows.ts";
import { storageError } from "./storage-errors.ts";

/** Longer than a post with its retries takes; after that its holder counts as dead and another may post. */
const claimSeconds = 60;

/**
 * Card records: row `n|<request>` in the partition of the request's service, apart from the request itself, because a
 * card is posted and updated while votes come in.
 *
 * Teams cannot say whether a post whose answer was lost happened. So a claim that ran out may lead to a second card;
 * the first one then stays behind, and a click on it finds the request all the same.
 */
export class CardRecords implements Cards {
  readonly #table: TableClient;
  readonly #clock: Clock;

  constructor(table: TableClient, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  async find(request: RequestId): Promise<CardRecord | undefined> {
    try {
      const row = await findRow(this.#table, partitionOf(request), cardKey(request));
      return row && recordIn(row);
    } catch (error) {
      throw storageError(`the card of request ${request} cannot be read`, error);
    }
  }

  async claim(request: RequestId): Promise<CardClaim> {
    const token = randomUUID();
    const now = this.#clock.now();
    const until = new Date(now.getTime() + claimSeconds * 1000).toISOString();
    return this.#change<CardClaim>(request, (row) => {
      const record = row && recordIn(row);
      if (record) return [{ do: "nothing" }, { kind: "update", record }];
      // Our own claim, written by a try whose answer was lost.
      if (row && textIn(row, "token") === token) return [{ do: "nothing" }, { kind: "post", token }];
      const held = row && dateIn(row, "until");
      if (held && held > now) return [{ do: "nothing" }, { kind: "busy" }];
      return [
        { do: "put", columns: { token, until } },
        { kind: "post", token },
      ];
    });
  }

  async keep(request: RequestId, record: CardRecord): Promise<void> {
    const columns = { seq: record.seq, ...bodyColumns(`the card of request ${request}`, record.card) };
    await this.#change(request, (row) => {
      const before = row && recordIn(row);
      const isNewer = before !== undefined && before.seq > record.seq;
      return [isNewer ? { do: "nothing" } : { do: "put", columns }, undefined];
    });
  }

  async release(request: RequestId, token: string): Promise<void> {
    await this.#change(request, (row) => {
      const isOurs = row && !recordIn(row) && textIn(row, "token") === token;
      return [{ do: isOurs ? "delete" : "nothing" }, undefined];
    });
  }

  async #change<T>(request: RequestId, decide: (row: Row | undefined) => readonly [RowChange, T]): Promise<T> {
    const key = { partitionKey: partitionOf(request), rowKey: cardKey(request) };
    try {
      return (await changeRow(this.#table, key, decide)).answer;
    } catch (error) {
      throw storageError(`the card of request ${request} cannot be kept`, error);
    }
  }
}

function recordIn(row: Row): CardRecord | undefined {
  if (row["seq"] === undefined) return undefined;
  const card = readBody(row);
  if (!isSentCard(card)) throw damaged(row, "it holds no card");
  return { card, seq: numberIn(row, "seq") };
}

const cardFields = ["serviceUrl", "tenantId", "channelId", "conversationId", "activityId"];

function isSentCard(value: unknown): value is SentCard {
  if (typeof value !== "object" || value === null) return false;
  return cardFields.every((field) => typeof Reflect.get(value, field) === "string");
}

function partitionOf(request: RequestId): ServiceKey {
  const service = parseRequestId(request)?.service;
  if (!service) throw new PlgateError(`${request} is not a request id`, { retryable: false });
  return service;
}

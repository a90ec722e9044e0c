import { randomUUID } from "node:crypto";
import type { TableClient } from "@azure/data-tables";
import { partitionIn, type RequestId, type ServiceKey } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type {
  CardClaim,
  CardRecord,
  Cards,
  Clock,
  Leaving,
  Place,
  PlaceRecord,
  Post,
  SentCard,
} from "../workflow/ports.ts";
import { type Columns, changeRow, type RowChange } from "./change-row.ts";
import { cardKey, cardRows, rowsUnder } from "./ledger-rows.ts";
import { fieldsBeside } from "./present-row.ts";
import { bodyColumns, damaged, dateIn, numberIn, type Row, readBody, rowsOf, textIn } from "./rows.ts";
import { storageError } from "./storage-errors.ts";

/** Longer than a post with its retries takes; after that its holder counts as dead and another may post. */
const claimSeconds = 60;

/**
 * Card records: row `n|<request>|<hash of the place>|<what>` in the partition of the request's service, apart from the
 * request itself, because cards are posted and updated while votes come in. A row is one of three: a right to post
 * (`token`, `until`), something that stands (`seq`), or the word that the place took nothing (`lostAt`).
 *
 * Teams cannot say whether a post whose answer was lost happened. So a right that ran out may lead to a second
 * announcement; only one of the two is kept here, and only what is kept becomes a card.
 */
export class CardRecords implements Cards {
  readonly #table: TableClient;
  readonly #clock: Clock;

  constructor(table: TableClient, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  async all(request: RequestId): Promise<readonly PlaceRecord[]> {
    const now = this.#clock.now();
    const found: PlaceRecord[] = [];
    try {
      for await (const row of rowsOf(this.#table, rowsUnder(partitionOf(request), cardRows(request)))) {
        const record = row.rowKey.endsWith("|card") ? placeRecordIn(row, now) : undefined;
        if (record) found.push(record);
      }
    } catch (error) {
      throw storageError(`the cards of request ${request} cannot be read`, error);
    }
    return found;
  }

  async claim(post: Post): Promise<CardClaim> {
    const token = randomUUID();
    const now = this.#clock.now();
    const until = new Date(now.getTime() + claimSeconds * 1000).toISOString();
    return this.#change<CardClaim>(post, (row) => {
      const record = row && recordIn(row);
      if (record) return [{ do: "nothing" }, { kind: "standing", record }];
      // Our own claim, written by a try whose answer was lost.
      if (row && textIn(row, "token") === token) return [{ do: "nothing" }, { kind: "post", token }];
      const held = row && dateIn(row, "until");
      if (held && held > now) return [{ do: "nothing" }, { kind: "busy" }];
      return [put(post, null, { token, until }, row), { kind: "post", token }];
    });
  }

  async keep(post: Post, token: string, card: SentCard | null): Promise<boolean> {
    return this.#change(post, (row) => {
      const record = row && recordIn(row);
      if (record) return [{ do: "nothing" }, isSameCard(record.card, card)];
      if (!row || textIn(row, "token") !== token) return [{ do: "nothing" }, false];
      return [put(post, card, { seq: 0 }, row), true];
    });
  }

  async showed(post: Post, card: SentCard, seq: number): Promise<void> {
    await this.#change(post, (row) => {
      const record = row && recordIn(row);
      const isNews = record && isSameCard(record.card, card) && record.seq < seq;
      return [isNews ? put(post, card, { seq }, row) : { do: "nothing" }, undefined];
    });
  }

  async release(post: Post, token: string, leaving: Leaving): Promise<void> {
    await this.#change(post, (row) => {
      const isOurs = row && !recordIn(row) && textIn(row, "token") === token;
      return [isOurs ? this.#leave(post, leaving, row) : { do: "nothing" }, undefined];
    });
  }

  async drop(post: Post, card: SentCard | null, leaving: Leaving): Promise<void> {
    await this.#change(post, (row) => {
      const record = row && recordIn(row);
      const isIt = record && isSameCard(record.card, card);
      return [isIt ? this.#leave(post, leaving, row) : { do: "nothing" }, undefined];
    });
  }

  #leave(post: Post, leaving: Leaving, row: Row): RowChange {
    if (leaving === "free") return { do: "delete" };
    return put(post, null, { lostAt: this.#clock.now().toISOString() }, row);
  }

  async #change<T>(post: Post, decide: (row: Row | undefined) => readonly [RowChange, T]): Promise<T> {
    const key = { partitionKey: partitionOf(post.request), rowKey: cardKey(post) };
    try {
      return (await changeRow(this.#table, key, decide)).answer;
    } catch (error) {
      throw storageError(`the card of request ${post.request} cannot be kept`, error);
    }
  }
}

/** What the body holds beside place and card, a newer version put there: it stays. */
function put({ request, place }: Post, card: SentCard | null, columns: Columns, before: Row | undefined): RowChange {
  const body = { ...fieldsBeside(before, ["place", "card"]), place, card };
  return { do: "put", columns: { ...columns, ...bodyColumns(`the card of request ${request}`, body) } };
}

function placeRecordIn(row: Row, now: Date): PlaceRecord | undefined {
  const record = recordIn(row);
  if (record) return { kind: "standing", ...record };
  const { place } = bodyIn(row);
  const at = dateIn(row, "lostAt");
  if (at) return { kind: "lost", place, at };
  const until = dateIn(row, "until");
  return until && until > now ? { kind: "claimed", place } : undefined;
}

function recordIn(row: Row): CardRecord | undefined {
  return row["seq"] === undefined ? undefined : { ...bodyIn(row), seq: numberIn(row, "seq") };
}

type Body = { readonly place: Place; readonly card: SentCard | null };

function bodyIn(row: Row): Body {
  const body = readBody(row);
  if (!isBody(body)) throw damaged(row, "it holds no card");
  return body;
}

const cardFields = ["serviceUrl", "tenantId", "channelId", "conversationId", "activityId"];

function isBody(value: unknown): value is Body {
  if (typeof value !== "object" || value === null) return false;
  const [place, card]: unknown[] = [Reflect.get(value, "place"), Reflect.get(value, "card")];
  const isPlace = hasTexts(place, ["kind", "id"]) && ["channel", "webhook"].includes(Reflect.get(place, "kind"));
  return isPlace && (card === null || hasTexts(card, cardFields));
}

function hasTexts(value: unknown, fields: readonly string[]): value is object {
  if (typeof value !== "object" || value === null) return false;
  return fields.every((field) => typeof Reflect.get(value, field) === "string");
}

function isSameCard(one: SentCard | null, other: SentCard | null): boolean {
  return one?.conversationId === other?.conversationId && one?.activityId === other?.activityId;
}

function partitionOf(request: Post["request"]): ServiceKey {
  const service = partitionIn(request);
  if (!service) throw new PlgateError(`${request} is not a request id`, { retryable: false });
  return service;
}

import { odata, type TableClient } from "@azure/data-tables";
import { isGuid } from "../connection/arm-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Consumer, ConsumerPage, Consumers } from "../workflow/ports.ts";
import { changeRow } from "./change-row.ts";
import { questionOf, readToken } from "./page-token.ts";
import { fieldsBeside } from "./present-row.ts";
import { bodyColumns, damaged, findRow, keyPart, plainColumn, type Row, readBody, rowsOf } from "./rows.ts";
import { scan } from "./scan.ts";
import { bounded } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

const place = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const question = questionOf("consumers");

/**
 * The registry of consumer subscriptions: table `consumers`, one row for each subscription id in lower case. The id is
 * row key as well as partition key: Azurite looks rows up by their row key first and would search them all otherwise.
 */
export class ConsumerTable implements Consumers {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  async find(subscriptionId: string): Promise<Consumer | undefined> {
    try {
      const key = keyPart(subscriptionId);
      const row = await findRow(this.#table, key, key);
      return row && readConsumer(row);
    } catch (error) {
      throw storageError("the registry of consumers cannot be read", error);
    }
  }

  /** Registers the consumer, or replaces all that was known of it; what only a newer version knows stays. */
  async put(consumer: Consumer): Promise<void> {
    const subscriptionId = consumer.subscriptionId.toLowerCase();
    if (!isGuid(subscriptionId)) {
      throw new PlgateError("a consumer is registered by the id of its subscription", { retryable: false });
    }
    const { name, tier, tenantId, tags, owners } = consumer;
    const fields = { subscriptionId, name, tier, tenantId, tags, owners };
    const shown = {
      name: plainColumn(name ?? ""),
      tier: plainColumn(tier ?? ""),
      tenantId: plainColumn(tenantId ?? ""),
    };
    try {
      await changeRow(this.#table, { partitionKey: subscriptionId, rowKey: subscriptionId }, (row) => {
        const body = { ...fieldsBeside(row, Object.keys(fields)), ...fields };
        return [{ do: "put", columns: { ...shown, ...bodyColumns(`consumer ${subscriptionId}`, body) } }, undefined];
      });
    } catch (error) {
      throw storageError(`consumer ${subscriptionId} cannot be registered`, error);
    }
  }

  /** Everybody who is registered, in the order of their subscription ids. */
  async *list(): AsyncGenerator<Consumer> {
    try {
      for await (const row of rowsOf(this.#table, "")) yield readConsumer(row);
    } catch (error) {
      throw storageError("the registry of consumers cannot be listed", error);
    }
  }

  async page(query: { readonly top: number; readonly after?: string }): Promise<ConsumerPage> {
    const position = readToken(query.after, place, question);
    const filter = position.after === null ? "" : odata`PartitionKey gt ${position.after}`;
    try {
      const { rows, next } = await scan(
        this.#table,
        [filter],
        query.top,
        { question, position },
        (row) => row.partitionKey,
      );
      return { consumers: rows.map(readConsumer), next };
    } catch (error) {
      throw storageError("the registry of consumers cannot be listed", error);
    }
  }

  /** Forgets the consumer, even one whose row cannot be read; false when the subscription was not registered. */
  async remove(subscriptionId: string): Promise<boolean> {
    const key = keyPart(subscriptionId);
    try {
      // Read first: a delete whose answer was lost is repeated by the SDK and then finds nothing.
      if (!(await findRow(this.#table, key, key))) return false;
      await bounded((call) => this.#table.deleteEntity(key, key, { ...call, etag: "*" }));
      return true;
    } catch (error) {
      if (faultOf(error) === "missing") return true;
      throw storageError(`consumer ${key} cannot be removed`, error);
    }
  }
}

function readConsumer(row: Row): Consumer {
  const body = readBody(row);
  if (!isConsumer(body) || body.subscriptionId !== row.partitionKey) throw damaged(row, "it holds no such consumer");
  // Rows of before know no owners.
  const { owners = [] } = body;
  return { ...body, owners };
}

type StoredConsumer = Omit<Consumer, "owners"> & Partial<Pick<Consumer, "owners">>;

function isConsumer(value: unknown): value is StoredConsumer {
  if (typeof value !== "object" || value === null) return false;
  const tags: unknown = Reflect.get(value, "tags");
  const texts = ["name", "tier", "tenantId"].map((field): unknown => Reflect.get(value, field));
  return (
    texts.every((text) => text === null || typeof text === "string") &&
    isListOfTexts(Reflect.get(value, "owners") ?? []) &&
    typeof tags === "object" &&
    tags !== null &&
    Object.values(tags).every((tag) => typeof tag === "string")
  );
}

/** A list that cannot be read is no list without owners: nobody shall decide on their own request by a damaged row. */
function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

import type { TableClient } from "@azure/data-tables";
import { changeRow } from "./change-row.ts";
import { fieldsBeside } from "./present-row.ts";
import { bodyColumns, damaged, keyPart, plainColumn, type Row, readBody, rowsOf, sha256 } from "./rows.ts";
import { bounded } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

/** As `ConversationReference` in src/teams/conversations.ts: an adapter does not import another, compose.ts joins them. */
type Reference = {
  readonly serviceUrl: string;
  readonly tenantId: string;
  readonly teamId: string;
  readonly teamName: string | null;
  readonly aadGroupId: string | null;
  readonly channelId: string;
  readonly channelName: string | null;
  readonly botId: string;
  readonly usable: boolean;
};

/** Rows of older versions do not hold these. */
type Newer = "teamName" | "usable";
type KeptReference = Omit<Reference, Newer> & { readonly [field in Newer]?: Reference[field] };

const texts = ["serviceUrl", "tenantId", "teamId", "channelId", "botId"];
const textsOrNull = ["aadGroupId", "channelName"];

/** The channels that the bot was let into: table `conversations`, partition tenant, row channel. */
export class ConversationTable {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  async keep(reference: Reference): Promise<void> {
    const { serviceUrl, tenantId, teamId, teamName, aadGroupId, channelId, channelName, botId, usable } = reference;
    const body = { serviceUrl, tenantId, teamId, teamName, aadGroupId, channelId, channelName, botId, usable };
    const shown = { channelName: plainColumn(channelName ?? ""), usable };
    try {
      await changeRow(this.#table, keyOf(tenantId, channelId), (row) => {
        const fields = { ...fieldsBeside(row, Object.keys(body)), ...body };
        return [{ do: "put", columns: { ...shown, ...bodyColumns("a channel", fields) } }, undefined];
      });
    } catch (error) {
      throw storageError("a Teams channel cannot be kept", error);
    }
  }

  async forget(tenantId: string, channelId: string): Promise<void> {
    const { partitionKey, rowKey } = keyOf(tenantId, channelId);
    try {
      // Whatever was known of it last: this channel will never be back.
      await bounded((call) => this.#table.deleteEntity(partitionKey, rowKey, { ...call, etag: "*" }));
    } catch (error) {
      if (faultOf(error) === "missing") return;
      throw storageError("a Teams channel cannot be forgotten", error);
    }
  }

  async list(): Promise<readonly Reference[]> {
    try {
      const references: Reference[] = [];
      for await (const row of rowsOf(this.#table, "")) references.push(readReference(row));
      return references;
    } catch (error) {
      throw storageError("the Teams channels cannot be read", error);
    }
  }
}

function keyOf(tenantId: string, channelId: string) {
  // Teams tells channels apart by case, so theirs is no ordinary part of a key.
  return { partitionKey: keyPart(tenantId), rowKey: sha256(channelId) };
}

function readReference(row: Row): Reference {
  const body = readBody(row);
  if (!isReference(body)) throw damaged(row, "it holds no channel");
  return { ...body, teamName: body.teamName ?? null, usable: body.usable ?? true };
}

function isReference(value: unknown): value is KeptReference {
  if (typeof value !== "object" || value === null) return false;
  const field = (name: string): unknown => Reflect.get(value, name);
  return (
    texts.every((name) => typeof field(name) === "string") &&
    textsOrNull.every((name) => field(name) === null || typeof field(name) === "string") &&
    ["string", "undefined"].includes(typeof (field("teamName") ?? undefined)) &&
    ["boolean", "undefined"].includes(typeof (field("usable") ?? undefined))
  );
}

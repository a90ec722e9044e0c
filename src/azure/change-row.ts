import { setTimeout as pause } from "node:timers/promises";
import type { TableClient } from "@azure/data-tables";
import { PlgateError } from "../runtime/errors.ts";
import { versionOf } from "./present-row.ts";
import { findRow, type Row } from "./rows.ts";
import { bounded } from "./storage.ts";
import { faultOf } from "./storage-errors.ts";

export type RowKey = { readonly partitionKey: string; readonly rowKey: string };
export type Columns = Readonly<Record<string, string | number | boolean | Uint8Array>>;

/** What shall become of a row: `put` replaces all of its columns. */
export type RowChange =
  | { readonly do: "put"; readonly columns: Columns }
  | { readonly do: "delete" }
  | { readonly do: "nothing" };

export type Changed<T> = {
  readonly answer: T;
  /** The row as it stands after the change. */
  readonly row: Row | undefined;
};

const triesAtMost = 25;
const longestPauseMs = 200;

/**
 * Reads one row, decides, and writes it guarded by its etag; when somebody was faster, all of it again.
 *
 * `decide` may be called several times and has no effects of its own. It must recognise a change that it asked for
 * before, since the SDK may repeat a write whose answer was lost. `known` saves the first read: a row that has
 * changed since fails by its etag and is read then.
 */
export async function changeRow<T>(
  table: TableClient,
  key: RowKey,
  decide: (row: Row | undefined) => readonly [RowChange, T],
  known?: Row,
): Promise<Changed<T>> {
  let row = known ?? (await findRow(table, key.partitionKey, key.rowKey));
  for (let tries = 1; tries <= triesAtMost; tries += 1) {
    const [change, answer] = decide(row);
    const written = await write(table, key, row, change);
    if (written !== "lost-race") return { answer, row: written };
    await pause(Math.random() * Math.min(longestPauseMs, 2 ** tries));
    row = await findRow(table, key.partitionKey, key.rowKey);
  }
  throw new PlgateError(`row ${key.partitionKey} ${key.rowKey} keeps changing`, { retryable: true });
}

async function write(
  table: TableClient,
  key: RowKey,
  row: Row | undefined,
  change: RowChange,
): Promise<Row | undefined | "lost-race"> {
  try {
    switch (change.do) {
      case "nothing":
        return row;
      case "delete":
        if (row) await bounded((call) => table.deleteEntity(key.partitionKey, key.rowKey, { ...call, etag: row.etag }));
        return undefined;
      case "put":
        return await put(table, { ...change.columns, v: versionOf(table), ...key }, row);
    }
  } catch (error) {
    if (["exists", "changed", "missing"].includes(faultOf(error))) return "lost-race";
    throw error;
  }
}

async function put(table: TableClient, entity: Columns & RowKey, row: Row | undefined): Promise<Row> {
  const { etag } = await bounded((call) =>
    row ? table.updateEntity(entity, "Replace", { ...call, etag: row.etag }) : table.createEntity(entity, call),
  );
  // Without an etag the row cannot be told from later ones; the next change then reads it first.
  return { ...entity, etag: etag ?? "" };
}

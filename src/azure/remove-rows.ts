import type { TableClient, TransactionAction } from "@azure/data-tables";
import { inParallel, type Row, type RowPage, readPage } from "./rows.ts";
import { bounded } from "./storage.ts";
import { faultOf } from "./storage-errors.ts";

/** How many rows one group may hold (azure.md 8.1). */
const rowsAtMost = 100;

type Key = Pick<Row, "partitionKey" | "rowKey">;

/** Removes every row that the filter finds, all of one partition, and gives how many; one that is gone is no fault. */
export async function removeRows(table: TableClient, filter: string): Promise<number> {
  let removed = 0;
  let next: string | undefined;
  do {
    const page: RowPage = await readPage(table, filter, rowsAtMost, next, ["v"]);
    await removeKeys(table, page.rows);
    removed += page.rows.length;
    next = page.continuationToken;
  } while (next !== undefined);
  return removed;
}

/** Removes rows of one partition as one group; row by row when somebody removes some of them, too. */
export async function removeKeys(table: TableClient, keys: readonly Key[]): Promise<void> {
  const [only, ...others] = keys;
  if (!only) return;
  if (others.length === 0) return removeKey(table, only);
  const actions = keys.map(({ partitionKey, rowKey }): TransactionAction => ["delete", { partitionKey, rowKey }]);
  try {
    await bounded((call) => table.submitTransaction(actions, call));
  } catch (error) {
    if (faultOf(error) !== "missing") throw error;
    await inParallel(keys, (key) => removeKey(table, key));
  }
}

async function removeKey(table: TableClient, { partitionKey, rowKey }: Key): Promise<void> {
  try {
    await bounded((call) => table.deleteEntity(partitionKey, rowKey, { ...call, etag: "*" }));
  } catch (error) {
    if (faultOf(error) !== "missing") throw error;
  }
}

import type { TableClient } from "@azure/data-tables";
import { dateIn, findRow } from "./rows.ts";
import { storageError } from "./storage-errors.ts";

/** What is known of the lists as a whole lies beside them, in a partition of its own. */
export const aboutLists = "~about";
export const floorRow = { partitionKey: aboutLists, rowKey: "floor" } as const;

/** Below this moment the lists hold nothing; null when they hold everything. */
export async function readFloor(table: TableClient): Promise<Date | null> {
  try {
    const row = await findRow(table, floorRow.partitionKey, floorRow.rowKey);
    return row ? dateIn(row, "time") : null;
  } catch (error) {
    throw storageError("the floor of the lists cannot be read", error);
  }
}

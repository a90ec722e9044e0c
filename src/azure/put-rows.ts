import type { TableClient, TableEntity, TransactionAction } from "@azure/data-tables";
import { inParallel } from "./rows.ts";
import { bounded } from "./storage.ts";

/** How many rows one group may hold (azure.md 8.1). */
const rowsAtMost = 100;

/** Writes derived rows, whatever stands there: in groups of one partition each, several at a time. */
export async function putRows(table: TableClient, rows: readonly TableEntity[]): Promise<void> {
  const groups = [...Map.groupBy(rows, ({ partitionKey }) => partitionKey).values()].flatMap(inGroups);
  await inParallel(groups, (group) => putGroup(table, group));
}

async function putGroup(table: TableClient, group: readonly TableEntity[]): Promise<void> {
  const [first, ...others] = group;
  if (!first) return;
  // A single row needs no group, and costs less of our own time without one.
  if (others.length === 0) await bounded((call) => table.upsertEntity(first, "Replace", call));
  else {
    const actions = group.map((row): TransactionAction => ["upsert", row, "Replace"]);
    await bounded((call) => table.submitTransaction(actions, call));
  }
}

function inGroups(rows: readonly TableEntity[]): readonly (readonly TableEntity[])[] {
  const groups: (readonly TableEntity[])[] = [];
  for (let at = 0; at < rows.length; at += rowsAtMost) groups.push(rows.slice(at, at + rowsAtMost));
  return groups;
}

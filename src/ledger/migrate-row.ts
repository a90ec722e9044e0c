import type { AuditEvent } from "./event.ts";
import { migrations, type RowForm, rowVersions, type StoredTable } from "./row-versions.ts";

/** The version that a number says; what carries none, or something else in its place, is of the first. */
export function versionIn(v: unknown): number {
  return typeof v === "number" && Number.isSafeInteger(v) && v >= 1 ? v : 1;
}

/** A row of an older version in today's form. */
export function migrateRow(table: StoredTable, from: number, row: RowForm): RowForm {
  let form = row;
  for (const step of migrations[table].slice(from - 1, rowVersions[table] - 1)) form = { ...form, ...step(form) };
  return form;
}

/** An event in today's form, for whoever reads it; of today's version it is given back as it is. Not for hashing. */
export function presentEvent(partitionKey: string, event: AuditEvent): AuditEvent {
  const from = versionIn(event.v);
  if (from >= rowVersions.ledger) return event;
  const { body } = migrateRow("ledger", from, { partitionKey, rowKey: "e|", columns: {}, body: event });
  return { ...(body as AuditEvent), v: rowVersions.ledger };
}

import type { TableClient } from "@azure/data-tables";
import type { Json } from "../ledger/event.ts";
import { migrateRow, versionIn } from "../ledger/migrate-row.ts";
import { rowVersions, type StoredTable } from "../ledger/row-versions.ts";
import { NotNow } from "../runtime/errors.ts";

type Keys = { readonly partitionKey: string; readonly rowKey: string };
type Stored = Keys & Readonly<Record<string, unknown>>;

/** What this process met in one table: the highest version, the one that it knows, and how often. */
type NewerRows = {
  readonly table: StoredTable;
  readonly version: number;
  readonly known: number;
  readonly times: number;
};

/** Another host may be through with its work by then; the sweep comes in any case. */
const retryAfterMs = 30_000;
/** A string property holds 32 Ki UTF-16 units and an entity 1 MiB (azure.md 8.1); both stay well below. */
const chunkLength = 30_000;

const met = new WeakMap<TableClient, NewerRows>();
const asStored = new WeakMap<object, Stored>();

/** What was met through these clients since they were opened. */
export function newerRowsMet(tables: readonly TableClient[]): readonly NewerRows[] {
  return tables.flatMap((table) => met.get(table) ?? []);
}

/** Whether this version of plgate may neither read nor write the row; it is counted for health. */
export function isNewer(table: TableClient, row: Stored): boolean {
  const name = storedTable(table);
  const version = versionIn(row["v"]);
  if (name === undefined || version <= rowVersions[name]) return false;
  const { version: highest = 0, times = 0 } = met.get(table) ?? {};
  met.set(table, { table: name, version: Math.max(highest, version), known: rowVersions[name], times: times + 1 });
  return true;
}

/**
 * A row in today's form: as it is stored, or migrated from an older version. Throws `NotNow` for a row of a newer one, which
 * is left to the hosts that know it (row-versions.ts, rule 2).
 */
export function presentRow<R extends Stored>(table: TableClient, row: R): R {
  if (isNewer(table, row)) throw newer(table, row);
  const name = storedTable(table);
  const from = versionIn(row["v"]);
  if (name === undefined || from === rowVersions[name]) return row;
  const present = inForm(row, name, from);
  asStored.set(present, row);
  return present;
}

/** The number that rows of this table are written with. */
export function versionOf(table: TableClient): number {
  const name = storedTable(table);
  return name === undefined ? 1 : rowVersions[name];
}

/** The row as it was written, whatever version it is of: for what is hashed as it was stored. */
export function storedForm<R extends Stored>(row: R): R {
  return (asStored.get(row) as R | undefined) ?? row;
}

/** The text over the columns `body0`, `body1`, ...; empty when there is none. */
export function bodyText(row: Readonly<Record<string, unknown>>): string {
  let text = "";
  for (let n = 0; ; n += 1) {
    const chunk = row[`body${n}`];
    if (typeof chunk !== "string") return text;
    text += chunk;
  }
}

export function bodyChunks(text: string): Record<string, string> {
  const columns: Record<string, string> = {};
  for (let at = 0; at < text.length; at += chunkLength) {
    columns[`body${at / chunkLength}`] = text.slice(at, at + chunkLength);
  }
  return columns;
}

/** What a body holds beside fields that this version knows: whoever writes the row again keeps it. Nothing of one that is damaged. */
export function fieldsBeside(row: Stored | undefined, known: readonly string[]): Readonly<Record<string, Json>> {
  const body = row && jsonIn(bodyText(row));
  if (typeof body !== "object" || body === null || Array.isArray(body)) return {};
  return Object.fromEntries(Object.entries(body).filter(([name]) => !known.includes(name)));
}

function inForm<R extends Stored>(row: R, table: StoredTable, from: number): R {
  const { partitionKey, rowKey } = row;
  const beside = Object.entries(row).filter(([name]) => !/^body\d+$/.test(name));
  const text = bodyText(row);
  const body = jsonIn(text);
  const form = migrateRow(table, from, { partitionKey, rowKey, columns: Object.fromEntries(beside), body });
  // What cannot be read stays as it is, for its reader to say so.
  const chunks = bodyChunks(form.body === undefined ? text : JSON.stringify(form.body));
  return { ...row, ...form.columns, ...chunks, partitionKey, rowKey, v: rowVersions[table] };
}

function jsonIn(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    // As above.
    return undefined;
  }
}

function newer(table: TableClient, { partitionKey, rowKey, v }: Stored): NotNow {
  const name = storedTable(table);
  const message = `row ${partitionKey} ${rowKey} of ${name} has version ${v}, and this plgate knows ${name && rowVersions[name]}: it is left to the newer plgate that wrote it; finish the upgrade (docs/upgrade.md)`;
  return new NotNow(message, { retryAfterMs, because: "newer-row" });
}

/** By what its name ends with: a prefix keeps several worlds apart in one account. */
function storedTable({ tableName }: TableClient): StoredTable | undefined {
  return names.find((name) => tableName.endsWith(name));
}

const names = ["ledger", "ledgerindex", "policies", "consumers", "services", "conversations"] as const;

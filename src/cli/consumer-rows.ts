import { type ConsumerChange, readConsumerChange } from "../intake/consumer.ts";
import type { Fault } from "../intake/fault.ts";
import { textOf } from "../ledger/spreadsheet-cell.ts";
import { didYouMean } from "../policy/faults.ts";
import { readCsv } from "./csv-rows.ts";
import { readJsonList } from "./json-rows.ts";
import { Refusal } from "./verb.ts";

/** A consumer as a file tells of it, or what is wrong with the row. */
export type ConsumerRow = { readonly line: number } & (
  | { readonly ok: true; readonly change: ConsumerChange }
  | { readonly ok: false; readonly faults: readonly Fault[] }
);

const fields = ["subscriptionId", "name", "tier", "tenantId", "owners"] as const;
export const tagColumn = "tags.";

type Column = { readonly heading: string; readonly field: string } | { readonly heading: string; readonly tag: string };

/** The rows of a CSV file. The first names the columns, in any order; a file without a proper one is refused as a whole. */
export async function* consumersInCsv(file: string, pieces: AsyncIterable<string>): AsyncGenerator<ConsumerRow> {
  let columns: readonly Column[] | undefined;
  for await (const row of readCsv(pieces)) {
    if (!columns) {
      if ("fault" in row) throw new Refusal(`${file}: its row of headings ${row.fault}`);
      columns = columnsOf(row.cells, file);
    } else if ("fault" in row) yield refused(row.line, "row", row.fault);
    else yield readRow(row.line, row.cells, columns);
  }
  if (!columns) throw new Refusal(`${file} is empty; its first row names the columns: ${fields.join(",")},tags.KEY`);
}

/** The entries of a JSON list. */
export async function* consumersInJson(file: string, pieces: AsyncIterable<string>): AsyncGenerator<ConsumerRow> {
  for await (const row of readJsonList(pieces)) {
    if ("value" in row) yield checked(row.line, row.value);
    else if (row.line === 1 && row.fault.startsWith("is no list")) throw new Refusal(`${file} ${row.fault}`);
    else yield refused(row.line, "entry", row.fault);
  }
}

function columnsOf(headings: readonly string[], file: string): readonly Column[] {
  const columns = headings.map((heading) => columnOf(heading.trim(), file));
  const names = columns.map((column) => ("field" in column ? column.field : tagColumn + column.tag));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Refusal(`${file} has the column ${twice} twice`);
  if (!names.includes("subscriptionId")) throw new Refusal(`${file} has no column subscriptionId`);
  return columns;
}

function columnOf(heading: string, file: string): Column {
  const field = fields.find((one) => one.toLowerCase() === heading.toLowerCase());
  if (field) return { heading, field };
  const tag = heading.slice(tagColumn.length);
  if (heading.toLowerCase().startsWith(tagColumn) && tag !== "") return { heading, tag };
  const separated = heading.includes(";") ? "; its cells have to be separated by commas" : didYouMean(heading, fields);
  throw new Refusal(`${file} has a column ${JSON.stringify(heading)} that there is not${separated}`);
}

function readRow(line: number, cells: readonly string[], columns: readonly Column[]): ConsumerRow {
  if (cells.length !== columns.length) {
    return refused(line, "row", `has ${cells.length} cells; the row of headings has ${columns.length}`);
  }
  const entry: Record<string, unknown> = {};
  const tags: [string, string][] = [];
  for (const [at, column] of columns.entries()) {
    const text = textOf(cells[at] ?? "").trim();
    if ("field" in column) entry[column.field] = column.field === "owners" ? listIn(text) : text;
    else tags.push([column.tag, text]);
  }
  const filled = withoutEmptyTwins(tags);
  return checked(line, filled.length > 0 ? { ...entry, tags: Object.fromEntries(filled) } : entry);
}

function listIn(cell: string): readonly string[] {
  return cell
    .split(";")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** Of columns that policy takes for the same tag, an empty cell says nothing beside a filled one. */
function withoutEmptyTwins(tags: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  const filled = new Set(tags.filter(([, value]) => value !== "").map(([key]) => key.toLowerCase()));
  const seen = new Set<string>();
  return tags.filter(([key, value]) => {
    if (value !== "") return true;
    const lower = key.toLowerCase();
    const first = !filled.has(lower) && !seen.has(lower);
    seen.add(lower);
    return first;
  });
}

function checked(line: number, entry: unknown): ConsumerRow {
  // Bytes that are no UTF-8 were read as this sign.
  if (JSON.stringify(entry)?.includes("\ufffd")) return refused(line, "row", "holds bytes that are not UTF-8");
  const read = readConsumerChange(entry);
  return read.ok ? { line, ok: true, change: read.value } : { line, ok: false, faults: read.faults };
}

function refused(line: number, field: string, why: string): ConsumerRow {
  return { line, ok: false, faults: [{ field, why }] };
}

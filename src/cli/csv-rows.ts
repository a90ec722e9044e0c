import { TextWindow } from "./text-window.ts";

/** A row of a CSV file, or why it is none; `line` is where it begins, counted from 1. */
export type CsvRow =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly fault: string };

/** Nothing that we import is nearly as long, and memory stays flat whatever a file holds. */
const longestRow = 65_536;

type More = { readonly kind: "more" };
/** Reading goes on with the line after `resumeFrom`; null is the line in which the row began. */
type Fault = { readonly kind: "fault"; readonly why: string; readonly resumeFrom: number | null };
type Cell = { readonly kind: "cell"; readonly value: string; readonly end: number } | More | Fault;
type Row = { readonly kind: "row"; readonly cells: readonly string[]; readonly end: number } | More | Fault;

const more: More = { kind: "more" };

/**
 * Reads comma separated values as RFC 4180 defines them, with lines that end in CRLF or LF, from text in pieces of any
 * size. Empty lines are left out. A row that breaks the rules is given as a fault, and reading goes on with the line
 * after the fault, never with one that a quoted cell may hold; a quote that never closes costs its own line only.
 */
export async function* readCsv(pieces: AsyncIterable<string>): AsyncGenerator<CsvRow> {
  const window = new TextWindow();
  const skip = { line: false };
  for await (const _ of window.fed(pieces)) {
    for (;;) {
      const row = nextRow(window, skip);
      if (row === "more") break;
      if (row !== "blank") yield row;
    }
  }
}

/** `skip.line` says that the rest of a line has still to be skipped as it comes. */
function nextRow(window: TextWindow, skip: { line: boolean }): CsvRow | "blank" | "more" {
  if (skip.line) skip.line = !skipLine(window, window.at);
  if (skip.line || window.rest === 0) return "more";
  const row = bounded(takeRow(window.text, window.at, window.last), window);
  if (row.kind === "more") return "more";
  if (row.kind === "fault") return leftOut(row, window, skip);
  const { line } = window;
  window.moveTo(row.end);
  return row.cells.length === 1 && row.cells[0] === "" ? "blank" : { line, cells: row.cells };
}

function leftOut({ why, resumeFrom }: Fault, window: TextWindow, skip: { line: boolean }): CsvRow {
  const { line } = window;
  skip.line = !skipLine(window, resumeFrom ?? window.at);
  const lastLine = skip.line ? window.line : window.line - 1;
  return { line, fault: lastLine > line ? `${why}; lines ${line} to ${lastLine} are left out` : why };
}

/** Leaves the line that `from` is in; false when its end is still to come. */
function skipLine(window: TextWindow, from: number): boolean {
  const end = window.text.indexOf("\n", from);
  window.moveTo(end < 0 ? window.text.length : end + 1);
  return end >= 0;
}

function bounded(row: Row, window: TextWindow): Row {
  if (row.kind !== "more" || window.rest <= longestRow) return row;
  return fault(`is longer than ${longestRow} characters, or has a quote that never closes`);
}

function takeRow(text: string, from: number, last: boolean): Row {
  const cells: string[] = [];
  let at = from;
  for (;;) {
    const cell = text[at] === '"' ? quotedCell(text, at, last) : bareCell(text, at, last);
    if (cell.kind !== "cell") return cell;
    cells.push(cell.value);
    if (text[cell.end] !== ",") return endOfRow(text, cell.end, cells, last);
    at = cell.end + 1;
  }
}

function bareCell(text: string, from: number, last: boolean): Cell {
  const stop = /[",\r\n]/g;
  stop.lastIndex = from;
  const end = stop.exec(text)?.index ?? text.length;
  if (text[end] === '"')
    return fault("has a quote inside a bare cell; such a cell is quoted, and its quotes are doubled");
  return end === text.length && !last ? more : { kind: "cell", value: text.slice(from, end), end };
}

function quotedCell(text: string, from: number, last: boolean): Cell {
  let end = text.indexOf('"', from + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  // Behind a quote at the very end another may follow.
  if (!last && (end < 0 || end + 1 === text.length)) return more;
  if (end < 0) return fault("has a quote that never closes");
  return { kind: "cell", value: text.slice(from + 1, end).replaceAll('""', '"'), end: end + 1 };
}

function endOfRow(text: string, at: number, cells: readonly string[], last: boolean): Row {
  if (at === text.length) return last ? { kind: "row", cells, end: at } : more;
  if (text[at] === "\n") return { kind: "row", cells, end: at + 1 };
  if (text[at] !== "\r") return fault("has text behind a closing quote", at);
  if (text[at + 1] === "\n") return { kind: "row", cells, end: at + 2 };
  return at + 1 === text.length && !last ? more : fault("has a carriage return without a line feed", at);
}

function fault(why: string, resumeFrom: number | null = null): Fault {
  return { kind: "fault", why, resumeFrom };
}

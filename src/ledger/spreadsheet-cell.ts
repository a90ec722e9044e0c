/*
 * A spreadsheet takes a cell that begins with one of these for a formula and runs it (OWASP, "CSV Injection"). What
 * stands in the registry and in the audit comes from outside, so an export puts an apostrophe before such a cell, which
 * a spreadsheet takes for "this is text", and an import takes one away. Cells that already begin with apostrophes and a
 * formula get one more, so every text comes back as it was.
 */
const formula = /^'*(?:\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])/;

/** A cell of a CSV file that a spreadsheet may open. */
export function cellOf(text: string): string {
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The text of a cell that was read; never evaluated. */
export function textOf(cell: string): string {
  return cell.startsWith("'") && formula.test(cell) ? cell.slice(1) : cell;
}

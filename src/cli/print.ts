export type Column<Row> = readonly [heading: string, text: (row: Row) => string];

/** A table for people: a heading, a line for each row, two spaces between the columns. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = [
    columns.map(([heading]) => heading),
    ...rows.map((row) => columns.map(([, text]) => oneLine(text(row)))),
  ];
  const widths = columns.map((_, column) => cells.reduce((most, line) => Math.max(most, widthOf(line[column])), 0));
  const lines = cells.map((line) =>
    line
      .map((text, column) => padded(text, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/** What is known of one thing, a line for each fact. */
export function details(facts: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...facts.map(([name]) => widthOf(name)));
  return facts
    .map(([name, text]) => `${padded(name, width)}  ${oneLine(text)}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}

/** For machines. Letters stay letters; what a terminal would act on is escaped. */
export function json(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replace(unprintable, (unit) =>
    Array.from({ length: unit.length }, (_, at) => `\\u${unit.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
  return `${text}\n`;
}

/** Text as a terminal may show it: names and notes come from outside, and nothing in them moves the cursor or hides a word. */
export function printable(text: string): string {
  return text.replace(unprintable, "\ufffd");
}

/** Control and format characters (the latter turn the direction of writing), line separators, half characters; not the line feed. */
const unprintable = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Nothing that was written into a cell may pass for a further line. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function widthOf(text: string | undefined): number {
  return [...(text ?? "")].length;
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

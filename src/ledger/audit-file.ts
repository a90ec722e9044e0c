import type { ExportedEntry } from "./pseudonyms.ts";
import { cellOf } from "./spreadsheet-cell.ts";

/** How far a file of the audit goes: to the end of what was asked for when `after` is null. */
export type Closing = {
  /** How many events stand above. */
  readonly events: number;
  /** Where the rest begins. */
  readonly after: string | null;
  /** Why the rest is missing, when that is a fault. */
  readonly problem?: string;
  /** Since when the lists go, when they were cut and the question reached further back: older events are not above. */
  readonly since?: string | null;
};

/**
 * A form of file for events, newest first, one on each line whatever their texts hold. The last line is a closing, which
 * no event can look like: a file without it was cut off on the way.
 */
export type AuditFile = {
  readonly contentType: string;
  /** What stands above the first event. */
  readonly head: string;
  readonly line: (entry: ExportedEntry) => string;
  readonly closing: (closing: Closing) => string;
};

/**
 * The columns of CSV, in this order for good: new ones come last. Whoever reads the file goes by name or by place.
 * The closing has as many cells: its word, the number of events, where to go on, the fault, and since when the lists go.
 */
export const auditColumns = [
  "time",
  "kind",
  "who",
  "whoName",
  "door",
  "what",
  "rules",
  "justification",
  "service",
  "serviceId",
  "seq",
  "hash",
  "requestId",
  "connectionId",
  "consumerSubscriptionId",
  "linkIdentifier",
  "correlation",
] as const satisfies readonly (keyof ExportedEntry)[];

/** One JSON object a line, with every text exactly as it is: letters outside ASCII are escaped, so no way can break them. */
export const ndjson: AuditFile = {
  contentType: "application/x-ndjson; charset=utf-8",
  head: "",
  line: (entry) => jsonLine(Object.fromEntries(auditColumns.map((column) => [column, entry[column]]))),
  closing: ({ events, after, problem, since }) =>
    jsonLine(
      after === null ? { end: true, events, since: since ?? undefined } : { end: false, after, events, problem },
    ),
};

/**
 * RFC 4180, for spreadsheets: a byte order mark so that they take it for UTF-8, and no cell that they would run. A text
 * that is not plain shows what was in it by a picture of the character, so that a line is always an event.
 */
export const csv: AuditFile = {
  contentType: "text/csv; charset=utf-8; header=present",
  head: `\ufeff${auditColumns.join(",")}\r\n`,
  line: (entry) => csvLine(auditColumns.map((column) => plain(cellText(entry[column])))),
  closing: ({ events, after, problem, since }) => {
    const told =
      after === null
        ? ["#end", String(events), "", "", since ?? ""]
        : ["#continue", String(events), after, plain(problem ?? "")];
    return csvLine(auditColumns.map((_, place) => told[place] ?? ""));
  },
};

/** By the word that asks for them, and that ends the name of a file. */
export const auditFiles = { ndjson, csv } as const;

export type AuditFormat = keyof typeof auditFiles;

function jsonLine(value: object): string {
  const ascii = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(value).replace(/[^ -~]/g, ascii)}\n`;
}

function csvLine(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(",")}\r\n`;
}

function cellText(value: ExportedEntry[keyof ExportedEntry]): string {
  if (value === null) return "";
  return typeof value === "object" ? value.join(" ") : String(value);
}

const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Line feeds, tabs and the like become their pictures (U+2400 and on). What has no picture becomes U+FFFD: further
 * controls and line separators, half characters, and the marks that write all that follows backwards.
 */
function plain(text: string): string {
  return text.replace(unfit, (character) => {
    const code = character.charCodeAt(0);
    if (code === 0x7f) return "\u2421";
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}

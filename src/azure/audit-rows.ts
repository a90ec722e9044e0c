import { odata, type TableEntity } from "@azure/data-tables";
import type { ServiceId } from "../connection/arm-id.ts";
import { entryOf } from "../ledger/entry.ts";
import type { AuditEvent } from "../ledger/event.ts";
import type { AuditEntry, AuditQuery } from "../ledger/query.ts";
import { rowVersions } from "../ledger/row-versions.ts";
import { type ServiceKey, serviceKey } from "../requests/request-id.ts";
import { type Position, type Question, questionOf } from "./page-token.ts";
import { bodyColumns, keyPart, newestFirst } from "./rows.ts";

/*
 * The index of the audit in the table `ledgerindex`: the same line in one partition per question.
 *
 *   t:<inverted month>   everything          k:<kind>      q:<request>
 *   c:<consumer>         a:<actor>           l:<link>      s:<service>
 *
 * The row key is <inverted time>|<inverted seq>|<service>: newest first and always the same for the same event, so that
 * writing it again changes nothing. The months are inverted too: "everything, newest first" is one range of partitions,
 * however many months lie empty between two events.
 */
const timeDigits = 13;
const latest = 10 ** timeDigits - 1;
const seqDigits = 10;
const monthDigits = 6;

/** What a row's key looks like, and so where a page may go on. */
export const auditPlace = /^\d{13}\|\d{10}\|[a-z2-7]{16}$/;

type Column = "request" | "link" | "consumer" | "service" | "actor" | "kind";
type Values = Readonly<Partial<Record<Column, string>>>;

/** The most selective first; the robot did nearly everything, so it comes after the kinds. */
const letters: Readonly<Record<Column, string>> = {
  request: "q",
  link: "l",
  consumer: "c",
  service: "s",
  actor: "a",
  kind: "k",
};
const bySelectivity = ["request", "link", "consumer", "service", "actor", "kind"] as const;
const bySelectivityOfRobot = ["request", "link", "consumer", "service", "kind", "actor"] as const;

export type AuditRow = TableEntity & { readonly partitionKey: string; readonly rowKey: string };

/** The rows of one event, one for each question that it answers. */
export function auditRows(service: ServiceKey, event: AuditEvent): readonly AuditRow[] {
  const entry = entryOf(service, event);
  const { partitions, rowKey, columns } = placesOf(entry);
  const all = { v: rowVersions.ledgerindex, ...columns, ...bodyColumns(`the index of event ${event.seq}`, entry) };
  return partitions.map((partitionKey) => ({ partitionKey, rowKey, ...all }));
}

/** Where an entry stands, and what stands beside its body. Follows from the entry, so that a row can be held against it. */
export function placesOf(entry: AuditEntry): {
  readonly partitions: readonly string[];
  readonly rowKey: string;
  readonly columns: Readonly<Record<string, string>>;
} {
  const time = clamped(Date.parse(entry.time));
  const values = valuesOf(entry);
  const partitions = bySelectivity.flatMap((column) => partitionOf(column, values) ?? []);
  return {
    partitions: [monthOf(time), ...partitions],
    rowKey: `${inverted(time)}|${newestFirst(entry.seq, seqDigits)}|${entry.service}`,
    columns: { time: entry.time, ...values },
  };
}

/** What a query asks, without the size of its pages: filters that find the same in any spelling are one question. */
export function auditQuestion(query: AuditQuery): Question {
  const { from, to } = query;
  return questionOf("audit", { from: from?.toISOString(), to: to?.toISOString(), ...wantedBy(query) });
}

/** The list that is never cut: an approval outlives every interest in how it came about. */
const keptWhole = "l:";

/** Whether a row is in the lists when they are cut at `floor`. */
export function isAbove(floor: Date | null, { partitionKey, rowKey }: RowName): boolean {
  return floor === null || partitionKey.startsWith(keptWhole) || timeOfRow(rowKey) >= floor.getTime();
}

/** Rows of the list of everything that lie below a floor. */
export function rowsBelow(floor: Date): string {
  const [month, oldest] = [monthOf(floor.getTime()), `${inverted(floor.getTime())}}`];
  return odata`PartitionKey ge ${month} and PartitionKey lt ${"t;"} and RowKey ge ${oldest}`;
}

/** Every list of events, or one of them by its letter; of one service, or of all. */
export function listRows(letter: string | null, only: ServiceKey | undefined): string {
  const [from, to] = letter === null ? ["a:", "t;"] : [`${letter}:`, `${letter};`];
  const range = odata`PartitionKey ge ${from} and PartitionKey lt ${to}`;
  return only === undefined ? range : `${range} and service eq '${only}'`;
}

/** The event that a row of a list stands for; undefined for a row that is none of ours. */
export function eventOfRow({
  partitionKey,
  rowKey,
}: RowName): { readonly chain: ServiceKey; readonly seq: number } | undefined {
  if (!auditPlace.test(rowKey) || !/^[acklqst]:/.test(partitionKey)) return undefined;
  const [, seq, chain] = rowKey.split("|");
  return { chain: chain as ServiceKey, seq: 10 ** seqDigits - 1 - Number(seq) };
}

type RowName = { readonly partitionKey: string; readonly rowKey: string };

function timeOfRow(rowKey: string): number {
  return latest - Number(rowKey.slice(0, timeDigits));
}

/** The filters that answer the query after the position, to be asked one after the other. */
export function auditFilters(query: AuditQuery, position: Position): readonly string[] {
  const wanted = wantedBy(query);
  const order = wanted.actor === "plgate" ? bySelectivityOfRobot : bySelectivity;
  const best = order.find((column) => wanted[column] !== undefined);
  const rest = bySelectivity.filter((column) => column !== best).flatMap((column) => clauseOf(column, wanted));
  const newest = newestClauses(query, position);
  const oldest = query.from ? [odata`RowKey lt ${`${inverted(query.from.getTime())}}`}`] : [];
  const partition = best && partitionOf(best, wanted);
  if (partition) return [all(odata`PartitionKey eq ${partition}`, ...newest, ...oldest, ...rest)];
  return byMonths(query, position, newest, [...oldest, ...rest]);
}

// The month in which the page begins by its own key, so that storage goes straight there; then all older months as one range.
function byMonths(
  query: AuditQuery,
  { after }: Position,
  newest: readonly string[],
  rest: readonly string[],
): readonly string[] {
  const end = query.from ? odata`PartitionKey le ${monthOf(query.from.getTime())}` : "PartitionKey lt 't;'";
  const starts = [
    query.to ? query.to.getTime() - 1 : latest,
    after ? latest - Number(after.slice(0, timeDigits)) : latest,
  ];
  const start = Math.min(...starts);
  if (start === latest) return [all("PartitionKey ge 't:'", end, ...rest)];
  const month = monthOf(start);
  return [all(odata`PartitionKey eq ${month}`, ...newest, ...rest), all(odata`PartitionKey gt ${month}`, end, ...rest)];
}

function newestClauses(query: AuditQuery, { after }: Position): readonly string[] {
  const clauses = query.to ? [odata`RowKey ge ${inverted(query.to.getTime() - 1)}`] : [];
  return after === null ? clauses : [...clauses, odata`RowKey gt ${after}`];
}

function wantedBy({ request, link, consumer, serviceId, actor, kind }: AuditQuery): Values {
  // A key is a hash of the lower-cased id; an id of nothing that exists finds nothing.
  const service = serviceId === undefined ? undefined : serviceKey(serviceId.toLowerCase() as ServiceId);
  return keyed({ request, link, consumer, service, actor, kind });
}

function valuesOf(entry: AuditEntry): Values {
  return keyed({
    request: entry.requestId,
    link: entry.linkIdentifier,
    consumer: entry.consumerSubscriptionId,
    service: entry.service,
    actor: entry.who,
    kind: entry.kind,
  });
}

// Only parts of keys ever become part of a filter, so no text can change the question.
function keyed(texts: Readonly<Record<Column, string | null | undefined>>): Values {
  const values: Partial<Record<Column, string>> = {};
  for (const column of bySelectivity) {
    const text = texts[column];
    if (typeof text === "string") values[column] = keyPart(text);
  }
  return values;
}

function partitionOf(column: Column, values: Values): string | undefined {
  const value = values[column];
  return value === undefined ? undefined : `${letters[column]}:${value}`;
}

function clauseOf(column: Column, values: Values): readonly string[] {
  const value = values[column];
  // The column's name is ours and the value is a part of a key, which holds no quote.
  return value === undefined ? [] : [`${column} eq '${value}'`];
}

function all(...clauses: readonly string[]): string {
  return clauses.join(" and ");
}

function monthOf(time: number): string {
  const date = new Date(clamped(time));
  return `t:${newestFirst(date.getUTCFullYear() * 100 + date.getUTCMonth() + 1, monthDigits)}`;
}

function inverted(time: number): string {
  return String(latest - clamped(time)).padStart(timeDigits, "0");
}

function clamped(time: number): number {
  return Number.isNaN(time) ? 0 : Math.min(latest, Math.max(0, time));
}

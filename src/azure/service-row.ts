import { type ServiceRef, serviceRef } from "../connection/arm-id.ts";
import type { WatchedService } from "../workflow/ports.ts";
import type { Columns } from "./change-row.ts";
import { parsedTime, type Row, textIn } from "./rows.ts";

/** A wake-up this long overdue counts as lost: its sender died between flag and message, or the queue lost it. */
const lostAfterMs = 120_000;

/**
 * The row of one service in the table `services`: who reviews it, whether a wake-up is on its way, and what the last
 * review saw. `wanted` counts the wishes for a look, `begun` is what it was when the last review began.
 */
export type ServiceRow = {
  readonly ref: ServiceRef;
  readonly owner: string;
  readonly until: Date | null;
  /** The holder that gave the lease back last; it recognises its own `end` by it. */
  readonly endedBy: string;
  /** When the message that is on its way becomes visible; null when none is. */
  readonly visibleAt: Date | null;
  /** Who sends or sent that message. */
  readonly sender: string;
  readonly wanted: number;
  readonly begun: number;
  readonly digest: string | null;
  readonly lookAgainAt: Date | null;
  readonly lastReviewedAt: Date | null;
};

/** A service that nobody has asked about before. */
export function freshRow(ref: ServiceRef): ServiceRow {
  const nobody = { owner: "", until: null, endedBy: "", visibleAt: null, sender: "" };
  return { ref, ...nobody, wanted: 0, begun: 0, digest: null, lookAgainAt: null, lastReviewedAt: null };
}

/**
 * Reads a row, and takes what it cannot read for empty: nothing here is a record of anything, and a row that blocked
 * the sweep over all services would do more harm than a needless review.
 */
export function readServiceRow(row: Row): ServiceRow {
  const text = (column: string) => textIn(row, column) ?? "";
  const time = (column: string) => parsedTime(text(column)) ?? null;
  const count = (column: string) => Number(row[column]) || 0;
  return {
    ref: serviceRef(row.partitionKey, text("resourceGroup"), text("name")),
    owner: text("owner"),
    until: time("until"),
    endedBy: text("endedBy"),
    visibleAt: time("visibleAt"),
    sender: text("sender"),
    wanted: count("wanted"),
    begun: count("begun"),
    digest: textIn(row, "digest"),
    lookAgainAt: time("lookAgainAt"),
    lastReviewedAt: time("lastReviewedAt"),
  };
}

export function columnsOf(row: ServiceRow): Columns {
  const { ref, owner, until, endedBy, visibleAt, sender, wanted, begun, digest, lookAgainAt, lastReviewedAt } = row;
  const { resourceGroup, name } = ref;
  const times = { until, visibleAt, lookAgainAt, lastReviewedAt };
  const texts = Object.entries(times).map(([column, time]) => [column, time?.toISOString() ?? ""] as const);
  return {
    ...Object.fromEntries(texts),
    ...{ resourceGroup, name, owner, endedBy, sender, wanted, begun },
    ...(digest === null ? {} : { digest }),
  };
}

/** Columns that this version does not know: a newer one put them there, and they stay as they are. */
export function unknownColumns(row: Row): Columns {
  const known = new Set([...ownColumns, "v", "partitionKey", "rowKey", "etag", "timestamp"]);
  const others = Object.entries(row).filter(
    (entry): entry is [string, string | number | boolean] => isPlain(entry[1]) && !known.has(entry[0]),
  );
  return Object.fromEntries(others.filter(([name]) => !name.includes("odata")));
}

const ownColumns = [
  ...["until", "visibleAt", "lookAgainAt", "lastReviewedAt", "resourceGroup", "name"],
  ...["owner", "endedBy", "sender", "wanted", "begun", "digest"],
];

function isPlain(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

export function isLeased(row: ServiceRow, now: Date): boolean {
  return row.owner !== "" && row.until !== null && row.until > now;
}

export function isAskedAgain(row: ServiceRow): boolean {
  return row.wanted !== row.begun;
}

/** The row after one more wish for a look; several wishes between two reviews are one. */
export function wished(row: ServiceRow): ServiceRow {
  return isAskedAgain(row) ? row : { ...row, wanted: row.wanted + 1 };
}

/** True when a message is on its way that comes no later than `at` and is not overdue. */
export function isComing(row: ServiceRow, at: Date, now: Date): boolean {
  if (!row.visibleAt || row.visibleAt > at) return false;
  return now.getTime() < row.visibleAt.getTime() + lostAfterMs;
}

/** The columns that `watched` looks at. */
export const watchedColumns = [
  ...["resourceGroup", "name", "owner", "until", "visibleAt", "wanted", "begun"],
  ...["digest", "lookAgainAt", "lastReviewedAt"],
] as const;

/**
 * The service as the sweep sees it. Whatever was begun, asked for or sent and did not come to its end is due again,
 * so that what a dead host left behind is found without anything else being stored for it.
 */
export function watched(row: ServiceRow, now: Date): WatchedService {
  const due = [row.lookAgainAt?.getTime(), row.visibleAt && row.visibleAt.getTime() + lostAfterMs];
  if (row.owner !== "") due.push(row.until?.getTime() ?? 0);
  else if (isAskedAgain(row) && !row.visibleAt) due.push(0);
  const times = due.filter((time) => typeof time === "number");
  const { ref, digest, lastReviewedAt, visibleAt } = row;
  const comingAt = visibleAt && now.getTime() < visibleAt.getTime() + lostAfterMs ? visibleAt : null;
  return { ref, digest, lookAgainAt: times.length > 0 ? new Date(Math.min(...times)) : null, lastReviewedAt, comingAt };
}

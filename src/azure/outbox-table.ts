import type { TableClient } from "@azure/data-tables";
import type { OutboxEntry } from "../ledger/commit.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import type { Clock, Outbox, StuckEffect } from "../workflow/ports.ts";
import { effectKey, readEffect, rowsUnder } from "./ledger-rows.ts";
import type { Marker, OutboxMarkers } from "./outbox-markers.ts";
import { newerRowsMet } from "./present-row.ts";
import { dateIn, findRow, inParallel, plainColumn, type Row, rowsOf, textIn } from "./rows.ts";
import { bounded } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

/** A few services at a time, so that a sweep stops soon after it has found enough. */
const servicesAtOnce = 16;
const longestClaimMs = 15 * 60_000;
/** With the pauses between them ten tries take an hour and a half. */
const stuckAfterTries = 10;
const stuckAfterMs = 24 * 3600_000;

/** The outbox: rows `x|` beside the commits that left them, found over all services by the markers. */
export class OutboxTable implements Outbox {
  readonly #table: TableClient;
  readonly #markers: OutboxMarkers;
  readonly #clock: Clock;

  constructor(table: TableClient, markers: OutboxMarkers, clock: Clock) {
    this.#table = table;
    this.#markers = markers;
    this.#clock = clock;
  }

  async claim(entry: OutboxEntry, seconds: number): Promise<boolean> {
    const now = this.#clock.now();
    try {
      const row = await findRow(this.#table, entry.service, effectKey(entry));
      if (!row || isClaimed(row, now)) return false;
      const tries = triesOf(row) + 1;
      const claimedUntil = new Date(now.getTime() + claimMs(seconds * 1000, tries)).toISOString();
      const change = { partitionKey: row.partitionKey, rowKey: row.rowKey, claimedUntil, tries };
      await bounded((call) => this.#table.updateEntity(change, "Merge", { ...call, etag: row.etag }));
      return true;
    } catch (error) {
      const fault = faultOf(error);
      if (fault === "changed" || fault === "missing") return false;
      throw storageError(`effect ${entry.kind} of request ${entry.requestId} cannot be claimed`, error);
    }
  }

  async done(entry: OutboxEntry): Promise<void> {
    try {
      // Whoever holds a claim: what is done is done, so any etag will do.
      await bounded((call) => this.#table.deleteEntity(entry.service, effectKey(entry), { ...call, etag: "*" }));
    } catch (error) {
      if (faultOf(error) === "missing") return;
      throw storageError(`effect ${entry.kind} of request ${entry.requestId} cannot be ticked off`, error);
    }
  }

  async failed(entry: OutboxEntry, why: string): Promise<void> {
    await this.#change(entry, { failure: plainColumn(why) });
  }

  async retry(entry: OutboxEntry): Promise<void> {
    await this.#change(entry, { claimedUntil: "", tries: 0 });
  }

  async stuck(): Promise<readonly StuckEffect[]> {
    try {
      const since = new Date(this.#clock.now().getTime() - stuckAfterMs);
      const rows = await this.#all();
      const found = rows.flatMap((row) => stuckEffect(row, since) ?? []);
      return found.sort((one, other) => one.since.getTime() - other.since.getTime());
    } catch (error) {
      throw storageError("the outbox cannot be searched", error);
    }
  }

  async leftOver(olderThan: Date, top: number): Promise<readonly OutboxEntry[]> {
    try {
      return await this.#leftOver(olderThan, top);
    } catch (error) {
      throw storageError("the outbox cannot be searched", error);
    }
  }

  async waiting(): Promise<{ readonly count: number; readonly oldest: Date | null }> {
    try {
      const rows = await this.#all();
      const times = rows.flatMap((row) => dateIn(row, "at")?.getTime() ?? []);
      return { count: rows.length, oldest: times.length > 0 ? new Date(Math.min(...times)) : null };
    } catch (error) {
      throw storageError("the outbox cannot be counted", error);
    }
  }

  async #leftOver(olderThan: Date, top: number): Promise<readonly OutboxEntry[]> {
    const now = this.#clock.now();
    const services = [...servicesOf(await this.#markers.list())];
    const found: OutboxEntry[] = [];
    // From a random service on: entries that fail for ever on one service must not hide those of the others.
    const start = Math.floor(Math.random() * services.length);
    const turned = [...services.slice(start), ...services.slice(0, start)];
    for (let at = 0; at < turned.length && found.length < top; at += servicesAtOnce) {
      const rows = await inParallel(turned.slice(at, at + servicesAtOnce), (one) => this.#rowsOrTidy(...one));
      const due = rows.flat().filter((row) => isDue(row, olderThan, now));
      due.sort((one, other) => triesOf(one) - triesOf(other));
      found.push(...due.flatMap((row) => readEffect(row) ?? []));
    }
    return found.slice(0, top);
  }

  /** Changes columns of the entry's row, if it is still there. */
  async #change(entry: OutboxEntry, columns: Readonly<Record<string, string | number>>): Promise<void> {
    const change = { partitionKey: entry.service, rowKey: effectKey(entry), ...columns };
    try {
      await bounded((call) => this.#table.updateEntity(change, "Merge", { ...call, etag: "*" }));
    } catch (error) {
      if (faultOf(error) === "missing") return;
      throw storageError(`effect ${entry.kind} of request ${entry.requestId} cannot be changed`, error);
    }
  }

  async #all(): Promise<readonly Row[]> {
    const services = servicesOf(await this.#markers.list());
    return (await inParallel([...services.keys()], (service) => this.#rows(service))).flat();
  }

  async #rowsOrTidy(service: ServiceKey, markers: readonly Marker[]): Promise<readonly Row[]> {
    const rows = await this.#rows(service);
    // What a newer version left to do was not counted, and must not lose its marker.
    const isEmpty = rows.length === 0 && newerRowsMet([this.#table]).length === 0;
    if (isEmpty) await inParallel(markers, (marker) => this.#markers.removeIfOld(marker));
    return rows;
  }

  /** What a newer version of plgate left to do is for its hosts. */
  async #rows(service: ServiceKey): Promise<readonly Row[]> {
    const rows: Row[] = [];
    for await (const row of rowsOf(this.#table, rowsUnder(service, "x|"), [], "leave-out")) rows.push(row);
    return rows;
  }
}

function servicesOf(markers: readonly Marker[]): ReadonlyMap<ServiceKey, readonly Marker[]> {
  return Map.groupBy(markers, ({ service }) => service);
}

function triesOf(row: Row): number {
  return Number(row["tries"]) || 0;
}

/** An entry that keeps failing comes back later each time, so that it does not fill what is done in one go. */
function claimMs(ms: number, tries: number): number {
  return Math.max(ms, Math.min(longestClaimMs, ms * 2 ** (tries - 1)));
}

function stuckEffect(row: Row, before: Date): StuckEffect | undefined {
  const entry = readEffect(row);
  const since = dateIn(row, "at");
  const tries = triesOf(row);
  if (!entry || !since || (tries < stuckAfterTries && since > before)) return undefined;
  return { entry, since, tries, why: textIn(row, "failure") };
}

function isClaimed(row: Row, now: Date): boolean {
  const until = dateIn(row, "claimedUntil");
  return until !== null && until > now;
}

function isDue(row: Row, olderThan: Date, now: Date): boolean {
  const at = dateIn(row, "at");
  return at !== null && at < olderThan && !isClaimed(row, now);
}

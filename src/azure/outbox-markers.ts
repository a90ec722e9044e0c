import { randomUUID } from "node:crypto";
import { odata, type TableClient } from "@azure/data-tables";
import { rowVersions } from "../ledger/row-versions.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import { keyPart, parsedTime, type Row, type RowPage, readPage } from "./rows.ts";
import { bounded } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

/** A service whose outbox may hold something: one per process that commits there. */
export type Marker = { readonly service: ServiceKey; readonly row: Row; readonly ageMs: number };

/**
 * How long a process relies on a marker that it set, and after how long, by storage's own clock, an unused one may be
 * removed. The gap between the two is what makes removal safe: nobody commits under a marker that old.
 */
export type MarkerTimes = { readonly reliedOnMs: number; readonly removableMs: number };

const partition = "~outbox";
const usualTimes: MarkerTimes = { reliedOnMs: 5 * 60_000, removableMs: 20 * 60_000 };
const serviceOf = /^([a-z2-7]+)\|/;

/**
 * Where outboxes may hold something, as rows of one partition of the table `ledger`.
 *
 * Finding forgotten outbox rows over all services would otherwise read the whole table. So a process sets a marker
 * *before* its first commit on a service and relies on it for a few minutes by its monotonic clock; then it sets it
 * again. Whoever dies at any line leaves at worst a marker over an empty outbox, never an outbox row without a marker.
 * Only the sweep removes markers: by etag, old by storage's own time stamp, after it saw the outbox empty.
 * Costs one write per process, service and five minutes, not one per commit.
 */
export class OutboxMarkers {
  readonly #table: TableClient;
  readonly #times: MarkerTimes;
  readonly #process = randomUUID();
  readonly #set = new Map<ServiceKey, number>();

  constructor(table: TableClient, times: MarkerTimes = usualTimes) {
    this.#table = table;
    this.#times = times;
  }

  /** Makes sure that a marker stands; to be awaited before a commit is sent. */
  async raise(service: ServiceKey): Promise<void> {
    const now = performance.now();
    const setAt = this.#set.get(service);
    if (setAt !== undefined && now - setAt < this.#times.reliedOnMs) return;
    const row = { partitionKey: partition, rowKey: `${service}|${keyPart(this.#process)}`, v: rowVersions.ledger };
    try {
      await bounded((call) => this.#table.upsertEntity(row, "Replace", call));
    } catch (error) {
      throw storageError("the marker of an outbox cannot be set", error);
    }
    this.#set.set(service, now);
  }

  /** Every marker, with its age by storage's own clock. */
  async list(): Promise<readonly Marker[]> {
    const markers: Marker[] = [];
    let next: string | undefined;
    do {
      const page: RowPage = await readPage(this.#table, odata`PartitionKey eq ${partition}`, 1000, next, [], "keys");
      markers.push(...page.rows.flatMap((row) => markerOf(row, page.servedAt) ?? []));
      next = page.continuationToken;
    } while (next !== undefined);
    return markers;
  }

  /** Removes an old marker; to be called after its outbox was seen empty later than the marker was listed. */
  async removeIfOld({ row, ageMs }: Marker): Promise<void> {
    if (ageMs <= this.#times.removableMs) return;
    try {
      await bounded((call) => this.#table.deleteEntity(partition, row.rowKey, { ...call, etag: row.etag }));
    } catch (error) {
      // Set again meanwhile, or removed by another sweep: both are as it should be.
      if (faultOf(error) !== "changed" && faultOf(error) !== "missing") throw error;
    }
  }
}

function markerOf(row: Row, now: Date | undefined): Marker | undefined {
  const service = serviceOf.exec(row.rowKey)?.[1];
  const setAt = parsedTime(row.timestamp);
  if (!service) return undefined;
  // Of unknown age is never old.
  return { service: service as ServiceKey, row, ageMs: now && setAt ? now.getTime() - setAt.getTime() : 0 };
}

import { randomUUID } from "node:crypto";
import { odata, type TableClient } from "@azure/data-tables";
import type { QueueClient } from "@azure/storage-queue";
import { parseServiceId, type ServiceRef } from "../connection/arm-id.ts";
import { messageVersion } from "../ledger/row-versions.ts";
import { serviceKey } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Begun, Clock, Lease, ReviewMark, Watch, WatchedService } from "../workflow/ports.ts";
import { type Changed, changeRow } from "./change-row.ts";
import { type Row, rowsOf } from "./rows.ts";
import {
  columnsOf,
  freshRow,
  isAskedAgain,
  isComing,
  isLeased,
  readServiceRow,
  type ServiceRow,
  unknownColumns,
  watched,
  watchedColumns,
  wished,
} from "./service-row.ts";
import { bounded } from "./storage.ts";
import { storageError } from "./storage-errors.ts";

type Door = Parameters<Watch["wake"]>[1];
type Held = { readonly owner: string; until: Date; lost: boolean; row: Row | undefined };

const defaultLeaseSeconds = 60;
const longestDelaySeconds = 6 * 24 * 3600;

/**
 * Leases and wake-ups: one row per service in the table `services`, and messages in the queue `reviews`.
 *
 * Every change of a row is guarded by its etag; clocks decide only when a lease or a wake-up counts as lost, and a host
 * with a wrong clock causes a needless review at worst. What keeps decisions right are the ledger's etags, not this.
 *
 * A message is base64 JSON `{ "v": 1, "serviceId": "...", "door": "...", "correlation": "..." }`, the last if there is one. The flag in the row is set before the
 * message is sent: should its sender die in between, `list` shows the service as due two minutes later.
 */
export class WatchTable implements Watch {
  readonly #table: TableClient;
  readonly #queue: QueueClient;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #held = new WeakMap<Lease, Held>();

  constructor(table: TableClient, queue: QueueClient, clock: Clock, leaseSeconds = defaultLeaseSeconds) {
    this.#table = table;
    this.#queue = queue;
    this.#clock = clock;
    this.#leaseMs = leaseSeconds * 1000;
  }

  async wake(service: ServiceRef, door: Door, delaySeconds = 0, correlation?: string): Promise<void> {
    const sender = randomUUID();
    const { answer } = await this.#change(service, (row) =>
      // The clock is read at each try: to a rival who was faster and looked later, we would seem to want it sooner.
      wokenBy(row, sender, this.#clock.now(), delaySeconds * 1000),
    );
    if (!answer) return;
    const seconds = Math.max(0, Math.ceil((answer.getTime() - this.#clock.now().getTime()) / 1000));
    const text = wakeUp(service, door, correlation);
    await this.#send(service, text, Math.min(longestDelaySeconds, seconds), sender);
  }

  async begin(service: ServiceRef): Promise<Begun> {
    const owner = randomUUID();
    const now = this.#clock.now();
    const until = new Date(now.getTime() + this.#leaseMs);
    const { answer, row } = await this.#change<Date | "leased">(service, (found) => {
      if (found.owner === owner) return [found, "leased"];
      // The message that brought us here is used up, whatever comes of it.
      const taken = { ...found, visibleAt: null, sender: "" };
      if (isLeased(found, now)) return [wished(taken), found.until ?? now];
      return [{ ...taken, owner, until, begun: found.wanted }, "leased"];
    });
    if (answer !== "leased") return { kind: "busy", until: answer };
    const held: Held = { owner, until, lost: false, row };
    return { kind: "leased", lease: this.#lease(service, held), wanted: row ? readServiceRow(row).wanted : 0 };
  }

  async end(lease: Lease, mark: ReviewMark | undefined): Promise<boolean> {
    const held = this.#held.get(lease);
    if (!held) throw new PlgateError("this lease was not given by this watch", { retryable: false });
    const now = this.#clock.now();
    const { answer } = await this.#change(lease.service, (row) => endOf(row, held.owner, mark, now), held.row);
    held.lost = true;
    return answer;
  }

  async list(): Promise<readonly WatchedService[]> {
    try {
      const services: WatchedService[] = [];
      const now = this.#clock.now();
      // Thousands of rows at each sweep: only what is asked of them, and nothing that is no subscription's.
      for await (const row of rowsOf(this.#table, odata`PartitionKey lt ${"~"}`, watchedColumns, "leave-out")) {
        services.push(watched(readServiceRow(row), now));
      }
      // A row that somebody else left here is no service.
      return services.filter(({ ref }) => parseServiceId(ref.id) !== undefined);
    } catch (error) {
      throw storageError("the watched services cannot be listed", error);
    }
  }

  #lease(service: ServiceRef, held: Held): Lease {
    // The last sixth is left for writes that are under way when it begins.
    const margin = this.#leaseMs / 6;
    const lease: Lease = {
      service,
      mayWrite: () => !held.lost && this.#clock.now().getTime() < held.until.getTime() - margin,
      renew: () => this.#renew(service, held),
    };
    this.#held.set(lease, held);
    return lease;
  }

  async #renew(service: ServiceRef, held: Held): Promise<boolean> {
    if (held.lost) return false;
    const until = new Date(this.#clock.now().getTime() + this.#leaseMs);
    const { answer, row } = await this.#change(
      service,
      (found) => (found.owner === held.owner ? [{ ...found, until }, true] : [found, false]),
      held.row,
    );
    held.row = row;
    held.lost = !answer;
    if (answer) held.until = until;
    return answer;
  }

  async #send(service: ServiceRef, text: string, delay: number, sender: string): Promise<void> {
    try {
      await bounded((call) => this.#queue.sendMessage(text, { ...call, visibilityTimeout: delay }));
    } catch (error) {
      // The next wake-up shall not take a message for granted that was never sent.
      await this.#change(service, (row) => [row.sender === sender ? { ...row, visibleAt: null, sender: "" } : row, ""]);
      throw storageError(`the wake-up of service ${service.id} cannot be sent`, error);
    }
  }

  /** Changes the service's row; nothing is written when `decide` gives back the row that it got. */
  async #change<T>(
    service: ServiceRef,
    decide: (row: ServiceRow) => readonly [ServiceRow, T],
    known?: Row,
  ): Promise<Changed<T>> {
    const key = { partitionKey: service.subscriptionId, rowKey: serviceKey(service.id) };
    const usable = known?.etag ? known : undefined;
    try {
      return await changeRow<T>(
        this.#table,
        key,
        (row) => {
          const before = row ? readServiceRow(row) : freshRow(service);
          const [after, answer] = decide(before);
          const columns = { ...(row && unknownColumns(row)), ...columnsOf(after) };
          return [after === before ? { do: "nothing" } : { do: "put", columns }, answer];
        },
        usable,
      );
    } catch (error) {
      throw storageError(`the row of service ${service.id} cannot be changed`, error);
    }
  }
}

/** The row after a wake-up, and when the message shall come; null when none is needed. */
function wokenBy(row: ServiceRow, sender: string, now: Date, delayMs: number): readonly [ServiceRow, Date | null] {
  // Our own flag, set by a try whose answer was lost.
  if (row.sender === sender) return [row, row.visibleAt];
  const asked = wished(row);
  const leased = isLeased(row, now);
  // The holder hears of the wish from `end`; a message now would only find the service busy.
  if (leased && delayMs <= 0) return [asked, null];
  // Who waits for the holder gets a message for when the lease is over: the holder may be dead.
  const earliest = leased ? (row.until?.getTime() ?? 0) : 0;
  const visibleAt = new Date(Math.max(earliest, now.getTime() + Math.max(0, delayMs)));
  if (isComing(row, visibleAt, now)) return [asked, null];
  return [{ ...asked, visibleAt, sender }, visibleAt];
}

function endOf(
  row: ServiceRow,
  owner: string,
  mark: ReviewMark | undefined,
  now: Date,
): readonly [ServiceRow, boolean] {
  // Our own end, whose answer was lost.
  if (row.endedBy === owner) return [row, isAskedAgain(row)];
  // The lease ran out and somebody else has it: whatever they find is newer than our mark.
  if (row.owner !== owner) return [row, false];
  const free = { ...row, owner: "", until: null, endedBy: owner };
  if (!mark) return [{ ...free, lookAgainAt: now }, isAskedAgain(row)];
  const { digest, lookAgainAt } = mark;
  if (digest === undefined) return [{ ...free, lookAgainAt }, isAskedAgain(row)];
  return [{ ...free, digest, lookAgainAt, lastReviewedAt: now }, isAskedAgain(row)];
}

// As it came in, for people to read; whoever parses it lower-cases it.
function spelled(service: ServiceRef): string {
  const { subscriptionId, resourceGroup, name } = service;
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Network/privateLinkServices/${name}`;
}

function wakeUp(service: ServiceRef, door: Door, correlation: string | undefined): string {
  const message = JSON.stringify({
    v: messageVersion,
    serviceId: spelled(service),
    door,
    ...(correlation ? { correlation } : {}),
  });
  return Buffer.from(message, "utf8").toString("base64");
}

import type { ServiceRef } from "../../src/connection/arm-id.ts";
import type { Door } from "../../src/decision/decision.ts";
import type { Begun, Clock, Lease, ReviewMark, Watch, WatchedService } from "../../src/workflow/ports.ts";

export type WakeUp = {
  readonly service: ServiceRef;
  readonly door: Door;
  readonly visibleAt: Date;
  readonly correlation?: string;
};

type Row = {
  ref: ServiceRef;
  owner: string | undefined;
  until: number;
  visibleAt: number | undefined;
  wanted: number;
  begun: number;
  digest: string | null;
  lookAgainAt: Date | null;
  lastReviewedAt: Date | null;
};

/** A wake-up this long overdue counts as lost. */
const lostAfterMs = 120_000;

/** Leases and wake-ups in memory; `take` plays the queue. */
export class FakeWatch implements Watch {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #rows = new Map<string, Row>();
  #owners = 0;
  /** Wake-ups that were sent and not taken yet. */
  readonly messages: WakeUp[] = [];

  constructor(clock: Clock, leaseSeconds = 60) {
    this.#clock = clock;
    this.#leaseMs = leaseSeconds * 1000;
  }

  /** The next message that is due, removed as a queue trigger would. */
  take(): WakeUp | undefined {
    const due = this.messages.findIndex(({ visibleAt }) => visibleAt <= this.#clock.now());
    return due < 0 ? undefined : this.messages.splice(due, 1)[0];
  }

  async wake(service: ServiceRef, door: Door, delaySeconds = 0, correlation?: string): Promise<void> {
    const row = this.#row(service);
    const now = this.#now();
    if (row.wanted === row.begun) row.wanted += 1;
    const leased = this.#isLeased(row);
    // The holder hears of it from `end`; a message now would only find the service busy.
    if (leased && delaySeconds <= 0) return;
    // Who waits for the holder gets a message for when the lease is over: the holder may be dead.
    const visibleAt = Math.max(leased ? row.until : 0, now + Math.max(0, delaySeconds) * 1000);
    const coming = row.visibleAt !== undefined && row.visibleAt <= visibleAt && now < row.visibleAt + lostAfterMs;
    if (coming) return;
    row.visibleAt = visibleAt;
    this.messages.push({ service, door, visibleAt: new Date(visibleAt), ...(correlation ? { correlation } : {}) });
  }

  async begin(service: ServiceRef): Promise<Begun> {
    const row = this.#row(service);
    row.visibleAt = undefined;
    if (this.#isLeased(row)) {
      if (row.wanted === row.begun) row.wanted += 1;
      return { kind: "busy", until: new Date(row.until) };
    }
    this.#owners += 1;
    const owner = `holder-${this.#owners}`;
    row.owner = owner;
    row.until = this.#now() + this.#leaseMs;
    row.begun = row.wanted;
    return { kind: "leased", lease: this.#lease(row, owner), wanted: row.wanted };
  }

  async end(lease: Lease, mark: ReviewMark | undefined): Promise<boolean> {
    const row = this.#row(lease.service);
    if (row.owner === undefined || row.owner !== this.#held.get(lease)) return false;
    row.owner = undefined;
    row.until = 0;
    // Without a mark the review did not finish: the next sweep shall look again.
    row.lookAgainAt = mark ? mark.lookAgainAt : this.#clock.now();
    if (mark?.digest !== undefined) {
      row.digest = mark.digest;
      row.lastReviewedAt = this.#clock.now();
    }
    return row.wanted !== row.begun;
  }

  async list(): Promise<readonly WatchedService[]> {
    return [...this.#rows.values()].map((row) => ({
      ref: row.ref,
      digest: row.digest,
      lookAgainAt: lookAgainAt(row),
      lastReviewedAt: row.lastReviewedAt,
      comingAt:
        row.visibleAt !== undefined && this.#now() < row.visibleAt + lostAfterMs ? new Date(row.visibleAt) : null,
    }));
  }

  readonly #held = new WeakMap<Lease, string>();

  #lease(row: Row, owner: string): Lease {
    const lease: Lease = {
      service: row.ref,
      mayWrite: () => row.owner === owner && this.#now() < row.until - this.#leaseMs / 6,
      renew: async () => {
        if (row.owner !== owner) return false;
        row.until = this.#now() + this.#leaseMs;
        return true;
      },
    };
    this.#held.set(lease, owner);
    return lease;
  }

  #row(ref: ServiceRef): Row {
    const known = this.#rows.get(ref.id);
    if (known) return known;
    const fresh: Row = {
      ref,
      owner: undefined,
      until: 0,
      visibleAt: undefined,
      wanted: 0,
      begun: 0,
      digest: null,
      lookAgainAt: null,
      lastReviewedAt: null,
    };
    this.#rows.set(ref.id, fresh);
    return fresh;
  }

  #isLeased(row: Row): boolean {
    return row.owner !== undefined && row.until > this.#now();
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

// Whatever was begun or asked for and not finished is due again, so that the sweep finds what a dead host left.
function lookAgainAt(row: Row): Date | null {
  const times = [row.lookAgainAt?.getTime()];
  if (row.visibleAt !== undefined) times.push(row.visibleAt + lostAfterMs);
  if (row.owner !== undefined) times.push(row.until);
  else if (row.wanted !== row.begun && row.visibleAt === undefined) times.push(0);
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? new Date(Math.min(...known)) : null;
}

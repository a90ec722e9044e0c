import { randomInt } from "node:crypto";

// Whoever waits for the same thing comes back one after the other instead of all at once.
const spreadMs = 2_000;
const firstMs = 5_000;
const longestMs = 60_000;

/**
 * Remembers what asked to be left alone: the bucket of a subscription (azure.md 5.1), or one locked service. Whoever asks before
 * that time is over is refused and starts a new wait (azure.md 5.2), so until then nobody in this process asks.
 */
export class BusyPause {
  readonly #until = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How long this is to be left alone still, spread over those who wait; 0 when it may be asked. */
  waitMs(key: string): number {
    const left = (this.#until.get(key) ?? 0) - this.#now();
    if (left > 0) return left + randomInt(spreadMs);
    this.#until.delete(key);
    return 0;
  }

  /** It is to be left alone for this long; gives the time that the refused caller shall wait. */
  begin(key: string, retryAfterMs: number): number {
    this.#until.set(key, Math.max(this.#until.get(key) ?? 0, this.#now() + retryAfterMs));
    return retryAfterMs + randomInt(spreadMs);
  }
}

/** How long to wait where ARM does not say: 5 s, then twice as long each time, up to a minute, never the same for two (azure.md 5.3). */
export class Strain {
  readonly #times = new Map<string, number>();
  readonly #random: () => number;

  constructor(random = Math.random) {
    this.#random = random;
  }

  next(key: string): number {
    const times = this.#times.get(key) ?? 0;
    this.#times.set(key, times + 1);
    const most = Math.min(longestMs, firstMs * 2 ** Math.min(times, 10));
    return Math.ceil(most * (1 + 0.2 * this.#random()));
  }

  over(key: string): void {
    this.#times.delete(key);
  }
}

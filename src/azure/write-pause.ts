import { randomInt } from "node:crypto";

// Services that wait for the same bucket come back one after the other instead of all at once.
const spreadMs = 2_000;

/**
 * Remembers that the write bucket of a subscription is empty (azure.md 5.1). Whoever asks ARM before it said so is refused and
 * starts a new wait (azure.md 5.2), so until then nobody in this process asks.
 */
export class WritePause {
  readonly #until = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How long a write on this subscription has to wait still, spread over the waiting; 0 when it may go. */
  waitMs(subscriptionId: string): number {
    const left = (this.#until.get(subscriptionId) ?? 0) - this.#now();
    return left > 0 ? left + randomInt(spreadMs) : 0;
  }

  /** ARM said that the bucket is empty for this long; gives the time that the refused writer shall wait. */
  begin(subscriptionId: string, retryAfterMs: number): number {
    this.#until.set(subscriptionId, this.#now() + retryAfterMs);
    return retryAfterMs + randomInt(spreadMs);
  }
}

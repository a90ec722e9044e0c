import type { Clock } from "../../src/workflow/ports.ts";

/**
 * The time of a simulation: the real one, moved forward at will. Nobody waits for it; it is moved instead.
 * The monotonic clock of this process moves with it, so that pauses that the product measures by it pass as well.
 */
export class SimulatedTime implements Clock {
  #aheadMs = 0;
  readonly #monotonic = performance.now.bind(performance);

  constructor() {
    performance.now = () => this.#monotonic() + this.#aheadMs;
  }

  now(): Date {
    return new Date(Date.now() + this.#aheadMs);
  }

  advance(seconds: number): void {
    this.#aheadMs += seconds * 1000;
  }

  stop(): void {
    performance.now = this.#monotonic;
  }
}

/** The clock of one host, which is wrong by some seconds. */
export class SkewedClock implements Clock {
  readonly #time: Clock;
  skewSeconds: number;

  constructor(time: Clock, skewSeconds: number) {
    this.#time = time;
    this.skewSeconds = skewSeconds;
  }

  now(): Date {
    return new Date(this.#time.now().getTime() + this.skewSeconds * 1000);
  }
}

import type { Clock } from "./ports.ts";

const writesAtMost = 25;
// A request that people are asked about costs no write, but a card: a channel takes no more than 60 in half a minute (teams.md 5).
const commitsAtMost = 100;
const longestMs = 25_000;

/**
 * How much one service may have before others have their turn: its message then goes to the end of the queue.
 *
 * A service with a thousand requests would otherwise keep a function, its leases and the subscription's tokens for minutes, while
 * one request elsewhere waits. Counted over all looks of one function call, so that this also bounds how long it runs.
 */
export class Turn {
  readonly #clock: Clock;
  #until: number | undefined;
  #writes = 0;
  #commits = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wrote(): void {
    this.#writes += 1;
  }

  committed(): void {
    this.#commits += 1;
  }

  isOver(): boolean {
    if (this.#writes >= writesAtMost || this.#commits >= commitsAtMost) return true;
    const now = this.#clock.now().getTime();
    // From the first step on, not from the read before it: however slow ARM is, each call gets something done.
    this.#until ??= now + longestMs;
    return now >= this.#until;
  }
}

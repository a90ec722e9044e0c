/** How a call that had its turn ended. */
export type Ending =
  | { readonly kind: "answered" }
  /** 429; undefined when the answer did not say for how long. */
  | { readonly kind: "throttled"; readonly retryAfterMs: number | undefined };

/** Time as pacing needs it; tests bring their own. `after` gives what takes the plan back. */
export type PaceTime = {
  readonly now: () => number;
  readonly after: (ms: number, act: () => void) => () => void;
  readonly random: () => number;
};

/** At most so many calls within any span of this length. */
export type Limit = { readonly most: number; readonly withinMs: number };

/** Of the limit, when others are known to use it, too: never less than this. */
const smallestShare = 1 / 8;
const recoveryMs = 30_000;
const recoveryStep = 1 / 8;
const firstRestMs = 1_000;
const longestRestMs = 60_000;
/** Hosts that were refused together must not come back together. */
const jitterMs = 500;

/**
 * How many calls one place still takes.
 *
 * A call counts from its beginning until each span has passed since its end: whenever within the call the Bot Connector
 * counted it, the limit holds. After a refusal the place rests, then half of what it took is planned for; every half minute
 * without a refusal gives an eighth back.
 */
export class Allowance {
  readonly #limits: readonly Limit[];
  readonly #time: PaceTime;
  /** When calls ended, in order. */
  readonly #ended: number[] = [];
  #flying = 0;
  #share = 1;
  #sharedAt = Number.NEGATIVE_INFINITY;
  #restUntil = Number.NEGATIVE_INFINITY;
  #refusalsInRow = 0;

  constructor(limits: readonly Limit[], time: PaceTime) {
    this.#limits = limits;
    this.#time = time;
  }

  /** How long until a call may begin; infinite when one that is under way has to end first. */
  waitMs(): number {
    this.#recover();
    return Math.max(this.restMs(), ...this.#limits.map((limit) => this.#waitFor(limit)));
  }

  restMs(): number {
    return Math.max(0, this.#restUntil - this.#time.now());
  }

  begin(): (ending: Ending) => void {
    const begunAt = this.#time.now();
    this.#flying += 1;
    return (ending) => {
      this.#flying -= 1;
      this.#ended.push(this.#time.now());
      const most = Math.max(...this.#limits.map((limit) => limit.most));
      if (this.#ended.length > most) this.#ended.splice(0, this.#ended.length - most);
      if (ending.kind === "throttled") this.#refused(begunAt, ending.retryAfterMs);
      else this.#refusalsInRow = 0;
    };
  }

  isIdleSince(time: number): boolean {
    return this.#flying === 0 && (this.#ended.at(-1) ?? Number.NEGATIVE_INFINITY) < time;
  }

  #waitFor({ most, withinMs }: Limit): number {
    const room = Math.max(1, Math.floor(most * this.#share)) - this.#flying;
    if (room <= 0) return Number.POSITIVE_INFINITY;
    // So many calls ago; once that one is out of the span there is room for another.
    const blocking = this.#ended.at(-room);
    return blocking === undefined ? 0 : Math.max(0, blocking + withinMs - this.#time.now());
  }

  #refused(begunAt: number, retryAfterMs: number | undefined): void {
    const now = this.#time.now();
    // Calls that were under way at the first refusal tell nothing new.
    if (begunAt > this.#sharedAt) {
      this.#share = Math.max(smallestShare, this.#share / 2);
      this.#sharedAt = now;
      this.#refusalsInRow += 1;
    }
    const asked = retryAfterMs ?? Math.min(longestRestMs, firstRestMs * 2 ** (this.#refusalsInRow - 1));
    this.#restUntil = Math.max(this.#restUntil, now + asked + this.#time.random() * jitterMs);
  }

  #recover(): void {
    const steps = Math.floor((this.#time.now() - this.#sharedAt) / recoveryMs);
    if (this.#share === 1 || steps < 1) return;
    this.#share = Math.min(1, this.#share + steps * recoveryStep);
    this.#sharedAt += steps * recoveryMs;
  }
}

/** Something that is not asked for the time being, because it only failed. */
export type Opened = {
  readonly key: string;
  readonly failures: number;
  readonly why: string;
  /** How long it is left alone still, in milliseconds; 0: the next caller tries. */
  readonly waitMs: number;
};

type State = { failures: number; why: string; opened: number; until: number; lastBy: string };

const firstRestMs = 60_000;
const longestRestMs = 15 * 60_000;
/** How long one try may take before another caller may try, too. */
const tryMs = 60_000;
/** Those that were put off together must not come back together. */
const spread = 0.2;

/**
 * Leaves alone what failed several times in a row: for 1, 2, 4, 8, then 15 minutes, after each of which one caller tries.
 *
 * In memory and per host: another host finds out for itself, which costs a few calls and needs no agreement.
 */
export class Circuit {
  readonly #states = new Map<string, State>();
  readonly #failuresToOpen: number;
  readonly #now: () => number;
  readonly #random: () => number;

  constructor(failuresToOpen: number, now: () => number = () => performance.now(), random = Math.random) {
    this.#failuresToOpen = failuresToOpen;
    this.#now = now;
    this.#random = random;
  }

  /** 0 when it may be asked; else how long the caller has to wait. Whoever is let through while it is open tries for all. */
  waitMs(key: string): number {
    const state = this.#states.get(key);
    if (!state || state.opened === 0) return 0;
    const left = state.until - this.#now();
    if (left > 0) return Math.ceil(left * (1 + spread * this.#random()));
    state.until = this.#now() + tryMs;
    return 0;
  }

  /**
   * It failed. Failures in a row by one and the same party count as one: what is wrong there may be wrong only there.
   * Gives how often it failed, and whether it is left alone from now on and was not before.
   */
  failed(key: string, why: string, by = ""): { readonly failures: number; readonly opened: boolean } {
    const state = this.#states.get(key) ?? { failures: 0, why, opened: 0, until: 0, lastBy: "" };
    this.#states.set(key, state);
    const isSame = by !== "" && by === state.lastBy && state.opened === 0;
    if (!isSame) state.failures += 1;
    Object.assign(state, { why, lastBy: by });
    if (state.failures < this.#failuresToOpen) return { failures: state.failures, opened: false };
    state.until = this.#now() + Math.min(longestRestMs, firstRestMs * 2 ** state.opened);
    state.opened += 1;
    return { failures: state.failures, opened: state.opened === 1 };
  }

  /** It worked: true when it was left alone before. */
  worked(key: string): boolean {
    const wasOpen = (this.#states.get(key)?.opened ?? 0) > 0;
    this.#states.delete(key);
    return wasOpen;
  }

  /** What is left alone now. */
  open(): readonly Opened[] {
    return [...this.#states].flatMap(([key, { failures, why, opened, until }]) =>
      opened > 0 ? [{ key, failures, why, waitMs: Math.max(0, until - this.#now()) }] : [],
    );
  }
}

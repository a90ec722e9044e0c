import type { PaceTime } from "../../src/teams/allowance.ts";

type Plan = { readonly at: number; readonly act: () => void; readonly number: number };

/** A clock that goes only when it is told to, and does on its way what was planned. */
export class PacedTime implements PaceTime {
  #now = 0;
  #number = 0;
  #plans: Plan[] = [];
  readonly random = () => 0.5;
  readonly now = () => this.#now;

  readonly after = (ms: number, act: () => void): (() => void) => {
    this.#number += 1;
    const plan = { at: this.#now + ms, act, number: this.#number };
    this.#plans.push(plan);
    return () => {
      this.#plans = this.#plans.filter((one) => one !== plan);
    };
  };

  sleep(ms: number): Promise<void> {
    return new Promise((done) => {
      this.after(ms, done);
    });
  }

  /** Goes on by so much, letting whoever wakes do their work before the clock goes further. */
  async go(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const [next] = this.#plans.toSorted((one, other) => one.at - other.at || one.number - other.number);
      if (!next || next.at > end) break;
      this.#plans = this.#plans.filter((one) => one !== next);
      this.#now = Math.max(this.#now, next.at);
      next.act();
      await settled();
    }
    this.#now = end;
  }
}

/** All that is only waiting for promises has happened. */
function settled(): Promise<void> {
  return new Promise((done) => {
    setImmediate(done);
  });
}

import type { Pass } from "./policy-peers.ts";
import { requests } from "./policy-requests.ts";

type Timed = { readonly pass: Pass; best: number };

const roundMilliseconds = 120;
const rounds = 5;

/** Requests per second over one round of whole passes. */
async function perSecond(pass: Pass): Promise<number> {
  const from = performance.now();
  let count = 0;
  let spent = 0;
  while (spent < roundMilliseconds) {
    const waiting = pass();
    // Only who is asynchronous pays for waiting.
    if (waiting !== undefined) await waiting;
    count += requests.length;
    spent = performance.now() - from;
  }
  return (count * 1000) / spent;
}

/**
 * The best of several rounds, in turns: the other rounds measure the neighbours on the machine, and a slow minute of it
 * meets everybody. One more round before them warms up and does not count.
 */
export async function timeInTurns(passes: readonly Pass[]): Promise<readonly number[]> {
  const all: readonly Timed[] = passes.map((pass) => ({ pass, best: 0 }));
  for (const { pass } of all) await perSecond(pass);
  for (let round = 0; round < rounds; round += 1) {
    for (const timed of all) timed.best = Math.max(timed.best, await perSecond(timed.pass));
  }
  return all.map(({ best }) => best);
}

/** Milliseconds of the first call and of the best of those after it, all makers in turns. */
export function timeMaking(makers: readonly (() => unknown)[]): readonly { first: number; best: number }[] {
  const firsts = makers.map(milliseconds);
  const bests = makers.map(() => Number.POSITIVE_INFINITY);
  for (let turn = 0; turn < 20; turn += 1) {
    for (const [index, make] of makers.entries()) {
      bests[index] = Math.min(bests[index] ?? Number.POSITIVE_INFINITY, milliseconds(make));
    }
  }
  return firsts.map((first, index) => ({ first, best: bests[index] ?? first }));
}

export function milliseconds(act: () => unknown): number {
  const from = performance.now();
  act();
  return performance.now() - from;
}

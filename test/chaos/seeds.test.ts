import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { faultKinds, wordOf } from "./acts.ts";
import { type Bed, makeBed } from "./bed.ts";
import { planOf, simulate } from "./run.ts";

/** Few, so that they fit into every run of the tests; `npm run test:chaos` plays as many as one wants. */
const seeds = [11, 12];
const rounds = 5;
/** A slow machine plays fewer rounds instead of keeping everybody waiting. */
const longestMs = 15_000;

describe("nothing is lost, done twice or forgotten", () => {
  let bed: Bed;
  before(async () => {
    bed = await makeBed();
  });
  after(() => bed.stop());

  for (const seed of seeds) {
    it(`in the simulation with seed ${seed}`, async () => {
      const began = Date.now();
      const plan = planOf(seed, rounds, faultKinds);
      const found = await simulate(bed, seed, plan, { isOver: () => Date.now() - began > longestMs });
      const trace = () => plan.filter(({ round }) => round <= (found?.round ?? 0)).map(wordOf);
      assert.ok(!found, JSON.stringify({ ...found, trace: found && trace() }, null, 1));
    });
  }
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom } from "../../local/seeded-random.ts";
import { drawPlan, faultKinds } from "./acts.ts";
import { shrink } from "./shrink.ts";

describe("a plan that finds something", () => {
  it("is shrunk to the acts that it takes, in their order", async () => {
    const plan = drawPlan(seededRandom(3), 20, faultKinds);
    const planted = [plan[7], plan[90], plan[plan.length - 4]];
    let asked = 0;
    const least = await shrink(plan, async (part) => {
      asked += 1;
      return planted.every((step) => step && part.includes(step));
    });
    assert.deepEqual(least, planted);
    assert.ok(asked < plan.length, `it took ${asked} tries for ${plan.length} acts`);
  });

  it("stays whole when nothing can be left out, and is given back when the budget is used up", async () => {
    assert.deepEqual(await shrink([1, 2, 3], async (part) => part.length === 3), [1, 2, 3]);
    const some = await shrink([...Array(100).keys()], async (part) => part.includes(50), 3);
    assert.ok(some.includes(50) && some.length < 100);
  });

  it("is drawn the same for the same seed, and otherwise for another", () => {
    const of = (seed: number) => drawPlan(seededRandom(seed), 5, faultKinds);
    assert.deepEqual(of(11), of(11));
    assert.notDeepEqual(of(11), of(12));
  });
});

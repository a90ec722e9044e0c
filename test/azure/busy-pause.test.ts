import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { classifyArmFault } from "../../src/azure/arm-errors.ts";
import { BusyPause } from "../../src/azure/busy-pause.ts";

describe("A subscription whose writes are used up", () => {
  it("is left alone until ARM's time is over, then asked again; others are not held up", () => {
    let now = 1000;
    const pause = new BusyPause(() => now);
    assert.equal(pause.waitMs("a"), 0);
    const told = pause.begin("a", 2000);
    assert.ok(told >= 2000 && told < 4000, `${told}`);
    now += 1999;
    assert.ok(pause.waitMs("a") >= 1);
    assert.equal(pause.waitMs("b"), 0);
    now += 1;
    assert.equal(pause.waitMs("a"), 0);
  });

  it("is told from one locked service by the code in the body", () => {
    const fault = (code: string) =>
      classifyArmFault(
        Object.assign(new Error(code), {
          statusCode: 429,
          code,
          response: { headers: { get: (name: string) => (name === "retry-after" ? "3" : undefined) } },
        }),
      );
    const of = (code: string) => {
      const found = fault(code);
      return found.kind === "busy" ? [found.of, found.retryAfterMs] : found.kind;
    };
    assert.deepEqual(of("SubscriptionRequestsThrottled"), ["subscription", 3000]);
    assert.deepEqual(of("RetryableErrorDueToAnotherOperation"), ["service", 3000]);
  });
});

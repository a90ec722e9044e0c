import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Quota } from "../../src/azure/quota.ts";

const sub = "s";

/** ARM's own bucket, and hosts that write as often as their quota lets them; time is simulated. */
function run(hosts: number, seconds: number, start: number, flow = 10) {
  let now = 0;
  let tokens = start;
  let refused = 0;
  let written = 0;
  const quotas = Array.from({ length: hosts }, () => new Quota(() => now));
  const planned: { at: number; act: () => void }[] = [];
  const plan = (at: number, act: () => void) => planned.push({ at, act });
  const latency = 50;
  const call = (quota: Quota) => {
    const waitMs = quota.turn(sub, "writes", 3_000);
    if (waitMs > 3_000) {
      plan(now + waitMs, () => call(quota));
      return;
    }
    plan(now + waitMs, () => {
      const begunAt = now;
      const ok = tokens >= 1;
      if (ok) tokens -= 1;
      else refused += 1;
      if (!ok) quota.refused(sub, "writes");
      if (ok) written += 1;
      const left = Math.floor(tokens);
      plan(now + latency, () => {
        quota.answered(sub, "writes", begunAt, left);
        plan(now + (ok ? 0 : 1_000), () => call(quota));
      });
    });
  };
  for (const quota of quotas) for (let lane = 0; lane < 4; lane += 1) call(quota);
  while (now < seconds * 1000) {
    planned.sort((a, b) => a.at - b.at);
    const next = planned.shift();
    if (!next) break;
    tokens = Math.min(200, tokens + ((Math.max(now, next.at) - now) * flow) / 1000);
    now = Math.max(now, next.at);
    next.act();
  }
  return { written, refused };
}

describe("Pacing by what ARM says is left", () => {
  it("lets everything go while nothing is known, and while tokens are left", () => {
    const quota = new Quota(() => 0);
    assert.equal(quota.turn(sub, "writes", 3_000), 0);
    quota.answered(sub, "writes", 0, 150);
    assert.deepEqual(
      Array.from({ length: 100 }, () => quota.turn(sub, "writes", 3_000)).filter((wait) => wait > 0),
      [],
    );
    assert.deepEqual(quota.left(), [{ subscriptionId: sub, kind: "writes", remaining: 150 }]);
  });

  it("makes callers wait for their tokens one after the other, and sends away who would wait too long", () => {
    const quota = new Quota(() => 0);
    quota.turn(sub, "writes", 3_000);
    quota.answered(sub, "writes", 0, 0);
    const waits = Array.from({ length: 40 }, () => quota.turn(sub, "writes", 3_000));
    assert.deepEqual(waits.slice(0, 4), [300, 400, 500, 600], "the last tokens are for others");
    assert.equal(waits.filter((wait) => wait <= 3_000).length, 28);
    assert.deepEqual(new Set(waits.slice(28)), new Set([3_100]), "nothing is booked for those");
    assert.equal(quota.turn("other", "writes", 3_000), 0);
    assert.equal(quota.turn(sub, "reads", 3_000), 0);
  });

  it("uses what the bucket gives, alone, and is hardly ever refused", () => {
    const { written, refused } = run(1, 60, 200);
    assert.ok(written >= 0.97 * (200 + 600), `${written} written`);
    assert.ok(refused <= 0.02 * written, `${refused} refused`);
  });

  it("finds a bucket that fills faster than documented", () => {
    const { written } = run(1, 60, 200, 40);
    assert.ok(written >= 0.9 * (200 + 2_400), `${written} written`);
  });

  it("shares with hosts that it does not know: few refusals, most of the flow used", () => {
    const { written, refused } = run(3, 120, 200);
    assert.ok(written >= 0.9 * (200 + 1_200), `${written} written`);
    assert.ok(refused <= 0.1 * written, `${refused} of ${written} refused`);
  });
});

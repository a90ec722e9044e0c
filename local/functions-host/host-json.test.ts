import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { describe, it } from "node:test";
import { createBackoff } from "./backoff.ts";
import { readHostJson } from "./host-json.ts";
import { testApp } from "./test-host.ts";

describe("settings of host.json", () => {
  it("21. batchSize is 16 and newBatchThreshold half of it per processor", async (t) => {
    const { queues } = await readHostJson(await testApp(t, {}, { main: "" }), "Development");
    assert.deepEqual([queues.batchSize, queues.newBatchThreshold], [16, 8 * availableParallelism()]);
  });

  it("22. idle polls back off at random up to maxPollingInterval, 2 s in Development and a minute in Production", async (t) => {
    const lowest = createBackoff(100, 1_000, () => 0);
    const highest = createBackoff(100, 1_000, () => 1);
    const waits = (backoff: typeof lowest) => [false, false, false, false, false, false, true, false].map(backoff.next);
    assert.deepEqual(waits(lowest), [100, 180, 260, 420, 740, 1_000, 100, 100]);
    assert.deepEqual(waits(highest), [100, 220, 340, 580, 1_000, 1_000, 100, 100]);

    const appDir = await testApp(t, {}, { main: "" });
    assert.equal((await readHostJson(appDir, "Development")).queues.maxPollingInterval, 2_000);
    assert.equal((await readHostJson(appDir, "Production")).queues.maxPollingInterval, 60_000);
    const tooFast = await testApp(
      t,
      {},
      { main: "", hostJson: { extensions: { queues: { maxPollingInterval: "00:00:00.050" } } } },
    );
    await assert.rejects(readHostJson(tooFast, "Development"), /at least 100 ms/);
  });

  it("10. functionTimeout is half an hour, what host.json says, or without limit", async (t) => {
    for (const [functionTimeout, expected] of [
      [undefined, 1_800_000],
      ["00:05:00", 300_000],
      ["-1", undefined],
    ] as const) {
      const appDir = await testApp(t, {}, { main: "", hostJson: { functionTimeout } });
      assert.equal((await readHostJson(appDir, "Production")).functionTimeout, expected);
    }
  });
});

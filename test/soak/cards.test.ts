import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { burstOfCards } from "./card-burst.ts";

describe("A burst of cards whose hosts are killed at any moment", () => {
  it("leaves one correct card for each request, within the limits of the channel", async (t) => {
    const report = await burstOfCards({ requests: 12, kills: 3, seed: 1, clockRate: 3, patienceMs: 200_000 });
    t.diagnostic(`${report.seconds} s, ${report.calls} calls, ${report.refused} refused, ${report.lines} lines left`);

    assert.deepEqual(report.findings, []);
    // A kill leaves no more lines than calls were under way.
    assert.ok(report.lines <= report.kills * 8, `${report.lines} lines of text`);
    assert.ok(report.refused <= report.calls / 4, `${report.refused} of ${report.calls} calls were refused`);
  });
});

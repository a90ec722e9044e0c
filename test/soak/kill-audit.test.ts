import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { phases } from "./marks.ts";
import { soakAudit } from "./soak.ts";

/** A few of what `npm run soak:audit` runs two hundred of. */
const rounds = 4;

describe("An audit whose writers and dispatchers are killed at any moment", () => {
  it("verifies, is complete and holds nothing twice once the sweep ran", async (t) => {
    const report = await soakAudit({ rounds, seed: 1, checkEvery: rounds / 2, say: (line) => t.diagnostic(line) });

    assert.deepEqual(report.findings, []);
    assert.equal(report.rounds, rounds);
    // That it proves something: the kills struck work, steps were told again, and all of it is on record.
    assert.ok(report.kills.writer > 0 && report.kills.dispatcher > 0, JSON.stringify(report.kills));
    assert.ok(phases.some((phase) => (report.struck.get(phase) ?? 0) > 0));
    assert.ok(report.told.toldAgain > 0 && report.told.written > 0, JSON.stringify(report.told));
    assert.ok(report.events >= report.told.written);
  });
});

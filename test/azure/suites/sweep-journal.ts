import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SweepJournalRow } from "../../../src/azure/sweep-journal.ts";
import type { SweepMeasures } from "../../../src/workflow/ports.ts";
import { aServiceRef } from "../../builders.ts";
import { openWatch } from "../queue-world.ts";
import type { StorageWorld } from "../storage-world.ts";

export const measures: SweepMeasures = {
  at: "2026-11-26T10:00:00.000Z",
  seconds: 4.2,
  services: 10_000,
  woken: 3,
  postponed: 0,
  unreadable: [{ subscriptionId: "s", reason: "AuthorizationFailed: \u00fc" }],
  trouble: null,
  lastCompleteAt: "2026-11-26T10:00:00.000Z",
  lagSeconds: 120,
  undecided: 2,
  oldestUndecidedAt: "2026-11-25T10:00:00.000Z",
};

/** What the last sweep did, as it is stored beside the services. */
export function sweepJournalSuite(world: StorageWorld): void {
  describe("the journal of sweeps", () => {
    it("is empty at first, keeps the last sweep, and is no service", async () => {
      const { storage, host } = await openWatch(world);
      const journal = new SweepJournalRow(storage.services);
      assert.equal(await journal.last(), undefined);
      await host().wake(aServiceRef(), "event");
      await journal.keep({ ...measures, woken: 1 });
      await journal.keep(measures);
      assert.deepEqual(await journal.last(), measures);
      assert.equal((await host().list()).length, 1);
    });

    it("is as good as empty when another version wrote something else there", async () => {
      const { storage } = await openWatch(world);
      const row = { partitionKey: "~sweep", rowKey: "last", body0: '{"at":1}' };
      await storage.services.upsertEntity(row, "Replace");
      assert.equal(await new SweepJournalRow(storage.services).last(), undefined);
    });
  });
}

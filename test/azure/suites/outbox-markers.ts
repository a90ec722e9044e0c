import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { odata, type TableClient } from "@azure/data-tables";
import { openLedger } from "../../../src/azure/ledger.ts";
import { aConnectionRef, request, step } from "../../builders.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { breakWire } from "../lossy-wire.ts";
import type { StorageWorld } from "../storage-world.ts";

// Storage tells its time in whole seconds, so an age may look a second too low.
const removableAtOnce = { reliedOnMs: 60_000, removableMs: -2_000 };

/** The markers that lead a sweep to outboxes which may hold something. */
export function outboxMarkersSuite(world: StorageWorld): void {
  describe("the markers of outboxes", () => {
    it("stand before a commit is sent, so that a host may die at any line", async () => {
      const { storage, again } = await world.storage("ledger");
      let dead = false;
      breakWire(storage.ledger, (method) => {
        dead ||= method === "POST";
        return dead ? "dropped" : "passes";
      });
      await assert.rejects(openLedger(storage.ledger, new FakeClock()).ledger.commit(step()), { retryable: true });
      assert.equal(await markers(again().ledger), 1);
    });

    it("are set once for many commits of a host on a service", async () => {
      const { storage } = await world.storage("ledger");
      let written = 0;
      breakWire(storage.ledger, (method) => {
        if (method === "PUT") written += 1;
        return "passes";
      });
      const { ledger } = openLedger(storage.ledger, new FakeClock());
      for (const name of ["pe-1.1", "pe-2.1", "pe-3.1"]) {
        await ledger.commit(step({ request: request({}, aConnectionRef(name)) }));
      }
      assert.equal(written, 1);
    });

    it("stay while something is left to do, however old they are", async () => {
      const { storage } = await world.storage("ledger");
      const clock = new FakeClock();
      const { ledger, outbox } = openLedger(storage.ledger, clock, removableAtOnce);
      await ledger.commit(step());
      clock.advance(3600);
      assert.equal((await outbox.leftOver(clock.now(), 10)).length, 1);
      assert.equal(await markers(storage.ledger), 1);
    });

    it("are removed by the sweep when they are old and nothing is left", async () => {
      const { storage, again } = await world.storage("ledger");
      const clock = new FakeClock();
      const { ledger, outbox } = openLedger(storage.ledger, clock);
      const committed = await ledger.commit(step());
      assert.ok(committed.kind === "committed");
      for (const entry of committed.outbox) await outbox.done(entry);

      await outbox.leftOver(clock.now(), 10);
      assert.equal(await markers(storage.ledger), 1, "a fresh one stays");
      await openLedger(again().ledger, clock, removableAtOnce).outbox.leftOver(clock.now(), 10);
      assert.equal(await markers(storage.ledger), 0);
    });

    it("are set again by a host that relied on its own for too long", async () => {
      const { storage } = await world.storage("ledger");
      const clock = new FakeClock();
      const { ledger, outbox } = openLedger(storage.ledger, clock, { reliedOnMs: 0, removableMs: -2_000 });
      const committed = await ledger.commit(step());
      assert.ok(committed.kind === "committed");
      for (const entry of committed.outbox) await outbox.done(entry);
      await outbox.leftOver(clock.now(), 10);

      await ledger.commit(step({ request: request({}, aConnectionRef("pe-2.1")) }));
      clock.advance(1);
      assert.equal((await outbox.leftOver(clock.now(), 10)).length, 1);
    });
  });
}

async function markers(table: TableClient): Promise<number> {
  let count = 0;
  for await (const _ of table.listEntities({ queryOptions: { filter: odata`PartitionKey eq ${"~outbox"}` } }))
    count += 1;
  return count;
}

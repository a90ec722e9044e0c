import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConsumerTable } from "../../../src/azure/consumer-table.ts";
import { consumer, customer } from "../../builders.ts";
import { breakWire, fates } from "../lossy-wire.ts";
import type { StorageWorld } from "../storage-world.ts";

/** What the registry does when answers get lost and rows are damaged. */
export function consumersSuite(world: StorageWorld): void {
  describe("the registry of consumers", () => {
    it("tells that it removed a consumer although the answer got lost", async () => {
      const { storage, again } = await world.storage("consumers");
      await new ConsumerTable(again().consumers).put(consumer());
      breakWire(storage.consumers, fates("DELETE", "lost"));
      assert.equal(await new ConsumerTable(storage.consumers).remove(customer), true);
      assert.equal(await new ConsumerTable(again().consumers).find(customer), undefined);
    });

    it("reads rows of before owners were kept as owned by nobody, and no list that is damaged", async () => {
      const { storage } = await world.storage("consumers");
      const { owners: _, ...before } = consumer();
      const row = (body: object) => ({ partitionKey: customer, rowKey: customer, v: 1, body0: JSON.stringify(body) });
      await storage.consumers.createEntity(row(before));
      const registry = new ConsumerTable(storage.consumers);
      assert.deepEqual(await registry.find(customer), consumer());
      for (const owners of ["x", [7], {}]) {
        await storage.consumers.upsertEntity(row({ ...before, owners }), "Replace");
        await assert.rejects(registry.find(customer), /cannot be read/);
      }
    });

    it("names a damaged row instead of listing without it, and lets it be removed", async () => {
      const { storage } = await world.storage("consumers");
      await storage.consumers.createEntity({ partitionKey: customer, rowKey: customer, body0: "{}" });
      const registry = new ConsumerTable(storage.consumers);
      await assert.rejects(registry.list().next(), new RegExp(`row ${customer} ${customer} cannot be read`));
      assert.equal(await registry.remove(customer), true);
      assert.equal((await registry.list().next()).done, true);
    });

    it("says so when it cannot be read, instead of listing nobody", async () => {
      const registry = new ConsumerTable((await world.storage()).storage.consumers);
      await assert.rejects(registry.list().next(), /cannot be listed.*does not exist/);
      await assert.rejects(registry.remove(customer), /cannot be removed.*does not exist/);
    });
  });
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WatchTable } from "../../../src/azure/watch-table.ts";
import { aServiceRef } from "../../builders.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { breakWire, fates } from "../lossy-wire.ts";
import { openWatch } from "../queue-world.ts";
import type { StorageWorld } from "../storage-world.ts";

const service = aServiceRef();
const mark = { digest: "d", lookAgainAt: null };

/** Leases and wake-ups on a wire that loses answers: a host recognises what it did itself. */
export function watchWireSuite(world: StorageWorld): void {
  describe("a watch whose answers get lost", () => {
    it("sends the message although the answer to its flag was lost", async () => {
      const { storage, clock, waiting } = await openWatch(world);
      breakWire(storage.services, fates("POST", "lost"));
      await new WatchTable(storage.services, storage.reviews, clock).wake(service, "event");
      assert.equal(await waiting(), 1);
    });

    it("holds the lease, and gives it back with the right answer", async () => {
      const { storage, clock, host } = await openWatch(world);
      await host().wake(service, "event");
      breakWire(storage.services, fates("PUT", "lost", "passes", "lost"));
      const watch = new WatchTable(storage.services, storage.reviews, clock);
      const begun = await watch.begin(service);
      assert.ok(begun.kind === "leased");
      assert.equal(await begun.lease.renew(), true);
      await host().wake(service, "event");
      assert.equal(await watch.end(begun.lease, mark), true);
      assert.equal((await host().list())[0]?.digest, "d");
    });

    it("takes no message for granted that was never sent", async () => {
      const { storage, again } = await world.storage("services");
      const watch = new WatchTable(storage.services, storage.reviews, new FakeClock());
      await assert.rejects(watch.wake(service, "event"), {
        name: "PlgateError",
        retryable: true,
        message: /cannot be sent.*does not exist/,
      });
      await again().reviews.create();
      await watch.wake(service, "event");
      assert.equal((await again().reviews.getProperties()).approximateMessagesCount, 1);
    });

    it("writes a wake-up as the queue trigger reads it, in the spelling that came in", async () => {
      const { host, take } = await openWatch(world);
      const named = aServiceRef("PLS-Arger");
      await host().wake({ ...named, resourceGroup: "RG-Größe_日本" }, "timer", -5);
      assert.deepEqual(await take(), {
        v: 1,
        serviceId: `/subscriptions/${named.subscriptionId}/resourceGroups/RG-Größe_日本/providers/Microsoft.Network/privateLinkServices/PLS-Arger`,
        door: "timer",
      });
    });
  });
}

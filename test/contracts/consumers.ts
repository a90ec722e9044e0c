import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Consumer, Consumers } from "../../src/workflow/ports.ts";
import { consumer, customer } from "../builders.ts";
import { hostileTexts } from "./hostile-texts.ts";

export type Registry = Consumers & { put(consumer: Consumer): Promise<void> };

/** What every registry of consumers keeps. */
export function consumersContract(name: string, open: () => Promise<Registry>): void {
  describe(`Consumers contract: ${name}`, () => {
    it("knows nobody who was not registered", async () => {
      assert.equal(await (await open()).find(customer), undefined);
    });

    it("finds a consumer by any spelling of the subscription", async () => {
      const registry = await open();
      await registry.put(consumer({ subscriptionId: customer.toUpperCase(), tags: { team: "sre" } }));
      const found = consumer({ subscriptionId: customer.toLowerCase(), tags: { team: "sre" } });
      assert.deepEqual(await registry.find(customer.toUpperCase()), found);
      assert.deepEqual(await registry.find(customer.toLowerCase()), found);
    });

    it("forgets what was known before when a consumer is registered again", async () => {
      const registry = await open();
      await registry.put(consumer({ tags: { team: "sre" } }));
      const bare = { subscriptionId: customer, name: null, tier: null, tenantId: null, tags: {} };
      await registry.put(bare);
      assert.deepEqual(await registry.find(customer), bare);
    });

    it("keeps every text as it is", async () => {
      const registry = await open();
      for (const text of Object.values(hostileTexts)) {
        const tags = JSON.parse(`{"a":${JSON.stringify(text)},${JSON.stringify(text)}:"b","__proto__":"c"}`);
        const hostile = consumer({ name: text, tier: text, tenantId: text, tags });
        await registry.put(hostile);
        assert.deepEqual(await registry.find(customer), hostile);
      }
    });

    it("looks for hostile ids in vain", async () => {
      const registry = await open();
      await registry.put(consumer());
      for (const text of Object.values(hostileTexts)) assert.equal(await registry.find(text), undefined);
    });
  });
}

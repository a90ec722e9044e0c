import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError } from "../../src/runtime/errors.ts";
import type { Consumer, Consumers } from "../../src/workflow/ports.ts";
import { consumer, customer, provider } from "../builders.ts";
import { hostileTexts } from "./hostile-texts.ts";

export type Registry = Consumers & { list(): AsyncIterable<Consumer> };

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
      const bare = { subscriptionId: customer, name: null, tier: null, tenantId: null, tags: {}, owners: [] };
      await registry.put(bare);
      assert.deepEqual(await registry.find(customer), bare);
    });

    it("keeps who owns it", async () => {
      const registry = await open();
      const owners = Array.from({ length: 50 }, (_, n) => `aaaaaaaa-0000-4000-8000-0000000000${n + 10}`);
      await registry.put(consumer({ owners }));
      assert.deepEqual((await registry.find(customer))?.owners, owners);
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

    it("lists everybody by subscription", async () => {
      const registry = await open();
      assert.deepEqual(await listed(registry), []);
      await registry.put(consumer({ name: "Contoso" }));
      await registry.put(consumer({ subscriptionId: provider, name: "Fabrikam" }));
      assert.ok(provider < customer);
      assert.deepEqual(await listed(registry), [
        consumer({ subscriptionId: provider, name: "Fabrikam" }),
        consumer({ name: "Contoso" }),
      ]);
    });

    it("forgets who is removed, by any spelling, and nobody else", async () => {
      const registry = await open();
      await registry.put(consumer({ subscriptionId: "aaaaaaaa-0000-0000-0000-00000000000a" }));
      await registry.put(consumer());
      assert.equal(await registry.remove("AAAAAAAA-0000-0000-0000-00000000000A"), true);
      assert.equal(await registry.remove("aaaaaaaa-0000-0000-0000-00000000000a"), false);
      assert.deepEqual(await listed(registry), [consumer()]);
      await registry.put(consumer({ subscriptionId: "aaaaaaaa-0000-0000-0000-00000000000a", tier: "silver" }));
      assert.equal((await registry.find("aaaaaaaa-0000-0000-0000-00000000000a"))?.tier, "silver");
    });

    it("gives everybody page by page, each once, the last page without a next", async () => {
      const registry = await open();
      assert.deepEqual(await registry.page({ top: 2 }), { consumers: [], next: null });
      for (const n of [3, 1, 4, 2]) await registry.put(numbered(n));
      for (const [top, sizes] of [
        [1, [1, 1, 1, 1]],
        [2, [2, 2]],
        [3, [3, 1]],
        [4, [4]],
        [1000, [4]],
      ] as const) {
        const pages = await paged(registry, top);
        assert.deepEqual(
          pages.map(({ length }) => length),
          sizes,
        );
        assert.deepEqual(pages.flat(), [1, 2, 3, 4].map(numbered));
      }
    });

    it("goes on behind the last one shown, whoever comes or goes meanwhile", async () => {
      const registry = await open();
      for (const n of [2, 4, 6]) await registry.put(numbered(n));
      const { next } = await registry.page({ top: 2 });
      await registry.put(numbered(1));
      await registry.put(numbered(5));
      await registry.remove(numbered(4).subscriptionId);
      const rest = await registry.page({ top: 2, after: next ?? "" });
      assert.deepEqual(rest, { consumers: [5, 6].map(numbered), next: null });
    });

    it("takes no continuation that it did not give", async () => {
      const registry = await open();
      for (const text of ["", "x", "bm8", customer, ...Object.values(hostileTexts)]) {
        await assert.rejects(registry.page({ top: 2, after: text }), InputError);
      }
    });

    it("looks for hostile ids in vain", async () => {
      const registry = await open();
      await registry.put(consumer());
      for (const text of Object.values(hostileTexts)) {
        assert.equal(await registry.find(text), undefined);
        assert.equal(await registry.remove(text), false);
      }
    });
  });
}

function numbered(n: number): Consumer {
  return consumer({ subscriptionId: `aaaaaaaa-0000-0000-0000-00000000000${n}`, name: `Customer ${n}` });
}

async function paged(registry: Registry, top: number): Promise<readonly (readonly Consumer[])[]> {
  const pages: (readonly Consumer[])[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const { consumers, next } = await registry.page({ top, ...(after === undefined ? {} : { after }) });
    pages.push(consumers);
    after = next;
  }
  return pages;
}

async function listed(registry: Registry): Promise<readonly Consumer[]> {
  const all: Consumer[] = [];
  for await (const one of registry.list()) all.push(one);
  return all;
}

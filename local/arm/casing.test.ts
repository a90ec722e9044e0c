import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../seeded-random.ts";
import { withMixedCasing } from "./casing.ts";
import { connect, decide, withArm } from "./test-arm.ts";
import { provider, providerSub, serviceId } from "./test-world.ts";

const id = serviceId("Pls-One");

describe("Mixed casing", () => {
  it("changes nothing but the case of ids, whatever the body", () => {
    const words = fc.constantFrom("id", "name", "privateLinkServiceId", "type", "other");
    const texts = fc.constantFrom(id, "Alias.X.azure", "Microsoft.Network/privateLinkServices", "");
    const body = fc.letrec((tie) => ({
      node: fc.oneof(texts, fc.integer(), fc.array(tie("node"), { maxLength: 3 }), tie("record")),
      record: fc.dictionary(words, tie("node"), { maxKeys: 3 }),
    })).record;
    fc.assert(
      fc.property(body, fc.integer(), (given, seed) => {
        const mixed = withMixedCasing(given, seededRandom(seed));
        assert.deepEqual(lowerIds(mixed), lowerIds(given));
      }),
    );
  });

  it("gives one id several spellings, the created one among them", () => {
    const random = seededRandom(1);
    const seen = new Set(Array.from({ length: 100 }, () => JSON.stringify(withMixedCasing({ id }, random))));
    assert.ok(seen.size >= 5, [...seen].join("\n"));
    assert.ok(seen.has(JSON.stringify({ id })));
  });

  it("is on by default, and repeated by the same seed", async () => {
    const spellings = async (randomSeed: number) => {
      const ids: (string | undefined)[] = [];
      await withArm({ settings: { "casing.mixed": true }, randomSeed }, async (arm) => {
        const { privateLinkServices } = arm.client(provider, providerSub);
        for (let read = 0; read < 10; read += 1)
          ids.push((await privateLinkServices.get("rg-services", "pls-open")).id);
      });
      return ids;
    };
    const [first, second] = [await spellings(3), await spellings(3)];
    assert.deepEqual(first, second);
    assert.ok(new Set(first).size > 1);
    assert.equal(new Set(first.map((spelt) => spelt?.toLowerCase())).size, 1);
  });

  it("hinders nobody who goes by the names", () =>
    withArm({ settings: { "casing.mixed": true } }, async (arm) => {
      const { name } = await connect(arm, "Pe-One");
      assert.match(name, /^Pe-One\./);
      assert.equal((await decide(arm, name.toUpperCase(), "Approved")).name, name);
    }));
});

function lowerIds(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null, (key, item) => (isId(key, item) ? item.toLowerCase() : item)));
}

function isId(key: string, item: unknown): item is string {
  return typeof item === "string" && ["id", "privateLinkServiceId"].includes(key) && item.startsWith("/subscriptions/");
}

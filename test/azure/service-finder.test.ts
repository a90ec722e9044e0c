import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ResourceGraphClient } from "@azure/arm-resourcegraph";
import type { ArmOptions } from "../../local/arm/server.ts";
import { credentialOf, type TestArm, withArm } from "../../local/arm/test-arm.ts";
import { ownTenant, provider, providerSub, seededService, serviceId, testSeed } from "../../local/arm/test-world.ts";
import { inventoryQuery, subscriptionsQuery } from "../../local/inventory-query.ts";
import { GraphServiceFinder } from "../../src/azure/resource-graph.ts";

const emptySub = "44444444-4444-4444-8444-444444444444";
const foreignSub = "55555555-5555-4555-8555-555555555555";
const minutes = 60_000;

/** Two subscriptions of ours, one without a service, and one that we may not read. */
function options(services = ["pls-1", "pls-2", "pls-3"]): Partial<ArmOptions> {
  return {
    graphQueries: [inventoryQuery, subscriptionsQuery],
    seed: {
      ...testSeed,
      subscriptions: [
        ...testSeed.subscriptions,
        { id: emptySub, tenantId: ownTenant, displayName: "Empty" },
        { id: foreignSub, tenantId: ownTenant, displayName: "Foreign" },
      ],
      roleAssignments: [
        ...testSeed.roleAssignments,
        { objectId: provider.objectId, scope: `/subscriptions/${emptySub}`, actions: ["*"] },
      ],
      services: services.map((name) => seededService(name)),
    },
  };
}

function finderOn(arm: TestArm, subscriptions: readonly string[], now?: () => number): GraphServiceFinder {
  const graph = new ResourceGraphClient(credentialOf(provider), {
    endpoint: arm.url,
    tlsOptions: { ca: arm.ca },
    retryOptions: { maxRetries: 0 },
  });
  const clients = async (subscription: string) => arm.client(provider, subscription);
  return new GraphServiceFinder(async () => graph, clients, subscriptions, now);
}

function calls(arm: TestArm) {
  const { graph, read } = arm.counts().byKind;
  return { graph, read };
}

function names(inventory: Awaited<ReturnType<GraphServiceFinder["list"]>>) {
  return inventory.items.map(({ ref }) => ref.name).sort();
}

describe("The inventory", () => {
  it("takes one call where every subscription has a service", () =>
    withArm(options(), async (arm) => {
      const inventory = await finderOn(arm, [providerSub]).list();
      assert.deepEqual([names(inventory), inventory.unreadable], [["pls-1", "pls-2", "pls-3"], []]);
      assert.deepEqual(calls(arm), { graph: 1, read: 0 });
    }));

  for (const seen of ["any-role", "subscription-read"] as const) {
    it(`does not list a subscription without services each time; subscriptions are seen by ${seen} [U]`, () =>
      withArm({ ...options(), settings: { "graph.subscriptionsSeen": seen } }, async (arm) => {
        const finder = finderOn(arm, [providerSub, emptySub]);
        for (let sweep = 0; sweep < 5; sweep += 1) {
          const { unreadable, trouble } = await finder.list();
          assert.deepEqual([unreadable, trouble], [[], undefined]);
        }
        assert.deepEqual(calls(arm), { graph: 10, read: 1 });
      }));
  }

  it("says at each sweep which subscription cannot be read, and asks ARM for it some times an hour only", () =>
    withArm(options(), async (arm) => {
      let time = 0;
      const finder = finderOn(arm, [providerSub, foreignSub], () => time);
      for (let sweep = 0; sweep < 30; sweep += 1) {
        const inventory = await finder.list();
        assert.deepEqual(names(inventory), ["pls-1", "pls-2", "pls-3"]);
        assert.deepEqual(
          inventory.unreadable.map(({ subscriptionId }) => subscriptionId),
          [foreignSub],
        );
        assert.match(inventory.unreadable[0]?.reason ?? "", /^AuthorizationFailed: /);
        time += 2 * minutes;
      }
      const { read } = calls(arm);
      assert.ok(read >= 5 && read <= 8, `ARM was asked ${read} times in an hour`);
    }));

  it("asks ARM again and again for what Resource Graph does not show", () =>
    withArm({ ...options(), settings: { "graph.lagMs": 3_600_000 } }, async (arm) => {
      const finder = finderOn(arm, [providerSub]);
      for (let sweep = 1; sweep <= 3; sweep += 1) {
        assert.deepEqual(names(await finder.list()), ["pls-1", "pls-2", "pls-3"]);
        assert.equal(calls(arm).read, sweep);
      }
    }));

  it("is whole when Resource Graph fails: then ARM lists every subscription", () => {
    const many = Array.from({ length: 1001 }, (_, index) => `pls-${index}`);
    return withArm(options(many), async (arm) => {
      const finder = finderOn(arm, [providerSub, foreignSub]);
      const first = await finder.list();
      assert.deepEqual([first.items.length, first.trouble], [1001, undefined]);
      const body = { error: { code: "AuthorizationFailed", message: "no" } };
      arm.orderFaults([{ method: "POST", path: "/providers/Microsoft.ResourceGraph/resources", status: 403, body }]);
      const second = await finder.list();
      assert.equal(second.items.length, 1001);
      assert.match(second.trouble ?? "", /^Resource Graph does not answer/);
      assert.deepEqual(
        second.unreadable.map(({ subscriptionId }) => subscriptionId),
        [foreignSub],
      );
    });
  });

  it("lists named subscriptions through ARM alone, for whoever doubts Resource Graph", () =>
    withArm(options(), async (arm) => {
      const inventory = await finderOn(arm, [providerSub, emptySub]).list([providerSub]);
      assert.deepEqual(
        inventory.items.map(({ ref }) => ref.id),
        ["pls-1", "pls-2", "pls-3"].map((name) => serviceId(name).toLowerCase()),
      );
      assert.deepEqual(calls(arm), { graph: 0, read: 1 });
    }));
});

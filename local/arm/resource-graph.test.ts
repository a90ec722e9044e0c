import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ResourceGraphClient } from "@azure/arm-resourcegraph";
import { connectionsByService } from "./resource-graph.ts";
import type { ArmOptions } from "./server.ts";
import { connect, credentialOf, decide, refusalOf, type TestArm, withArm } from "./test-arm.ts";
import {
  approver,
  consumer,
  consumerSub,
  provider,
  providerSub,
  seededService,
  serviceId,
  stranger,
  strangerSub,
  testSeed,
} from "./test-world.ts";

const text = `
  resources
  | where type == "microsoft.network/privatelinkservices"
  | project id, subscriptionId, location`;
const options: Partial<ArmOptions> = { graphQueries: [{ text, evaluate: connectionsByService }] };
const query = text.replace(/\s+/g, "\n");

function graph(arm: TestArm, caller = provider): ResourceGraphClient {
  return new ResourceGraphClient(credentialOf(caller), {
    endpoint: arm.url,
    tlsOptions: { ca: arm.ca },
    retryOptions: { maxRetries: 0 },
  });
}

describe("The one query of the local Resource Graph", () => {
  it("answers each service with its connections, as Resource Graph spells them", () =>
    withArm(options, async (arm) => {
      const { id, name } = await connect(arm, "pe-1");
      await decide(arm, name, "Rejected");
      const { data, ...frame } = await graph(arm).resources({ query, subscriptions: [providerSub.toUpperCase()] });
      assert.deepEqual(data, [
        {
          id: serviceId("pls-open"),
          subscriptionId: providerSub,
          location: "westeurope",
          provisioningState: "Succeeded",
          connections: [{ id, status: "Rejected" }],
        },
      ]);
      assert.deepEqual(frame, {
        totalRecords: 1,
        count: 1,
        resultTruncated: "false",
        facets: [],
        skipToken: undefined,
      });
    }));

  it("is read in pages", () => {
    const names = Array.from({ length: 5 }, (_, index) => `pls-${index}`);
    const services = names.map((name) => seededService(name));
    return withArm({ ...options, seed: { ...testSeed, services } }, async (arm) => {
      const client = graph(arm);
      const first = await client.resources({ query, options: { top: 2 } });
      assert.deepEqual([first.count, first.totalRecords], [2, 5]);
      const skipToken = first.skipToken ?? "";
      const second = await client.resources({ query, options: { skipToken } });
      const third = await client.resources({ query, options: { skipToken: second.skipToken ?? "" } });
      const ids = [...first.data, ...second.data, ...third.data].map((row: { id: string }) => row.id);
      assert.deepEqual(
        ids,
        names.map((name) => serviceId(name)),
      );
      assert.equal(third.skipToken, undefined);
      const skipped = await client.resources({ query, options: { skip: 4 } });
      assert.deepEqual([skipped.count, skipped.totalRecords], [1, 5]);
    });
  });

  const readers = {
    "an owner sees the subscription": [provider, 2],
    "the approver sees its group": [approver, 1],
    "a stranger sees nothing": [stranger, 0],
  } as const;
  for (const [name, [caller, rows]] of Object.entries(readers)) {
    it(`goes by the caller's roles: ${name}`, () => {
      const services = [seededService("pls-1"), { ...seededService("pls-2"), resourceGroup: "rg-other" }];
      return withArm({ ...options, seed: { ...testSeed, services } }, async (arm) => {
        assert.equal((await graph(arm, caller).resources({ query })).totalRecords, rows);
      });
    });
  }

  it("sees only the subscriptions that were asked for", () =>
    withArm(options, async (arm) => {
      assert.equal((await graph(arm).resources({ query, subscriptions: [consumerSub] })).totalRecords, 0);
    }));

  it("learns of a change only after its lag", () => {
    let time = Date.now();
    const now = () => new Date(time);
    return withArm({ ...options, now, settings: { "graph.lagMs": 30_000 } }, async (arm) => {
      const connections = async () => {
        const { data } = await graph(arm).resources({ query });
        return data.map((row: { connections: unknown[] }) => row.connections.length);
      };
      // The seed is news as well.
      time += 30_000;
      assert.deepEqual(await connections(), [0]);
      const { name } = await connect(arm, "pe-1");
      assert.deepEqual(await connections(), [0]);
      time += 29_999;
      assert.deepEqual(await connections(), [0]);
      time += 1;
      assert.deepEqual(await connections(), [1]);
      await decide(arm, name, "Approved");
      assert.equal(JSON.stringify((await graph(arm).resources({ query })).data).includes("Approved"), false);
    });
  });

  const subscriptionsText = "resourcecontainers | project subscriptionId";
  const bothQueries: Partial<ArmOptions> = {
    graphQueries: [
      { text, evaluate: connectionsByService },
      {
        text: subscriptionsText,
        evaluateSubscriptions: (seen) => seen.map(({ subscriptionId }) => ({ subscriptionId })),
      },
    ],
  };
  const subscriptionsSeen = {
    "any-role shows the owner its subscription": ["any-role", provider, [providerSub]],
    "any-role shows the approver the subscription of its group": ["any-role", approver, [providerSub]],
    "any-role shows a stranger its own": ["any-role", stranger, [strangerSub]],
    "subscription-read shows the owner its subscription": ["subscription-read", provider, [providerSub]],
    "subscription-read shows the approver nothing": ["subscription-read", approver, []],
  } as const;
  for (const [name, [seen, caller, expected]] of Object.entries(subscriptionsSeen)) {
    it(`tells the subscriptions that a caller sees: ${name} [U]`, () =>
      withArm({ ...bothQueries, settings: { "graph.subscriptionsSeen": seen } }, async (arm) => {
        const { data, totalRecords } = await graph(arm, caller).resources({ query: subscriptionsText });
        assert.deepEqual(
          data,
          expected.map((subscriptionId) => ({ subscriptionId })),
        );
        assert.equal(totalRecords, expected.length);
      }));
  }

  it("learns of a new subscription after its lag as well", () => {
    let time = Date.now();
    const settings = { "graph.lagMs": 30_000 };
    return withArm({ ...bothQueries, settings, now: () => new Date(time) }, async (arm) => {
      const count = async () => (await graph(arm).resources({ query: subscriptionsText })).totalRecords;
      assert.equal(await count(), 0);
      time += 30_000;
      assert.equal(await count(), 1);
    });
  });

  it("has a quota of its own for each caller [K], and takes no tokens of ARM", () => {
    const settings = {
      "buckets.enabled": true,
      "graph.requestsPerWindow": 2,
      "graph.windowSeconds": 5,
      "buckets.reads": { capacity: 1, perSecond: 1 },
    };
    let time = 0;
    return withArm({ ...options, settings, now: () => new Date(time) }, async (arm) => {
      const path = "/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01";
      const ask = (as = provider) => arm.raw("POST", path, { as, body: { query } });
      const first = await ask();
      assert.deepEqual(
        [first.status, first.headers["x-ms-user-quota-remaining"], first.headers["x-ms-user-quota-resets-after"]],
        [200, "1", "00:00:05"],
      );
      assert.equal((await ask()).status, 200);
      time += 2000;
      const refused = await ask();
      assert.deepEqual(
        [refused.status, refused.body.error?.code, refused.headers["retry-after"]],
        [429, "RateLimiting", "3"],
      );
      assert.equal((await ask(consumer)).status, 200);
      time += 3000;
      assert.equal((await ask()).status, 200);
      // The one token that ARM has for reads is still there.
      assert.equal(
        (await arm.raw("GET", `${serviceId("pls-open")}?api-version=2026-01-01`, { as: provider })).status,
        200,
      );
    });
  });

  const refusals: Readonly<Record<string, readonly [Parameters<ResourceGraphClient["resources"]>[0], string]>> = {
    "another query": [{ query: "resources | count" }, "BadRequest"],
    "management groups": [{ query, managementGroups: ["mg"] }, "NotImplementedByLocalArm"],
    "another result format": [{ query, options: { resultFormat: "table" } }, "NotImplementedByLocalArm"],
    "more rows than a page has": [{ query, options: { top: 1001 } }, "BadRequest"],
    "a skip token of somebody else": [{ query, options: { skipToken: "bm9uc2Vuc2U" } }, "BadRequest"],
    facets: [{ query, facets: [{ expression: "x" }] }, "InvalidRequestFormat"],
    "an option that nobody knows": [{ query, options: { allowPartialScopes: true } }, "InvalidRequestFormat"],
  };
  for (const [name, [request, code]] of Object.entries(refusals)) {
    it(`is not ${name}`, () =>
      withArm(options, async (arm) => {
        assert.deepEqual(await refusalOf(graph(arm).resources(request)), [400, code]);
      }));
  }
});

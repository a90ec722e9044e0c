import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { findDefinition, validateExchanges } from "./conformance.ts";
import type { RecordedExchange } from "./recorder.ts";
import { collect, connect, decide, polling, refusalOf, type TestArm, withArm } from "./test-arm.ts";
import {
  consumer,
  consumerSub,
  provider,
  providerSub,
  seededService,
  serviceBody,
  serviceId,
  testSeed,
} from "./test-world.ts";

const definition = findDefinition();

/** Every route of the definition, in every state that a body may have, and its refusals. */
async function wholeSession(arm: TestArm): Promise<void> {
  const services = arm.client(provider, providerSub).privateLinkServices;
  await services.createOrUpdate(
    "rg-services",
    "pls-1",
    serviceBody({ tags: { a: "b" }, fqdns: ["a.example"] }),
    polling,
  );
  const read = await services.get("rg-services", "pls-1", { expand: "privateEndpointConnections" });
  await services.createOrUpdate("rg-services", "pls-1", { ...read, enableProxyProtocol: true }, polling);
  const names: string[] = [];
  for (const name of ["pe-1", "pe-2", "pe-3"]) {
    names.push((await connect(arm, name, { target: serviceId("pls-1") }, "pls-1")).name);
  }
  const [approved = "", rejected = "", removed = ""] = names;
  await decide(arm, approved, "Approved", "yes", "pls-1");
  await decide(arm, rejected, "Rejected", "no", "pls-1");
  await decide(arm, removed, "Removed", "gone", "pls-1");
  await refusalOf(decide(arm, rejected, "Approved", "", "pls-1"));
  await refusalOf(decide(arm, "pe-9.x", "Approved", "", "pls-1"));
  await refusalOf(services.get("rg-services", "nobody"));
  await refusalOf(services.delete("rg-services", "pls-1", polling).pollUntilDone());
  await refusalOf(arm.client(consumer, providerSub).privateLinkServices.get("rg-services", "pls-1"));
  await collect(services.list("rg-services"));
  await collect(services.listBySubscription());
  await collect(services.listPrivateEndpointConnections("rg-services", "pls-1"));
  await services.getPrivateEndpointConnection("rg-services", "pls-1", approved);
  for (const name of names) await services.deletePrivateEndpointConnection("rg-services", "pls-1", name, polling);
  await services.deletePrivateEndpointConnection("rg-services", "pls-1", approved, polling);
  for (const name of ["pe-1", "pe-2", "pe-3"]) {
    await arm.client(consumer, consumerSub).privateEndpoints.delete("rg-app", name, polling);
  }
  await services.delete("rg-services", "pls-1", polling);
}

describe("The local ARM before the official definition", () => {
  let exchanges: readonly RecordedExchange[] = [];
  before(() => {
    const seed = { ...testSeed, services: [...testSeed.services, seededService("pls-2")] };
    const settings = { "casing.mixed": true, "page.size": 1 };
    return withArm({ seed, settings }, async (arm) => {
      await wholeSession(arm);
      exchanges = arm.exchanges;
    });
  });

  it("sends valid instances of every body, and takes what the Azure client sends", async (test) => {
    if (definition === undefined) {
      test.diagnostic("NOT CHECKED: no definition at PLGATE_ARM_SPEC or beside the checkout (../shared/spec).");
      return;
    }
    const result = await validateExchanges(exchanges, definition);
    assert.deepEqual(result.problems, []);
    assert.deepEqual(result.operations, [
      "PrivateLinkServices_CreateOrUpdate",
      "PrivateLinkServices_Delete",
      "PrivateLinkServices_DeletePrivateEndpointConnection",
      "PrivateLinkServices_Get",
      "PrivateLinkServices_GetPrivateEndpointConnection",
      "PrivateLinkServices_List",
      "PrivateLinkServices_ListBySubscription",
      "PrivateLinkServices_ListPrivateEndpointConnections",
      "PrivateLinkServices_UpdatePrivateEndpointConnection",
    ]);
    assert.ok(result.checked > 30, String(result.checked));
    assert.deepEqual([result.injected, result.unanswered], [0, 0]);
    test.diagnostic(`checked ${result.checked} exchanges, ${result.outside} on routes outside of the definition`);
  });

  it("shows endpoints in the official shape as well, as the definition has it inside of a connection", async (test) => {
    if (definition === undefined) {
      test.diagnostic("NOT CHECKED: no definition at PLGATE_ARM_SPEC or beside the checkout (../shared/spec).");
      return;
    }
    const connection = exchanges.find(
      ({ request, response }) => request.url.includes("/privateEndpointConnections/") && response?.status === 200,
    );
    const endpoints = exchanges.filter(
      ({ request, response }) =>
        /\/privateEndpoints\//.test(request.url) && request.method !== "DELETE" && response?.body,
    );
    assert.ok(connection && endpoints.length > 0);
    const dressed = endpoints.map((endpoint) =>
      withBody(connection, { properties: { privateEndpoint: bodyOf(endpoint) } }),
    );
    const result = await validateExchanges(dressed, definition);
    assert.deepEqual([result.checked, result.problems], [endpoints.length, []]);
  });

  const spoilt: Readonly<Record<string, (exchange: RecordedExchange) => RecordedExchange>> = {
    "an invented field": (exchange) => withBody(exchange, { ...bodyOf(exchange), resourceGuid: "x" }),
    "a field of the wrong type": (exchange) => withBody(exchange, { ...bodyOf(exchange), name: 7 }),
    "a status that the operation does not have": (exchange) => ({
      ...exchange,
      response: { headers: {}, ...exchange.response, status: 202 },
    }),
  };
  for (const [name, spoil] of Object.entries(spoilt)) {
    it(`would be told of ${name}`, async (test) => {
      if (definition === undefined) {
        test.diagnostic("NOT CHECKED: no definition at PLGATE_ARM_SPEC or beside the checkout (../shared/spec).");
        return;
      }
      const update = exchanges.find(({ request, response }) => request.method === "PUT" && response?.status === 200);
      assert.ok(update);
      assert.equal((await validateExchanges([spoil(update)], definition)).problems.length > 0, true);
      assert.deepEqual((await validateExchanges([update], definition)).problems, []);
    });
  }
});

function bodyOf(exchange: RecordedExchange): object {
  return exchange.response?.body as object;
}

function withBody(exchange: RecordedExchange, body: object): RecordedExchange {
  assert.ok(exchange.response);
  return { ...exchange, response: { ...exchange.response, body } };
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect, decide, polling, type RawAnswer, type TestArm, until, withArm } from "./test-arm.ts";
import { consumer, consumerSub, endpointBody, provider, providerSub, serviceBody, serviceId } from "./test-world.ts";

const version = "api-version=2026-01-01";
const endpointPath = `/subscriptions/${consumerSub}/resourceGroups/rg-app/providers/Microsoft.Network/privateEndpoints/pe-1`;
const follow = (arm: TestArm, url: string | undefined, as = provider): Promise<RawAnswer> => {
  assert.ok(url, "there is no address to follow");
  assert.equal(new URL(url).origin, arm.url);
  return arm.raw("GET", url.slice(arm.url.length), { as });
};
const removeConnection = async (arm: TestArm) => {
  const { name } = await connect(arm, "pe-1");
  return arm.raw("DELETE", `${serviceId("pls-open")}/privateEndpointConnections/${name}?${version}`, { as: provider });
};

describe("A long-running operation on the wire", () => {
  it("of a new service: 201, the resource as Updating, where to look, and when", () =>
    withArm({ settings: { "lro.retryAfterSeconds": 7, "latency.lroMs": 1500 } }, async (arm) => {
      const properties = serviceWire();
      const answer = await arm.raw("PUT", `${serviceId("pls-1")}?${version}`, {
        as: provider,
        body: { location: "westeurope", properties },
      });
      assert.equal(answer.status, 201);
      assert.equal((answer.body["properties"] as { provisioningState: string }).provisioningState, "Updating");
      assert.equal(answer.headers["retry-after"], "7");
      assert.equal(answer.headers["location"], undefined);
      const url = answer.headers["azure-asyncoperation"] ?? "";
      assert.match(
        url,
        new RegExp(
          `/subscriptions/${providerSub}/providers/Microsoft.Network/locations/westeurope/operations/[0-9a-f-]{36}\\?${version}$`,
        ),
      );
      const running = await follow(arm, url);
      assert.deepEqual(
        [running.status, running.body, running.headers["retry-after"]],
        [200, { status: "InProgress" }, "7"],
      );
      await until(async () => (await follow(arm, url)).body["status"] === "Succeeded");
      const again = await arm.raw("PUT", `${serviceId("pls-1")}?${version}`, {
        as: provider,
        body: { location: "westeurope", properties },
      });
      assert.equal(again.status, 200);
    }));

  it("of a connection's deletion: 202 with both headers, whose answers agree", () =>
    withArm({ settings: { "latency.lroMs": 1500 } }, async (arm) => {
      const answer = await removeConnection(arm);
      assert.deepEqual([answer.status, answer.body], [202, {}]);
      assert.match(answer.headers["azure-asyncoperation"] ?? "", /\/operations\//);
      assert.match(answer.headers["location"] ?? "", /\/operationResults\//);
      assert.ok(answer.headers["retry-after"]);
      const running = await follow(arm, answer.headers["location"]);
      assert.deepEqual([running.status, running.headers["location"]], [202, answer.headers["location"]]);
      await until(async () => (await follow(arm, answer.headers["location"])).status === 204);
      assert.deepEqual((await follow(arm, answer.headers["azure-asyncoperation"])).body, { status: "Succeeded" });
    }));

  it("of a connection's deletion, with the polling address of the official example", () =>
    withArm({ settings: { "lro.pollAt": "operationResults" } }, async (arm) => {
      const answer = await removeConnection(arm);
      assert.match(answer.headers["azure-asyncoperation"] ?? "", /\/operationResults\//);
      const { name } = await connect(arm, "pe-2", {}, "pls-open");
      const services = arm.client(provider, providerSub).privateLinkServices;
      await until(async () => (await follow(arm, answer.headers["location"])).status === 204);
      await services.deletePrivateEndpointConnection("rg-services", "pls-open", name, polling);
      assert.deepEqual((await services.get("rg-services", "pls-open")).privateEndpointConnections, []);
    }));

  it("is found in its own region and subscription only, and forgotten after a while", () => {
    let time = Date.now();
    return withArm({ now: () => new Date(time), settings: { "lro.expiresAfterSeconds": 60 } }, async (arm) => {
      const url = (await removeConnection(arm)).headers["azure-asyncoperation"] ?? "";
      await until(async () => (await follow(arm, url)).body["status"] === "Succeeded");
      assert.equal((await follow(arm, url.replace("westeurope", "WESTEUROPE"))).status, 200);
      assert.equal((await follow(arm, url.replace("westeurope", "northeurope"))).status, 404);
      const elsewhere = await follow(arm, url.replace(providerSub, consumerSub), consumer);
      assert.deepEqual([elsewhere.status, elsewhere.body.error?.code], [404, "OperationNotFound"]);
      time += 61_000;
      assert.equal((await follow(arm, url)).status, 404);
    });
  });

  it("of a visibility question ends with the answer", () =>
    withArm({}, async (arm) => {
      const path = `/subscriptions/${consumerSub}/providers/Microsoft.Network/locations/westeurope/checkPrivateLinkServiceVisibility?${version}`;
      const body = { privateLinkServiceAlias: "nobody" };
      const asked = await arm.raw("POST", path, { as: consumer, body });
      assert.equal(asked.status, 202);
      await until(async () => (await follow(arm, asked.headers["location"], consumer)).status === 200);
      assert.deepEqual((await follow(arm, asked.headers["location"], consumer)).body, { visible: false });
    }));
});

describe("An operation that fails", () => {
  it("leaves the endpoint Failed with the error in its own body, and the next PUT tries anew", () =>
    withArm({}, async (arm) => {
      const failOperation = { code: "RetryableError", message: "A retryable error occurred." };
      arm.orderFaults([{ method: "PUT", path: "*/privateEndpoints/pe-1", failOperation }]);
      const { privateEndpoints } = arm.client(consumer, consumerSub);
      await assert.rejects(
        privateEndpoints.createOrUpdate("rg-app", "pe-1", endpointBody(), polling).pollUntilDone(),
        /RetryableError/,
      );
      assert.equal((await privateEndpoints.get("rg-app", "pe-1")).provisioningState, "Failed");
      const services = arm.client(provider, providerSub).privateLinkServices;
      assert.deepEqual((await services.get("rg-services", "pls-open")).privateEndpointConnections, []);
      assert.equal(arm.writes.at(-1)?.succeeded, false);
      const connection = await connect(arm, "pe-1");
      assert.equal(connection.privateLinkServiceConnectionState?.status, "Pending");
    }));

  it("leaves the service Failed, and its deletion undone", () =>
    withArm({}, async (arm) => {
      const failOperation = { code: "InternalServerError", message: "no" };
      arm.orderFaults([{ method: "DELETE", path: "*", failOperation }]);
      const services = arm.client(provider, providerSub).privateLinkServices;
      await assert.rejects(
        services.delete("rg-services", "pls-open", polling).pollUntilDone(),
        /InternalServerError|no/,
      );
      assert.equal((await services.get("rg-services", "pls-open")).provisioningState, "Failed");
    }));

  it("fails an endpoint whose service went away meanwhile", () =>
    withArm({ settings: { "latency.lroMs": 2000 } }, async (arm) => {
      const asking = arm
        .client(consumer, consumerSub)
        .privateEndpoints.createOrUpdate("rg-app", "pe-1", endpointBody(), polling);
      await asking.submitted();
      arm.changeSettings({ "latency.lroMs": 0 });
      await arm.client(provider, providerSub).privateLinkServices.delete("rg-services", "pls-open", polling);
      await assert.rejects(asking.pollUntilDone(), /InvalidPrivateLinkServiceId/);
    }));
});

describe("What Event Grid is told of finished writes", () => {
  const told = (arm: TestArm) =>
    arm.writes.map((write) => ({
      what: `${write.operationName} ${write.created ? "new" : "old"} ${write.succeeded ? "succeeded" : "failed"}`,
      where: write.subscriptionId,
      change: write.target?.change,
    }));

  it("each write on the subscription of the written resource, with the connection that a consumer's write changed", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      await decide(arm, name, "Rejected");
      const { privateEndpoints } = arm.client(consumer, consumerSub);
      await privateEndpoints.createOrUpdate("rg-app", "pe-1", endpointBody({ status: "Pending" }), polling);
      await privateEndpoints.createOrUpdate("rg-app", "pe-1", { ...endpointBody(), tags: { a: "b" } }, polling);
      const services = arm.client(provider, providerSub).privateLinkServices;
      await services.createOrUpdate("rg-services", "pls-1", serviceBody(), polling);
      await services.deletePrivateEndpointConnection("rg-services", "pls-open", name, polling);
      await privateEndpoints.delete("rg-app", "pe-1", polling);
      await services.delete("rg-services", "pls-1", polling);
      const connections = "Microsoft.Network/privateLinkServices/privateEndpointConnections";
      assert.deepEqual(told(arm), [
        { what: "Microsoft.Network/privateEndpoints/write new succeeded", where: consumerSub, change: "created" },
        { what: `${connections}/write old succeeded`, where: providerSub, change: undefined },
        { what: "Microsoft.Network/privateEndpoints/write old succeeded", where: consumerSub, change: "updated" },
        { what: "Microsoft.Network/privateEndpoints/write old succeeded", where: consumerSub, change: undefined },
        { what: "Microsoft.Network/privateLinkServices/write new succeeded", where: providerSub, change: undefined },
        { what: `${connections}/delete old succeeded`, where: providerSub, change: undefined },
        { what: "Microsoft.Network/privateEndpoints/delete old succeeded", where: consumerSub, change: undefined },
        { what: "Microsoft.Network/privateLinkServices/delete old succeeded", where: providerSub, change: undefined },
      ]);
    }));

  it("who wrote what, by which request, and whose connection it concerns", () =>
    withArm({}, async (arm) => {
      const body = { location: "westeurope", properties: endpointWire() };
      const headers = { "x-ms-client-request-id": "mine" };
      await arm.raw("PUT", `${endpointPath}?${version}`, { as: { ...consumer, appId: "cli" }, body, headers });
      await until(async () => arm.writes.length > 0);
      const [write] = arm.writes;
      assert.deepEqual(
        [write?.resourceId, write?.method, write?.caller.appId, write?.clientRequestId, write?.target?.serviceId],
        [endpointPath, "PUT", "cli", "mine", serviceId("pls-open")],
      );
      assert.equal(write?.url, `${arm.url}${endpointPath}?${version}`);
      assert.deepEqual(write?.target?.service, { location: "westeurope", tags: { owner: "platform" } });
    }));

  it("a write that the resource refused, and nothing of reads, refused callers and absent things", () =>
    withArm({}, async (arm) => {
      const path = `${serviceId("pls-open")}/privateEndpointConnections/pe.x?${version}`;
      const body = { properties: { privateLinkServiceConnectionState: { status: "Approved" } } };
      await arm.raw("GET", path, { as: provider });
      await arm.raw("PUT", path, { as: consumer, body });
      await arm.raw("DELETE", path, { as: provider });
      await arm.raw("PUT", path, { as: provider, body });
      assert.deepEqual(told(arm), [
        {
          what: "Microsoft.Network/privateLinkServices/privateEndpointConnections/write old failed",
          where: providerSub,
          change: undefined,
        },
      ]);
    }));
});

/** Bodies as they go over the wire, for requests without the client. */
function serviceWire() {
  const { ipConfigurations = [], loadBalancerFrontendIpConfigurations } = serviceBody();
  return {
    loadBalancerFrontendIpConfigurations,
    ipConfigurations: ipConfigurations.map(({ name, subnet }) => ({ name, properties: { subnet } })),
  };
}

function endpointWire() {
  const { subnet, manualPrivateLinkServiceConnections: [entry] = [] } = endpointBody();
  const { name, ...properties } = entry ?? {};
  return { subnet, manualPrivateLinkServiceConnections: [{ name, properties }] };
}

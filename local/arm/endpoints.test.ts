import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PrivateEndpoint } from "@azure/arm-network";
import { collect, connect, connectionOf, decide, polling, refusalOf, withArm } from "./test-arm.ts";
import {
  type Asking,
  consumer,
  consumerSub,
  endpointBody,
  provider,
  providerSub,
  seededService,
  serviceId,
  stranger,
  strangerSub,
  testSeed,
} from "./test-world.ts";

describe("A consumer with the Azure client", () => {
  it("asks for a connection by resource id and finds it waiting", () =>
    withArm({}, async (arm) => {
      const consumers = arm.client(consumer, consumerSub);
      const made = await consumers.privateEndpoints.createOrUpdate("rg-app", "pe-1", endpointBody(), polling);
      assert.equal(made.provisioningState, "Succeeded");
      const [entry] = made.manualPrivateLinkServiceConnections ?? [];
      assert.deepEqual(entry?.privateLinkServiceConnectionState, {
        status: "Pending",
        description: "please",
        actionsRequired: "None",
      });
      const [connection] = await collect(
        arm.client(provider, providerSub).privateLinkServices.listPrivateEndpointConnections("rg-services", "pls-open"),
      );
      assert.match(connection?.name ?? "", /^pe-1\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert.equal(connection?.privateEndpoint?.id, made.id);
      assert.equal(connection?.privateEndpointLocation, "westeurope");
      assert.match(connection?.linkIdentifier ?? "", /^\d{1,10}$/);
      assert.ok(Number(connection?.linkIdentifier) < 2 ** 32);
      assert.match(connection?.etag ?? "", /^W\/"[0-9a-f-]{36}"$/);
      assert.equal(connection?.privateLinkServiceConnectionState?.description, "please");
    }));

  it("asks for a connection by alias", () =>
    withArm({}, async (arm) => {
      const { alias } = await arm.client(provider, providerSub).privateLinkServices.get("rg-services", "pls-open");
      assert.match(alias ?? "", /^pls-open\.[0-9a-f-]{36}\.westeurope\.azure\.privatelinkservice$/);
      const connection = await connect(arm, "pe-1", { target: alias?.toUpperCase() ?? "" });
      assert.equal(connection.privateLinkServiceConnectionState?.status, "Pending");
    }));

  it("sees on its own entry what the provider made of the connection", () =>
    withArm({}, async (arm) => {
      const connection = await connect(arm, "pe-1");
      await decide(arm, connection.name, "Approved", "welcome");
      const mine = await arm.client(consumer, consumerSub).privateEndpoints.get("rg-app", "pe-1");
      assert.deepEqual(mine.manualPrivateLinkServiceConnections?.[0]?.privateLinkServiceConnectionState, {
        status: "Approved",
        description: "welcome",
        actionsRequired: "None",
      });
    }));

  it("takes its connection off the provider's list by deleting the endpoint, and gets another identity when it comes back", () =>
    withArm({}, async (arm) => {
      const first = await connect(arm, "pe-1");
      const { privateEndpoints } = arm.client(consumer, consumerSub);
      await privateEndpoints.delete("rg-app", "pe-1", polling);
      const services = arm.client(provider, providerSub).privateLinkServices;
      const service = await services.get("rg-services", "pls-open");
      assert.deepEqual(service.privateEndpointConnections, []);
      assert.deepEqual(await refusalOf(privateEndpoints.get("rg-app", "pe-1")), [404, "ResourceNotFound"]);
      const second = await connect(arm, "pe-1");
      assert.notEqual(second.name, first.name);
      assert.notEqual(second.linkIdentifier, first.linkIdentifier);
    }));

  it("lists its endpoints by group and by subscription, page by page", () =>
    withArm({ settings: { "page.size": 1 } }, async (arm) => {
      for (const name of ["pe-b", "pe-a", "pe-c"]) await connect(arm, name);
      const { privateEndpoints } = arm.client(consumer, consumerSub);
      const names = async (list: AsyncIterable<{ name?: string }>) => (await collect(list)).map((one) => one.name);
      assert.deepEqual(await names(privateEndpoints.list("RG-APP")), ["pe-a", "pe-b", "pe-c"]);
      assert.deepEqual(await names(privateEndpoints.listBySubscription()), ["pe-a", "pe-b", "pe-c"]);
    }));

  it("may send its endpoint back as it read it, which changes no connection", () =>
    withArm({}, async (arm) => {
      const before = await connect(arm, "pe-1");
      const { privateEndpoints } = arm.client(consumer, consumerSub);
      const read = await privateEndpoints.get("rg-app", "pe-1");
      await privateEndpoints.createOrUpdate("rg-app", "pe-1", { ...read, tags: { team: "a" } }, polling);
      const after = await connectionOf(arm, "pe-1");
      assert.deepEqual(after, before);
      assert.deepEqual((await privateEndpoints.get("rg-app", "pe-1")).tags, { team: "a" });
    }));
});

describe("An endpoint that exists", () => {
  const other = seededService("pls-2");
  const seed = { ...testSeed, services: [...testSeed.services, other] };
  const changed: Readonly<Record<string, PrivateEndpoint>> = {
    "another service": endpointBody({ target: serviceId("pls-2") }),
    "another kind of request": endpointBody({ kind: "automatic" }),
    "another subnet": { ...endpointBody(), subnet: { id: `${endpointBody().subnet?.id}2` } },
  };
  for (const [name, body] of Object.entries(changed)) {
    it(`cannot turn to ${name} [P]`, () =>
      withArm({ seed }, async (arm) => {
        await connect(arm, "pe-1");
        const { privateEndpoints } = arm.client(consumer, consumerSub);
        const call = privateEndpoints.createOrUpdate("rg-app", "pe-1", body, polling);
        assert.deepEqual(await refusalOf(call), [400, "PrivateEndpointCannotBeChanged"]);
      }));
  }

  it("keeps what its consumer may choose, and tells the provider of a new message while it waits [P]", () =>
    withArm({}, async (arm) => {
      await connect(arm, "pe-1");
      const chosen = {
        ipVersionType: "DualStack",
        customNetworkInterfaceName: "nic-1",
        billingSku: "Fixed",
        ipConfigurations: [{ name: "ip-1", privateIPAddress: "10.0.0.9" }],
      };
      const { privateEndpoints } = arm.client(consumer, consumerSub);
      const body = { ...endpointBody({ requestMessage: "really" }), ...chosen };
      const { ipConfigurations, ...made } = await privateEndpoints.createOrUpdate("rg-app", "pe-1", body, polling);
      assert.deepEqual(
        [made.ipVersionType, made.customNetworkInterfaceName, made.billingSku, ipConfigurations?.[0]?.privateIPAddress],
        ["DualStack", "nic-1", "Fixed", "10.0.0.9"],
      );
      const { privateLinkServiceConnectionState } = await connectionOf(arm, "pe-1");
      assert.deepEqual(privateLinkServiceConnectionState?.description, "really");
    }));
});

describe("Native approval", () => {
  const listed = seededService("pls-auto", { visibility: ["*"], autoApproval: [consumerSub] });
  const seed = { ...testSeed, services: [...testSeed.services, listed] };
  const holder = {
    objectId: "consumer",
    scope: serviceId("pls-open"),
    actions: ["Microsoft.Network/privateLinkServices/PrivateEndpointConnectionsApproval/action"],
  };
  const withRight = { ...seed, roleAssignments: [...seed.roleAssignments, holder] };
  const approved: Readonly<Record<string, readonly [typeof seed, Asking, string]>> = {
    "lets a listed subscription in at once": [seed, { target: serviceId("pls-auto") }, "Approved"],
    "lets a listed subscription in at once, automatic entry or not": [
      seed,
      { target: serviceId("pls-auto"), kind: "automatic" },
      "Approved",
    ],
    "lets an automatic entry in when its caller holds the approval right": [
      withRight,
      { kind: "automatic" },
      "Approved",
    ],
    "keeps a manual entry waiting though its caller holds the approval right": [withRight, {}, "Pending"],
    "keeps whoever claims to be approved already waiting": [seed, { status: "Approved" }, "Pending"],
    "keeps everybody else waiting": [seed, {}, "Pending"],
  };
  for (const [name, [given, asking, status]] of Object.entries(approved)) {
    it(name, () =>
      withArm({ seed: given }, async (arm) => {
        const { privateEndpoints } = arm.client(consumer, consumerSub);
        const made = await privateEndpoints.createOrUpdate("rg-app", "pe-1", endpointBody(asking), polling);
        const entries = [
          ...(made.manualPrivateLinkServiceConnections ?? []),
          ...(made.privateLinkServiceConnections ?? []),
        ];
        assert.deepEqual(
          entries.map((entry) => entry.privateLinkServiceConnectionState?.status),
          [status],
        );
      }),
    );
  }

  it("never lets an automatic entry in across tenants, whatever rights the caller holds", () =>
    withArm(
      { seed: { ...seed, roleAssignments: [...seed.roleAssignments, { ...holder, objectId: "stranger" }] } },
      async (arm) => {
        const body = endpointBody({ kind: "automatic", subscriptionId: strangerSub });
        const call = arm.client(stranger, strangerSub).privateEndpoints.createOrUpdate("rg-app", "pe-1", body, polling);
        assert.deepEqual(await refusalOf(call), [403, "LinkedAuthorizationFailed"]);
      },
    ));
});

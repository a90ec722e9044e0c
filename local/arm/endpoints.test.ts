import assert from "node:assert/strict";
import { describe, it } from "node:test";
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

describe("What a consumer's endpoint is refused for (codes [P] unless documented)", () => {
  const hidden = seededService("pls-hidden", { visibility: [strangerSub] });
  const seed = { ...testSeed, services: [...testSeed.services, hidden] };
  const wrongSubnet = `/subscriptions/${strangerSub}/resourceGroups/rg-app/providers/Microsoft.Network/virtualNetworks/v/subnets/s`;
  const cases: Readonly<Record<string, readonly [object, number, string]>> = {
    "a service that does not exist": [
      endpointBody({ target: serviceId("nobody") }),
      400,
      "InvalidPrivateLinkServiceId",
    ],
    "an alias that nobody has": [
      endpointBody({ target: "x.y.z.azure.privatelinkservice" }),
      400,
      "InvalidPrivateLinkServiceId",
    ],
    "another kind of resource": [
      endpointBody({ target: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a" }),
      400,
      "InvalidPrivateLinkServiceId",
    ],
    "a service that does not show itself to this subscription": [
      endpointBody({ target: serviceId("pls-hidden") }),
      400,
      "InvalidPrivateLinkServiceId",
    ],
    "an automatic entry without the approval right": [
      endpointBody({ kind: "automatic" }),
      403,
      "LinkedAuthorizationFailed",
    ],
    "a message of 141 characters": [endpointBody({ requestMessage: "x".repeat(141) }), 400, "RequestMessageTooLong"],
    "no entry at all": [{ ...endpointBody(), manualPrivateLinkServiceConnections: [] }, 400, "InvalidRequestFormat"],
    "two entries": [
      {
        ...endpointBody(),
        manualPrivateLinkServiceConnections: [1, 2].flatMap(
          () => endpointBody().manualPrivateLinkServiceConnections ?? [],
        ),
      },
      400,
      "InvalidRequestFormat",
    ],
    "an approval reference, which nobody knows": [
      {
        ...endpointBody(),
        manualPrivateLinkServiceConnections: (endpointBody().manualPrivateLinkServiceConnections ?? []).map(
          (entry) => ({
            ...entry,
            approvalReference: { privateEndpointId: "/subscriptions/s" },
          }),
        ),
      },
      400,
      "NotImplementedByLocalArm",
    ],
    "a subnet of somebody else": [{ ...endpointBody(), subnet: { id: wrongSubnet } }, 400, "InvalidResourceReference"],
    "a subnet that is none": [{ ...endpointBody(), subnet: { id: "subnet" } }, 400, "InvalidResourceReference"],
    "application security groups": [
      { ...endpointBody(), applicationSecurityGroups: [{ id: "/subscriptions/s" }] },
      400,
      "NotImplementedByLocalArm",
    ],
  };
  for (const [name, [body, status, code]] of Object.entries(cases)) {
    it(name, () =>
      withArm({ seed }, async (arm) => {
        const { privateEndpoints } = arm.client(consumer, consumerSub);
        assert.deepEqual(await refusalOf(privateEndpoints.createOrUpdate("rg-app", "pe-1", body, polling)), [
          status,
          code,
        ]);
        assert.deepEqual(await refusalOf(privateEndpoints.get("rg-app", "pe-1")), [404, "ResourceNotFound"]);
      }),
    );
  }
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { polling, refusalOf, withArm } from "./test-arm.ts";
import { endpointBody, provider, providerSub, testSeed } from "./test-world.ts";

const nobodysSub = "99999999-9999-4999-8999-999999999999";
const owner = { objectId: "owner", tenantId: provider.tenantId };
const seed = {
  ...testSeed,
  roleAssignments: [...testSeed.roleAssignments, { objectId: "owner", scope: "/", actions: ["*"] }],
};

const subnet = `/subscriptions/${nobodysSub}/resourceGroups/rg-any/providers/Microsoft.Network/virtualNetworks/v/subnets/s`;
const endpoint = () => ({ ...endpointBody(), subnet: { id: subnet } });

describe("A subscription that nobody seeded", () => {
  it("is unknown, as in Azure, unless the laptop says otherwise", () =>
    withArm({ seed }, async (arm) => {
      const { privateEndpoints } = arm.client(owner, nobodysSub);
      const refusal = await refusalOf(privateEndpoints.createOrUpdate("rg-any", "pe-1", endpoint(), polling));
      assert.deepEqual(refusal, [404, "SubscriptionNotFound"]);
    }));

  it("is registered by its first write, group and all, and its endpoint is a stranger's on the service", () =>
    withArm({ seed, settings: { "subscriptions.unknown": "register" } }, async (arm) => {
      const { privateEndpoints } = arm.client(owner, nobodysSub);
      await privateEndpoints.createOrUpdate("rg-any", "pe-1", endpoint(), polling);
      const service = await arm.client(provider, providerSub).privateLinkServices.get("rg-services", "pls-open");
      const [connection] = service.privateEndpointConnections ?? [];
      assert.match(connection?.privateEndpoint?.id ?? "", new RegExp(nobodysSub, "i"));
      assert.equal(connection?.privateLinkServiceConnectionState?.status, "Pending");
    }));

  it("is not registered by somebody who only reads", () =>
    withArm({ seed, settings: { "subscriptions.unknown": "register" } }, async (arm) => {
      const { privateEndpoints } = arm.client(owner, nobodysSub);
      assert.deepEqual(await refusalOf(privateEndpoints.get("rg-any", "pe-1")), [404, "SubscriptionNotFound"]);
    }));
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PrivateLinkService } from "@azure/arm-network";
import type { ArmSettings } from "./settings.ts";
import { collect, connect, polling, refusalOf, type TestArm, withArm } from "./test-arm.ts";
import {
  consumer,
  consumerSub,
  endpointBody,
  provider,
  providerSub,
  seededService,
  serviceBody,
  serviceId,
  strangerSub,
  testSeed,
} from "./test-world.ts";

const services = (arm: TestArm) => arm.client(provider, providerSub).privateLinkServices;
const put = (arm: TestArm, name: string, change: Partial<PrivateLinkService> = {}) =>
  services(arm).createOrUpdate("rg-services", name, serviceBody(change), polling);

describe("A Private Link Service with the Azure client", () => {
  it("is made, with what only Azure fills in", () =>
    withArm({}, async (arm) => {
      const made = await put(arm, "PLS-New", { tags: { a: "b" }, location: "West Europe" });
      const { id, name, type, location, tags, etag, alias, provisioningState, networkInterfaces, accessMode } = made;
      assert.deepEqual(
        { id, name, type, location, tags, provisioningState, accessMode },
        {
          id: serviceId("PLS-New"),
          name: "PLS-New",
          type: "Microsoft.Network/privateLinkServices",
          location: "westeurope",
          tags: { a: "b" },
          provisioningState: "Succeeded",
          accessMode: "Default",
        },
      );
      assert.match(etag ?? "", /^W\/"/);
      assert.match(alias ?? "", /^PLS-New\.[0-9a-f-]{36}\.westeurope\.azure\.privatelinkservice$/);
      assert.match(networkInterfaces?.[0]?.id ?? "", /\/networkInterfaces\/PLS-New\.nic\./);
      assert.deepEqual(made.privateEndpointConnections, []);
      assert.equal(made.ipConfigurations?.[0]?.id, `${serviceId("PLS-New")}/ipConfigurations/nat-1`);
    }));

  it("is found by any spelling, and keeps the one it was made with", () =>
    withArm({}, async (arm) => {
      const found = await arm
        .client(provider, providerSub.toUpperCase())
        .privateLinkServices.get("RG-SERVICES", "PLS-OPEN");
      assert.deepEqual([found.id, found.name], [serviceId("pls-open"), "pls-open"]);
    }));

  it("keeps alias, connections and interface through an update, and loses what the update leaves out", () =>
    withArm({}, async (arm) => {
      await put(arm, "pls-1", { fqdns: ["a.example"], destinationIPAddress: "10.0.0.9", enableProxyProtocol: true });
      await connect(arm, "pe-1", { target: serviceId("pls-1") }, "pls-1");
      const before = await services(arm).get("rg-services", "pls-1");
      const after = await put(arm, "pls-1");
      assert.deepEqual(
        [after.alias, after.privateEndpointConnections, after.networkInterfaces],
        [before.alias, before.privateEndpointConnections, before.networkInterfaces],
      );
      assert.deepEqual([after.fqdns, after.destinationIPAddress, after.enableProxyProtocol], [[], undefined, false]);
      assert.notEqual(after.etag, before.etag);
    }));

  it("is listed by group and by subscription, connections inside, page by page in the order of names", () => {
    const many = ["pls-c", "pls-a", "pls-b"].map((name) => seededService(name));
    const elsewhere = { ...seededService("pls-x"), resourceGroup: "rg-other" };
    return withArm(
      { seed: { ...testSeed, services: [...many, elsewhere] }, settings: { "page.size": 2 } },
      async (arm) => {
        await connect(arm, "pe-1", { target: serviceId("pls-b") }, "pls-b");
        const shown = async (list: AsyncIterable<PrivateLinkService>) =>
          (await collect(list)).map((one) => `${one.name} ${one.privateEndpointConnections?.length}`);
        assert.deepEqual(await shown(services(arm).list("rg-services")), ["pls-a 0", "pls-b 1", "pls-c 0"]);
        // Ids are sorted, and rg-other comes before rg-services.
        assert.deepEqual(await shown(services(arm).listBySubscription()), ["pls-x 0", "pls-a 0", "pls-b 1", "pls-c 0"]);
        assert.equal(arm.counts().byRoute["privateLinkServices.listBySubscription"], 2);
      },
    );
  });

  it("cannot be deleted before its last connection is gone; deleting what is not there is no error", () =>
    withArm({}, async (arm) => {
      await connect(arm, "pe-1");
      const remove = () => services(arm).delete("rg-services", "pls-open", polling);
      assert.deepEqual(await refusalOf(remove()), [400, "InUsePrivateLinkServiceCannotBeDeleted"]);
      await arm.client(consumer, consumerSub).privateEndpoints.delete("rg-app", "pe-1", polling);
      await remove();
      assert.deepEqual(await refusalOf(services(arm).get("rg-services", "pls-open")), [404, "ResourceNotFound"]);
      await remove();
    }));
});

describe("Who may see a service", () => {
  const askByAlias = async (arm: TestArm, alias: string) =>
    (
      await arm
        .client(consumer, consumerSub)
        .privateLinkServices.checkPrivateLinkServiceVisibility(
          "westeurope",
          { privateLinkServiceAlias: alias },
          polling,
        )
    ).visible;
  const reader = { objectId: "consumer", scope: serviceId("pls-1"), actions: ["Microsoft.Network/*/read"] };
  type Case = readonly [change: Partial<PrivateLinkService>, settings: Partial<ArmSettings>, visible: boolean];
  const onlyStranger = { visibility: { subscriptions: [strangerSub] } };
  const cases: Readonly<Record<string, Case>> = {
    "everybody with the alias": [{ visibility: { subscriptions: ["*"] } }, {}, true],
    "a listed subscription, however spelt": [{ visibility: { subscriptions: [consumerSub.toUpperCase()] } }, {}, true],
    "not an unlisted one": [onlyStranger, {}, false],
    "nobody with an empty list": [{ visibility: { subscriptions: [] } }, {}, false],
    "a reader where Azure goes by roles [U]": [onlyStranger, { "visibility.byRole": true }, true],
    "not a reader where access is restricted to the list": [
      { ...onlyStranger, accessMode: "Restricted" },
      { "visibility.byRole": true },
      false,
    ],
  };
  for (const [name, [change, settings, visible]] of Object.entries(cases)) {
    it(name, () =>
      withArm(
        { settings, seed: { ...testSeed, roleAssignments: [...testSeed.roleAssignments, reader] } },
        async (arm) => {
          const { alias } = await put(arm, "pls-1", change);
          assert.equal(await askByAlias(arm, alias ?? ""), visible);
          const { privateEndpoints } = arm.client(consumer, consumerSub);
          const body = endpointBody({ target: alias ?? "" });
          const asked = privateEndpoints.createOrUpdate("rg-app", "pe-1", body, polling);
          if (visible) assert.equal((await asked).provisioningState, "Succeeded");
          else assert.deepEqual(await refusalOf(asked), [400, "InvalidPrivateLinkServiceId"]);
        },
      ),
    );
  }

  it("not somebody who guesses an alias", () =>
    withArm({}, async (arm) => assert.equal(await askByAlias(arm, "a.b.c.azure.privatelinkservice"), false)));

  it("nobody by its alias for a moment after it was made, when that is switched on", () => {
    let time = Date.now();
    return withArm({ now: () => new Date(time), settings: { "alias.delayMs": 60_000 } }, async (arm) => {
      const { alias } = await put(arm, "pls-1");
      assert.equal(await askByAlias(arm, alias ?? ""), false);
      time += 60_000;
      assert.equal(await askByAlias(arm, alias ?? ""), true);
    });
  });

  it("can ask which services of a region let its subscription in at once", () => {
    const seed = {
      ...testSeed,
      services: [seededService("pls-auto", { autoApproval: [consumerSub] }), ...testSeed.services],
    };
    return withArm({ seed }, async (arm) => {
      const { privateLinkServices } = arm.client(consumer, consumerSub);
      const auto = [{ privateLinkService: serviceId("pls-auto") }];
      assert.deepEqual(await collect(privateLinkServices.listAutoApprovedPrivateLinkServices("westeurope")), auto);
      const inGroup = privateLinkServices.listAutoApprovedPrivateLinkServicesByResourceGroup("rg-app", "West Europe");
      assert.deepEqual(await collect(inGroup), auto);
      assert.deepEqual(await collect(privateLinkServices.listAutoApprovedPrivateLinkServices("northeurope")), []);
    });
  });
});

describe("What a service is refused for (limits [D], codes [P])", () => {
  const nat = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...serviceBody().ipConfigurations?.[0], name: `nat-${index + 1}` }));
  const guids = (count: number) =>
    Array.from({ length: count }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`);
  const cases: Readonly<Record<string, readonly [Partial<PrivateLinkService>, string]>> = {
    "more than eight NAT addresses": [{ ipConfigurations: nat(9) }, "PrivateLinkServiceIpConfigurationLimitExceeded"],
    "no NAT address": [{ ipConfigurations: [] }, "PrivateLinkServiceIpConfigurationLimitExceeded"],
    "two NAT addresses of one name": [{ ipConfigurations: [...nat(1), ...nat(1)] }, "DuplicateResourceName"],
    "101 subscriptions in visibility": [
      { visibility: { subscriptions: guids(101) } },
      "PrivateLinkServiceSubscriptionLimitExceeded",
    ],
    "101 subscriptions in autoApproval": [
      { autoApproval: { subscriptions: guids(101) } },
      "PrivateLinkServiceSubscriptionLimitExceeded",
    ],
    "something else than a subscription": [{ visibility: { subscriptions: ["me"] } }, "InvalidSubscriptionId"],
    "auto-approval beyond visibility": [
      { visibility: { subscriptions: [strangerSub] }, autoApproval: { subscriptions: [consumerSub] } },
      "AutoApprovalMustBeSubsetOfVisibility",
    ],
    "nothing to lead to": [{ loadBalancerFrontendIpConfigurations: [] }, "PrivateLinkServiceWithoutTarget"],
    "a foreign subnet": [
      { ipConfigurations: [{ name: "nat-1", subnet: { id: "/subscriptions/x" } }] },
      "InvalidResourceReference",
    ],
    "an access mode that is none": [{ accessMode: "Open" }, "InvalidRequestFormat"],
  };
  for (const [name, [change, code]] of Object.entries(cases)) {
    it(name, () =>
      withArm({}, async (arm) => {
        assert.deepEqual(await refusalOf(put(arm, "pls-1", change)), [400, code]);
        assert.deepEqual(await refusalOf(services(arm).get("rg-services", "pls-1")), [404, "ResourceNotFound"]);
      }),
    );
  }

  it("taking a NAT address away, or moving to another region", () =>
    withArm({}, async (arm) => {
      await put(arm, "pls-1", { ipConfigurations: nat(8) });
      const code = "PrivateLinkServiceIpConfigurationCannotBeRemoved";
      assert.deepEqual(await refusalOf(put(arm, "pls-1", { ipConfigurations: nat(7) })), [400, code]);
      const moved = put(arm, "pls-1", { ipConfigurations: nat(8), location: "northeurope" });
      assert.deepEqual(await refusalOf(moved), [409, "InvalidResourceLocation"]);
    }));

  it("one endpoint too many", () =>
    withArm({ settings: { "limits.connectionsPerService": 1 } }, async (arm) => {
      await connect(arm, "pe-1");
      const call = arm
        .client(consumer, consumerSub)
        .privateEndpoints.createOrUpdate("rg-app", "pe-2", endpointBody(), polling);
      assert.deepEqual(await refusalOf(call), [400, "PrivateLinkServiceEndpointLimitExceeded"]);
    }));
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ofType, snapshot, text } from "./snapshots.ts";

type Firewall = { readonly publicNetworkAccess: string; readonly networkAcls: unknown };

const open = snapshot("main");
const closed = snapshot("main-private");
const here = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups";
const accounts = "Microsoft.Storage/storageAccounts";

describe("a private network", () => {
  it("keeps everybody from storage but the endpoints, the listed addresses and Event Grid with its dead letters", () => {
    for (const name of ["main-private", "record-private"]) {
      const [account] = ofType<Firewall>(snapshot(name), accounts);
      assert.deepEqual(account?.properties.networkAcls, {
        defaultAction: "Deny",
        bypass: "AzureServices",
        ipRules: [
          { value: "203.0.113.7", action: "Allow" },
          { value: "198.51.100.0/24", action: "Allow" },
        ],
      });
    }
  });

  it("reaches each service of storage that plgate uses, and no other", () => {
    type Endpoint = {
      privateLinkServiceConnections: readonly {
        properties: { privateLinkServiceId: string; groupIds: readonly string[] };
      }[];
    };
    const found = ofType<Endpoint>(closed, "Microsoft.Network/privateEndpoints").flatMap(({ properties }) =>
      properties.privateLinkServiceConnections.map(
        ({ properties: { privateLinkServiceId, groupIds } }) => `${privateLinkServiceId.replace(here, "")} ${groupIds}`,
      ),
    );
    const host = `/rg-sample/providers/${accounts}/plgatehostjzlrn4ms6kzl4`;
    const data = `/rg-sample-record/providers/${accounts}/plgatedatajzlrn4ms6kzl4`;
    assert.deepEqual(found, [`${host} blob`, `${data} blob`, `${data} queue`, `${data} table`]);
  });

  it("finds them by a zone for each service, whose name the cloud says", () => {
    const names = ofType(closed, "Microsoft.Network/privateDnsZones").map(({ id }) => id);
    assert.equal(names.length, 3);
    for (const [at, service] of ["blob", "queue", "table"].entries()) {
      assert.match(
        names[at] ?? "",
        new RegExp(`privatelink\\.\\{0\\}\\.\\{1\\}', '${service}', environment\\(\\)\\.suffixes\\.storage`),
      );
    }
    assert.equal(ofType(closed, "Microsoft.Network/privateDnsZones/virtualNetworkLinks").length, 3);
    assert.equal(ofType(closed, "Microsoft.Network/privateEndpoints/privateDnsZoneGroups").length, 4);
  });

  it("lets the app out through a subnet of its own", () => {
    const [app] = ofType<{ virtualNetworkSubnetId: string }>(closed, "Microsoft.Web/sites");
    assert.match(
      app?.properties.virtualNetworkSubnetId ?? "",
      /virtualNetworks\/vnet-plgate-jzlrn4ms6kzl4\/subnets\/app$/,
    );
    type Network = { subnets: readonly { name: string; properties: Record<string, unknown> }[] };
    const [network] = ofType<Network>(closed, "Microsoft.Network/virtualNetworks");
    assert.deepEqual(
      network?.properties.subnets.map(({ name, properties }) => `${name} ${properties["addressPrefix"]}`),
      ["app 10.240.0.0/26", "endpoints 10.240.0.64/26"],
    );
    assert.match(JSON.stringify(network?.properties.subnets[0]), /"serviceName":"Microsoft\.App\/environments"/);
  });

  it("is peered with nothing, so that its addresses may overlap with any other", () => {
    assert.doesNotMatch(text("infra/modules/network.bicep"), /virtualNetworkPeerings|remoteVirtualNetwork/);
  });
});

describe("a public network", () => {
  it("is the default, and has neither network nor firewall", () => {
    for (const path of ["infra/main.bicep", "infra/record.bicep"]) {
      assert.match(text(path), /^param network 'public' \| 'private' = 'public'$/m);
    }
    assert.ok(!open.predictedResources.some(({ type }) => type.startsWith("Microsoft.Network/")));
    for (const name of ["main", "record"]) {
      const [account] = ofType<Firewall>(snapshot(name), accounts);
      assert.deepEqual(account?.properties.networkAcls, {
        defaultAction: "Allow",
        bypass: "AzureServices",
        ipRules: [],
      });
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import {
  type EndpointProperties,
  lab,
  labSubscription,
  ofType,
  only,
  placeOf,
  type ServiceProperties,
  text,
} from "./sample-lab.ts";

const sample = lab("default");
const apart = lab("every-parameter");
const labs = Object.entries({ "in one subscription": sample, "in several subscriptions": apart });

type Network = {
  readonly addressSpace: { readonly addressPrefixes: readonly string[] };
  readonly subnets: readonly { readonly name: string; readonly properties: Subnet }[];
};
type Subnet = {
  readonly addressPrefix: string;
  readonly defaultOutboundAccess: boolean;
  readonly privateLinkServiceNetworkPolicies?: string;
  readonly networkSecurityGroup?: { readonly id: string };
};
type Rules = { readonly securityRules: readonly { readonly name: string; readonly properties: Rule }[] };
type Rule = {
  readonly priority: number;
  readonly direction: string;
  readonly access: string;
  readonly sourceAddressPrefix: string;
  readonly destinationAddressPrefix: string;
  readonly destinationPortRange: string;
};
type Machine = {
  readonly osProfile: {
    readonly customData: string;
    readonly adminPassword?: string;
    readonly linuxConfiguration: { readonly disablePasswordAuthentication: boolean };
  };
};
type Start = { readonly write_files: readonly { readonly path: string; readonly content: string }[] };

const service = (of = sample) => only<ServiceProperties>(of, "Microsoft.Network/privateLinkServices");
const endpoints = (of = sample) => ofType<EndpointProperties>(of, "Microsoft.Network/privateEndpoints");

function rulesOf(group: string, direction: string): readonly Rule[] {
  const found = ofType<Rules>(sample, "Microsoft.Network/networkSecurityGroups").find(({ name }) => name === group);
  assert.ok(found, `no ${group}`);
  const rules = found.properties.securityRules.map(({ properties }) => properties);
  return rules.filter((rule) => rule.direction === direction).sort((a, b) => a.priority - b.priority);
}

/** What cloud-init gets: the file of the machine that is written to this path. */
function written(machine: string, path: string, of = sample): string {
  const found = ofType<Machine>(of, "Microsoft.Compute/virtualMachines").find(({ name }) => name === machine);
  const cloudConfig = Buffer.from(found?.properties.osProfile.customData ?? "", "base64").toString("utf8");
  assert.match(cloudConfig, /^#cloud-config\n/);
  const start = parse(cloudConfig) as Start;
  return start.write_files.find((file) => file.path === path)?.content ?? assert.fail(`${machine} has no ${path}`);
}

describe("The networks of the sample", () => {
  it("have one range, down to the subnets of the machines", () => {
    const networks = ofType<Network>(sample, "Microsoft.Network/virtualNetworks");
    const ranges = networks.map(({ name, properties: { addressSpace, subnets } }) => [
      name,
      ...addressSpace.addressPrefixes,
      ...subnets.map(({ properties }) => properties.addressPrefix),
    ]);
    assert.deepEqual(ranges, [
      ["vnet-overlap-provider", "10.0.0.0/16", "10.0.1.0/24", "10.0.2.0/28"],
      ["vnet-overlap-finance", "10.0.0.0/16", "10.0.1.0/24"],
      ["vnet-overlap-logistics", "10.0.0.0/16", "10.0.1.0/24"],
    ]);
  });

  it("have no way out by default, and a security group wherever a machine is", () => {
    for (const { properties } of ofType<Network>(sample, "Microsoft.Network/virtualNetworks"))
      for (const { name, properties: subnet } of properties.subnets) {
        assert.equal(subnet.defaultOutboundAccess, false, name);
        assert.equal(subnet.networkSecurityGroup !== undefined, name !== "nat", name);
        assert.equal(subnet.privateLinkServiceNetworkPolicies, name === "nat" ? "Disabled" : undefined, name);
      }
  });

  for (const [name, one] of labs)
    it(`have nothing between them but the service: no peering, gateway, route or public address (${name})`, () => {
      const types = new Set(one.predictedResources.map(({ type }) => type.split("/").slice(1).join("/")));
      assert.deepEqual([...types].sort(), [
        "loadBalancers",
        "networkInterfaces",
        "networkSecurityGroups",
        "privateDnsZones",
        "privateDnsZones/A",
        "privateDnsZones/virtualNetworkLinks",
        "privateEndpoints",
        "privateLinkServices",
        "resourceGroups",
        "virtualMachines",
        "virtualNetworks",
      ]);
      assert.doesNotMatch(JSON.stringify(one), /publicIP|virtualNetworkPeerings/i);
    });
});

describe("The security groups of the sample", () => {
  const seen = (rules: readonly Rule[]) =>
    rules.map(({ access, sourceAddressPrefix, destinationAddressPrefix, destinationPortRange }) =>
      [access, sourceAddressPrefix, destinationAddressPrefix, destinationPortRange].join(" "),
    );

  it("let into the backend the service's own addresses and the probe, and no range of a consumer", () => {
    assert.deepEqual(seen(rulesOf("nsg-overlap-backend", "Inbound")), [
      "Allow 10.0.2.0/28 10.0.1.0/24 80",
      "Allow AzureLoadBalancer 10.0.1.0/24 80",
      "Deny * * *",
    ]);
  });

  it("let nobody in to a consumer, and nobody out to the internet", () => {
    for (const group of ["nsg-overlap-finance", "nsg-overlap-logistics"]) {
      assert.deepEqual(seen(rulesOf(group, "Inbound")), ["Deny * * *"]);
      assert.deepEqual(seen(rulesOf(group, "Outbound")), ["Deny * Internet *"]);
    }
    assert.deepEqual(seen(rulesOf("nsg-overlap-backend", "Outbound")), ["Deny * Internet *"]);
  });
});

describe("The Private Link Service of the sample", () => {
  it("takes eight addresses from the subnet of their own, one of them the first", () => {
    const addresses = service().properties.ipConfigurations;
    assert.equal(addresses.length, 8);
    assert.equal(new Set(addresses.map(({ name }) => name)).size, 8);
    assert.deepEqual(
      new Set(addresses.map(({ properties }) => properties.subnet.id.split("/").at(-1))),
      new Set(["nat"]),
    );
    assert.equal(addresses.filter(({ properties }) => properties.primary).length, 1);
  });

  for (const [name, one] of labs)
    it(`approves nobody by itself (${name})`, () => {
      assert.deepEqual(service(one).properties.autoApproval, { subscriptions: [] });
    });

  it("is visible to the consumers' subscriptions, each once, unless somebody says more", () => {
    assert.deepEqual(service().properties.visibility.subscriptions, [labSubscription]);
    const more = service(apart).properties.visibility.subscriptions;
    assert.deepEqual(
      more.map((id) => id.slice(0, 3)),
      ["aaa", "bbb", "ccc"],
    );
  });

  it("tells the backend by PROXY protocol only when asked, and the backend knows", () => {
    const unit = "/etc/systemd/system/lab.service";
    assert.equal(service().properties.enableProxyProtocol, false);
    assert.match(written("vm-overlap-backend", unit), /^Environment=LAB_PROXY_PROTOCOL=off$/m);
    assert.equal(service(apart).properties.enableProxyProtocol, true);
    assert.match(written("vm-apart-backend", unit, apart), /^Environment=LAB_PROXY_PROTOCOL=on$/m);
  });
});

describe("The consumers of the sample", () => {
  it("ask by the alias, with a message, and never for an automatic approval", () => {
    for (const { properties } of [...endpoints(), ...endpoints(apart)]) {
      assert.ok(!("privateLinkServiceConnections" in properties));
      const [asked, ...others] = properties.manualPrivateLinkServiceConnections;
      assert.ok(asked && others.length === 0);
      assert.match(
        asked.properties.privateLinkServiceId,
        /^\[reference\('.*\/privateLinkServices\/pls-\w+', '.*'\)\.alias\]$/,
      );
      assert.ok(asked.properties.requestMessage.length > 10 && asked.properties.requestMessage.length <= 140);
    }
  });

  it("are where they belong: in the subscription and region that each named", () => {
    assert.deepEqual(
      endpoints().map(({ id }) => placeOf(id)),
      [
        { subscriptionId: labSubscription, group: "rg-overlap-finance" },
        { subscriptionId: labSubscription, group: "rg-overlap-logistics" },
      ],
    );
    assert.deepEqual(
      endpoints(apart).map(({ id }) => placeOf(id)),
      [
        { subscriptionId: "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", group: "rg-apart-finance" },
        { subscriptionId: "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb", group: "rg-apart-logistics" },
      ],
    );
  });

  it("give the endpoint a name: an A record with the address of its interface, in a zone that their network asks", () => {
    type Record = { readonly aRecords: readonly { readonly ipv4Address: string }[] };
    const records = ofType<Record>(sample, "Microsoft.Network/privateDnsZones/A");
    for (const [index, { id, properties }] of endpoints().entries()) {
      const record = records[index];
      assert.ok(record && placeOf(record.id).group === placeOf(id).group);
      const [address] = record.properties.aRecords;
      assert.ok(address);
      assert.ok(address.ipv4Address.includes(`/networkInterfaces/${properties.customNetworkInterfaceName}'`));
      assert.match(address.ipv4Address, /\.ipConfigurations\[0\]\.properties\.privateIPAddress\]$/);
    }
    assert.equal(ofType(sample, "Microsoft.Network/privateDnsZones/virtualNetworkLinks").length, 2);
  });

  it("ask for the name that the record has", () => {
    const unit = written("vm-overlap-finance", "/etc/systemd/system/lab.service");
    assert.match(unit, /^Environment=LAB_URL=http:\/\/app\.payroll\.internal\/$/m);
    const [record] = ofType(sample, "Microsoft.Network/privateDnsZones/A");
    assert.equal(record?.name, "payroll.internal/app");
  });
});

describe("The machines of the sample", () => {
  it("run the scripts that lie beside the templates", () => {
    const script = (machine: string) => Buffer.from(written(machine, "/opt/lab/script.py"), "base64").toString("utf8");
    assert.equal(script("vm-overlap-backend"), text("machines/backend.py"));
    assert.equal(script("vm-overlap-finance"), text("machines/visitor.py"));
    assert.equal(script("vm-overlap-logistics"), text("machines/visitor.py"));
  });

  it("have no password, and nothing in the sample is a secret", () => {
    for (const { properties } of ofType<Machine>(sample, "Microsoft.Compute/virtualMachines")) {
      assert.equal(properties.osProfile.adminPassword, undefined);
      assert.equal(properties.osProfile.linuxConfiguration.disablePasswordAuthentication, true);
    }
    for (const [, one] of labs)
      assert.doesNotMatch(JSON.stringify(one), /password"|PRIVATE KEY|sharedKey|accountKey|sig=/i);
  });
});

describe("The sample can be taken away", () => {
  it("by one command, the provider last, because a service with connections cannot be deleted", () => {
    const groups = String(sample.outputs["deleteAll"])
      .split(" && ")
      .map((command) => command.split(" ").at(-1));
    assert.deepEqual(groups, ["rg-overlap-finance", "rg-overlap-logistics", "rg-overlap-provider"]);
    const made = ofType(sample, "Microsoft.Resources/resourceGroups").map(({ name }) => name);
    assert.deepEqual(groups.toSorted(), made.toSorted());
  });

  it("and is found by its tag, which azd does not know", () => {
    for (const { type, tags } of sample.predictedResources.filter(({ type }) => !/\/(A|subnets)$/.test(type)))
      assert.deepEqual(tags, { "plgate-lab": "overlap" }, type);
  });
});

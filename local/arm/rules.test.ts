import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../seeded-random.ts";
import { drawLatency } from "./latency.ts";
import { parseResourceId, regionName, resourceId, subscriptionOfSubnet } from "./resource-ids.ts";
import { hasAnyRole, isAllowed } from "./roles.ts";
import { defaultSettings, withSettings } from "./settings.ts";
import { providerSub, serviceId } from "./test-world.ts";
import { providerMove } from "./transitions.ts";

describe("A role assignment", () => {
  const scope = `/subscriptions/${providerSub}/resourceGroups/rg`;
  const role = (actions: string[], notActions: string[] = []) => [{ objectId: "Me", scope, actions, notActions }];
  const read = "Microsoft.Network/privateLinkServices/read";
  const write = "Microsoft.Network/privateLinkServices/write";
  const cases = {
    "allows its action at its scope": [role([read]), "me", read, scope, true],
    "allows it below": [role([read]), "me", read, `${scope.toUpperCase()}/providers/x`, true],
    "not above": [role([read]), "me", read, `/subscriptions/${providerSub}`, false],
    "not in a scope whose name only begins alike": [role([read]), "me", read, `${scope}-2`, false],
    "not to others": [role([read]), "you", read, scope, false],
    "not another action": [role([read]), "me", write, scope, false],
    "allows all by a star": [role(["*"]), "me", write, scope, true],
    "allows a family by a star": [role(["Microsoft.Network/*/read"]), "me", read, scope, true],
    "not beyond the family": [role(["Microsoft.Network/*/read"]), "me", write, scope, false],
    "takes a dot for a dot": [role(["Microsoft-Network/*"]), "me", read, scope, false],
    "takes back what it excepts": [role(["*"], ["*/write"]), "me", write, scope, false],
  } as const;
  for (const [name, [roles, who, action, where, allowed]] of Object.entries(cases)) {
    it(name, () => assert.equal(isAllowed(roles, who, action, where), allowed));
  }

  it("is noticed from above and from below", () => {
    assert.equal(hasAnyRole(role([]), "me", `/subscriptions/${providerSub}`), true);
    assert.equal(hasAnyRole(role([]), "me", `${scope}/providers/x`), true);
    assert.equal(hasAnyRole(role([]), "me", "/subscriptions/other"), false);
  });
});

describe("A latency", () => {
  it("is exact where it is a number", () => assert.equal(drawLatency(12, seededRandom(1)), 12));
  it("may be nothing", () => assert.equal(drawLatency({ p50: 0, p99: 0 }, seededRandom(1)), 0));
  it("has the median and the 99th percentile that it was given", () => {
    const random = seededRandom(1);
    const drawn = Array.from({ length: 20_000 }, () => drawLatency({ p50: 40, p99: 200 }, random)).toSorted(
      (a, b) => a - b,
    );
    const [p50 = 0, p99 = 0] = [drawn[10_000], drawn[19_800]];
    assert.ok(Math.abs(p50 - 40) < 3, String(p50));
    assert.ok(Math.abs(p99 - 200) < 30, String(p99));
  });
});

describe("A resource id", () => {
  it("is parsed to what it was printed from", () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,20}[a-zA-Z0-9_]$/);
    fc.assert(
      fc.property(fc.uuid(), name, name, (subscriptionId, resourceGroup, resource) => {
        const place = { subscriptionId, resourceGroup, name: resource };
        assert.deepEqual(parseResourceId("privateEndpoints", resourceId("privateEndpoints", place)), place);
      }),
    );
  });

  const foreign = [
    `${serviceId("a")}/privateEndpointConnections/b`,
    serviceId("a").replace("privateLinkServices", "privateEndpoints"),
    serviceId("a").replace("Network", "Storage"),
    serviceId(".."),
    serviceId("a b"),
    ` ${serviceId("a")}`,
    serviceId("a").slice(1),
    serviceId(""),
  ];
  for (const text of foreign) {
    it(`is not ${text}`, () => assert.equal(parseResourceId("privateLinkServices", text), undefined));
  }

  it("of a subnet names its subscription", () => {
    const subnet = `/subscriptions/${providerSub}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s`;
    assert.equal(subscriptionOfSubnet(subnet), providerSub);
    assert.equal(subscriptionOfSubnet(`${subnet}/x`), undefined);
  });

  it("has a region without spaces", () => assert.equal(regionName("West Europe"), "westeurope"));
});

describe("The switches", () => {
  it("all have a default that is allowed", () => {
    assert.deepEqual(withSettings(defaultSettings, {}), defaultSettings);
  });

  it("never let a provider approve what was rejected, whatever they say", () => {
    for (const rule of ["allow", "refuse"] as const) {
      const settings = {
        ...defaultSettings,
        "transitions.approvedToRejected": rule,
        "transitions.approvedToApproved": rule,
      };
      assert.equal(providerMove("Rejected", "Approved", settings).kind, "refused");
      assert.equal(providerMove("constructor", "Approved", settings).kind, "refused");
    }
  });
});

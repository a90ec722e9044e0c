import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { deploymentName } from "../../infra/deploy-template.ts";
import { findFaults, serviceGroups, watchedSubscriptions } from "../../infra/settings.ts";
import { groupId, home, other, sampleEnvironment } from "./fake-azure.ts";

const id = "11111111-1111-4111-8111-111111111111";

describe("the values of an environment", () => {
  it("are fine as the docs write them", () => {
    const more = {
      PLGATE_MODE: "approve-only",
      PLGATE_SUBSCRIPTIONS: `${home} , ${other},`,
      PLGATE_API_AUDIENCE: id,
      PLGATE_TEAMS_WEBHOOKS: "anything=https://example.org/secret",
      PLGATE_PUBLIC_URL: "https://plgate.example",
      PLGATE_SWEEP_SCHEDULE: "0 */2 * * * *",
      PLGATE_INDEX_DAYS: "400",
      PLGATE_ALLOWED_ADDRESSES: "203.0.113.7, 198.51.100.0/24,192.0.2.1/32",
      PLGATE_ALERT_EMAILS: "ops@example.org, second+plgate@example.org",
      PLGATE_MANAGEMENT_GROUP: "mg-platform",
      PLGATE_NETWORK: "private",
    };
    assert.deepEqual(findFaults(sampleEnvironment(more)), []);
  });

  it("may name groups as Azure lets them be called", () => {
    for (const name of ["RG_(west).2-a", "größe", "a".repeat(90)]) {
      assert.deepEqual(findFaults(sampleEnvironment({ PLGATE_SERVICE_RESOURCE_GROUPS: groupId(name) })), [], name);
    }
  });

  const wrong: Readonly<Record<string, readonly [string, string, RegExp]>> = {
    "an unknown mode": ["PLGATE_MODE", "enfoce", /"enfoce" must be one of observe, approve-only, enforce/],
    "a switch in capitals": ["PLGATE_EVENTS", "True", /"True" must be true or false/],
    "a group with a comma in its name": [
      "PLGATE_SERVICE_RESOURCE_GROUPS",
      `${groupId("a,b")}`,
      /"b" is not the id of a resource group/,
    ],
    "a group with a space in its name": [
      "PLGATE_SERVICE_RESOURCE_GROUPS",
      groupId("rg one"),
      /resourceGroups\/rg one" is not the id of a resource group/,
    ],
    "a group with a command in its name": ["PLGATE_SERVICE_RESOURCE_GROUPS", groupId('x" & del *'), /is not the id/],
    "a group with a full stop at its end": ["PLGATE_SERVICE_RESOURCE_GROUPS", groupId("rg."), /is not the id/],
    "a service in place of its group": [
      "PLGATE_SERVICE_RESOURCE_GROUPS",
      `${groupId("rg")}/providers/Microsoft.Network/privateLinkServices/pls`,
      /is not the id of a resource group/,
    ],
    "a subscription by its name, with quotes": [
      "PLGATE_SUBSCRIPTIONS",
      'My "Production"',
      /"My \\"Production\\"" is not an id/,
    ],
    "a group of reviewers by its name": ["PLGATE_FALLBACK_REVIEWERS", "reviewers", /"reviewers" is not an id/],
    "an address with a line break": [
      "PLGATE_PUBLIC_URL",
      "https://a.example\nx",
      /"https:\/\/a.example\\nx" must be https/,
    ],
    "an address without TLS": ["PLGATE_PUBLIC_URL", "http://plgate.example", /must be https/],
    "a schedule of five fields": ["PLGATE_ANCHOR_SCHEDULE", "7 * * * *", /six fields/],
    "days below the least": ["PLGATE_INDEX_DAYS", "29", /whole number from 30/],
    "days that are no number": ["PLGATE_AUDIT_RETENTION_DAYS", "1e3", /whole number from 1/],
    "a range that storage refuses": ["PLGATE_ALLOWED_ADDRESSES", "203.0.113.0/31", /n is 30 at most/],
    "an address that is none": ["PLGATE_ALLOWED_ADDRESSES", "203.0.113.256", /not an IPv4 address/],
    "a mail address that is none": [
      "PLGATE_ALERT_EMAILS",
      "ops@example.org; other@example.org",
      /is not an e-mail address/,
    ],
    "a management group by its display name": ["PLGATE_MANAGEMENT_GROUP", "Platform & Friends", /not its display name/],
    "a subscription that is no id": ["AZURE_SUBSCRIPTION_ID", "production", /"production" is not an id/],
    "an environment that azd could mix up": ["AZURE_ENV_NAME", "plgate", /choose another/],
  };
  for (const [name, [variable, value, why]] of Object.entries(wrong)) {
    it(`are refused with the reason: ${name}`, () => {
      const [fault, ...more] = findFaults(sampleEnvironment({ [variable]: value }));
      assert.equal(fault?.name, variable);
      assert.match(fault?.why ?? "", why);
      assert.deepEqual(more, []);
    });
  }

  it("say how to name or make the group of reviewers where none is named, and make nobody its member", () => {
    const [fault] = findFaults(sampleEnvironment({ PLGATE_FALLBACK_REVIEWERS: "" }));
    assert.match(fault?.why ?? "", /az ad group show[\s\S]*az ad group create[\s\S]*az ad group member add/);
  });

  it("are all looked at, so every fault is told at once", () => {
    const names = findFaults({ PLGATE_MODE: "x", PLGATE_EVENTS: "y" }).map(({ name }) => name);
    assert.deepEqual(names, [
      "AZURE_ENV_NAME",
      "AZURE_SUBSCRIPTION_ID",
      "AZURE_LOCATION",
      "PLGATE_FALLBACK_REVIEWERS",
      "PLGATE_MODE",
      "PLGATE_EVENTS",
    ]);
  });
});

describe("groups and subscriptions", () => {
  it("count a group once, in whatever case it is written", () => {
    const twice = `${groupId("RG-A")}, ${groupId("rg-a").toUpperCase().replace("RESOURCEGROUPS", "resourcegroups")},,`;
    const groups = serviceGroups({ PLGATE_SERVICE_RESOURCE_GROUPS: twice });
    assert.equal(groups.length, 1);
    assert.equal(groups[0]?.subscription, home);
  });

  it("watch those that are named, or those of the services, or the one of the deployment", () => {
    const { PLGATE_SERVICE_RESOURCE_GROUPS: services } = sampleEnvironment();
    assert.deepEqual(watchedSubscriptions({ PLGATE_SUBSCRIPTIONS: `${other}, ${other.toUpperCase()}` }), [other]);
    assert.deepEqual(watchedSubscriptions({ PLGATE_SERVICE_RESOURCE_GROUPS: services }), [home, other]);
    assert.deepEqual(watchedSubscriptions({ AZURE_SUBSCRIPTION_ID: home }), [home]);
  });
});

describe("the name of a deployment", () => {
  it("never holds the name of the environment, by which azd would take it for its own and azd down its groups", () => {
    const names = fc.oneof(
      fc.string({ minLength: 1, maxLength: 64 }),
      fc.constantFrom("plgate", "plgate-record", "record", "r", "-", "0", "17", "a", "plgate-record-a"),
      fc.string({ minLength: 1, maxLength: 2, unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789-") }),
    );
    fc.assert(
      fc.property(names, fc.constantFrom("record", "rights", "watch", "estate"), (name, template) => {
        const made = deploymentName(template, name, "westeurope");
        assert.ok(!made.includes(name), made);
        assert.match(made, /^[\w-]{1,64}$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is the same again for the same place, and another in another region", () => {
    assert.equal(deploymentName("record", "prod", "a"), deploymentName("record", "prod", "a"));
    assert.notEqual(deploymentName("record", "prod", "a"), deploymentName("record", "prod", "b"));
    assert.notEqual(deploymentName("record", "prod", "a"), deploymentName("rights", "prod", "a"));
  });
});

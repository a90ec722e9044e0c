import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ArmSettings } from "./settings.ts";
import { collect, connect, connectionOf, decide, polling, refusalOf, type TestArm, withArm } from "./test-arm.ts";
import { consumer, consumerSub, endpointBody, provider, providerSub, serviceId } from "./test-world.ts";

const path = (name: string) => `${serviceId("pls-open")}/privateEndpointConnections/${name}?api-version=2026-01-01`;
const services = (arm: TestArm) => arm.client(provider, providerSub).privateLinkServices;
const reopen = (arm: TestArm, requestMessage = "again") =>
  arm
    .client(consumer, consumerSub)
    .privateEndpoints.createOrUpdate("rg-app", "pe-1", endpointBody({ status: "Pending", requestMessage }), polling);

describe("A provider's word on a connection (local-azure.md B.4)", () => {
  type Case = readonly [steps: readonly string[], settings: Partial<ArmSettings>, end: string];
  const refused = "400 BadRequest";
  const cases: Readonly<Record<string, Case>> = {
    "Pending becomes Approved": [["Approved"], {}, "Approved"],
    "Pending becomes Rejected": [["Rejected"], {}, "Rejected"],
    "Pending is removed": [["Removed"], {}, "Disconnected"],
    "Approved becomes Rejected [U]": [["Approved", "Rejected"], {}, "Rejected"],
    "Approved does not become Rejected where that is switched off [U]": [
      ["Approved", "Rejected"],
      { "transitions.approvedToRejected": "refuse" },
      refused,
    ],
    "Approved may be said twice [U]": [["Approved", "Approved"], {}, "Approved"],
    "Approved may not be said twice where Azure answers as Storage does [U]": [
      ["Approved", "Approved"],
      { "transitions.approvedToApproved": "refuse" },
      "400 InvalidValuesForRequestParameters",
    ],
    "Rejected never becomes Approved": [["Rejected", "Approved"], {}, refused],
    "Rejected may be said twice [P]": [["Rejected", "Rejected"], {}, "Rejected"],
    "Rejected is removed": [["Rejected", "Removed"], {}, "Disconnected"],
    "removed stays removed": [["Removed", "Approved"], {}, refused],
    "removed shows as Removed where Azure does so [U]": [
      ["Removed"],
      { "connections.removedShowsAs": "Removed" },
      "Removed",
    ],
    "Pending cannot be said by a provider [P]": [["Pending"], {}, refused],
    "a status that nobody knows is refused [P]": [["Maybe"], {}, refused],
  };
  for (const [name, [steps, settings, end]] of Object.entries(cases)) {
    it(name, () =>
      withArm({ settings }, async (arm) => {
        const connection = await connect(arm, "pe-1");
        const last = steps.at(-1) ?? "";
        for (const step of steps.slice(0, -1)) await decide(arm, connection.name, step);
        const answer = await decide(arm, connection.name, last).then(
          (done) => done.privateLinkServiceConnectionState?.status,
          (error: { statusCode?: number; code?: string }) => `${error.statusCode} ${error.code}`,
        );
        assert.equal(answer, end);
      }),
    );
  }

  it("overwrites the consumer's message for good, and changes the etags of connection and service", () =>
    withArm({}, async (arm) => {
      const before = await connect(arm, "pe-1", { requestMessage: "order 66" });
      const serviceBefore = await services(arm).get("rg-services", "pls-open");
      await decide(arm, before.name, "Approved", "ours now");
      const after = await connectionOf(arm, "pe-1");
      assert.deepEqual(after, {
        ...before,
        etag: after.etag,
        privateLinkServiceConnectionState: { status: "Approved", description: "ours now", actionsRequired: "None" },
      });
      assert.notEqual(after.etag, before.etag);
      assert.notEqual((await services(arm).get("rg-services", "pls-open")).etag, serviceBefore.etag);
      const mine = await arm.client(consumer, consumerSub).privateEndpoints.get("rg-app", "pe-1");
      assert.equal(
        mine.manualPrivateLinkServiceConnections?.[0]?.privateLinkServiceConnectionState?.description,
        "ours now",
      );
    }));

  it("answers 200 at once and nothing else, with no sign of a long-running operation", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      const body = { properties: { privateLinkServiceConnectionState: { status: "Approved" } } };
      const answer = await arm.raw("PUT", path(name), { as: provider, body });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["azure-asyncoperation"], undefined);
      assert.equal(answer.headers["location"], undefined);
    }));

  it("ignores what only Azure can set", () =>
    withArm({}, async (arm) => {
      const before = await connect(arm, "pe-1");
      const body = {
        id: "/subscriptions/other",
        name: before.name,
        type: "Other/type",
        etag: 'W/"forged"',
        properties: {
          privateEndpoint: { id: "/subscriptions/forged", location: "mars" },
          linkIdentifier: "1",
          privateEndpointLocation: "mars",
          provisioningState: "Failed",
          privateLinkServiceConnectionState: { status: "Approved", description: "", actionsRequired: "None" },
        },
      };
      assert.equal((await arm.raw("PUT", path(before.name), { as: provider, body })).status, 200);
      const after = await connectionOf(arm, "pe-1");
      const state = { status: "Approved", description: "", actionsRequired: "None" };
      assert.deepEqual(after, { ...before, etag: after.etag, privateLinkServiceConnectionState: state });
    }));

  it("cannot bring a connection into being", () =>
    withArm({}, async (arm) => {
      const code = "PrivateEndpointConnectionCannotBeCreatedByServiceProvider";
      assert.deepEqual(await refusalOf(decide(arm, "pe-9.0", "Approved")), [400, code]);
      assert.deepEqual(await refusalOf(decide(arm, "pe-9.0", "Approved", "", "nobody")), [404, "ResourceNotFound"]);
    }));

  const ifMatch = (arm: TestArm, name: string, etag: string) => {
    const body = { properties: { privateLinkServiceConnectionState: { status: "Approved" } } };
    return arm.raw("PUT", path(name), { as: provider, body, headers: { "if-match": etag } });
  };
  it("is not hindered by a stale If-Match [U], unless that is switched on", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      assert.equal((await ifMatch(arm, name, 'W/"stale"')).status, 200);
      arm.changeSettings({ "etag.ifMatch": "honour" });
      const refused = await ifMatch(arm, name, 'W/"stale"');
      assert.deepEqual([refused.status, refused.body.error?.code], [412, "PreconditionFailed"]);
      const { etag } = await connectionOf(arm, "pe-1");
      assert.equal((await ifMatch(arm, name, etag ?? "")).status, 200);
    }));

  it("must name the endpoint where a deny policy asks for it, which the Azure client does not", () =>
    withArm({ settings: { "connections.requirePrivateEndpoint": true } }, async (arm) => {
      const { name, privateEndpoint } = await connect(arm, "pe-1");
      assert.deepEqual(await refusalOf(decide(arm, name, "Approved")), [403, "RequestDisallowedByPolicy"]);
      const body = { properties: { privateEndpoint, privateLinkServiceConnectionState: { status: "Approved" } } };
      assert.equal((await arm.raw("PUT", path(name), { as: provider, body })).status, 200);
    }));
});

describe("The end of a connection", () => {
  it("leaves the list when the provider deletes it, and its consumer sees Disconnected for good", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      await services(arm).deletePrivateEndpointConnection("rg-services", "pls-open", name, polling);
      const left = services(arm).listPrivateEndpointConnections("rg-services", "pls-open");
      assert.deepEqual(await collect(left), []);
      const gone = services(arm).getPrivateEndpointConnection("rg-services", "pls-open", name);
      assert.deepEqual(await refusalOf(gone), [404, "ResourceNotFound"]);
      const mine = await arm.client(consumer, consumerSub).privateEndpoints.get("rg-app", "pe-1");
      const status = mine.manualPrivateLinkServiceConnections?.[0]?.privateLinkServiceConnectionState?.status;
      assert.equal(status, "Disconnected");
      assert.deepEqual(await refusalOf(reopen(arm)), [400, "BadRequest"]);
      // Deleting twice is no error.
      await services(arm).deletePrivateEndpointConnection("rg-services", "pls-open", name, polling);
    }));

  it("says NotFound of a child where Azure does so [U]", () =>
    withArm({ settings: { "notFound.childCode": "NotFound" } }, async (arm) => {
      const gone = services(arm).getPrivateEndpointConnection("rg-services", "pls-open", "pe-1.x");
      assert.deepEqual(await refusalOf(gone), [404, "NotFound"]);
    }));
});

describe("A rejected connection", () => {
  it("returns to Pending by its consumer alone: same name, same link, new etag, new message", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      const rejected = await decide(arm, name, "Rejected", "no");
      await reopen(arm, "pretty please");
      const back = await connectionOf(arm, "pe-1");
      assert.deepEqual([back.name, back.linkIdentifier], [rejected.name, rejected.linkIdentifier]);
      assert.notEqual(back.etag, rejected.etag);
      assert.deepEqual(back.privateLinkServiceConnectionState, {
        status: "Pending",
        description: "pretty please",
        actionsRequired: "None",
      });
      assert.equal((await decide(arm, name, "Approved")).privateLinkServiceConnectionState?.status, "Approved");
      assert.deepEqual(await refusalOf(reopen(arm)), [400, "BadRequest"]);
    }));
});

describe("What a connection may lack (switches)", () => {
  it("has no endpoint where Azure hides it", () =>
    withArm({ settings: { "connections.omitPrivateEndpoint": true } }, async (arm) => {
      assert.equal((await connect(arm, "pe-1")).privateEndpoint, undefined);
    }));

  it("has its LinkID only after the first approval where Azure waits with it [U]", () =>
    withArm({ settings: { "connections.linkIdentifier": "after-approval" } }, async (arm) => {
      const { name, linkIdentifier } = await connect(arm, "pe-1");
      assert.equal(linkIdentifier, undefined);
      const approved = await decide(arm, name, "Approved");
      assert.match(approved.linkIdentifier ?? "", /^\d+$/);
      assert.equal((await decide(arm, name, "Rejected")).linkIdentifier, approved.linkIdentifier);
    }));

  it("has no LinkID, not even after the approval, until Azure shows it late [U]", () =>
    withArm({ settings: { "connections.linkIdentifier": "never" } }, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      assert.equal((await decide(arm, name, "Approved")).linkIdentifier, undefined);
      arm.changeSettings({ "connections.linkIdentifier": "after-approval" });
      assert.match((await connectionOf(arm, "pe-1")).linkIdentifier ?? "", /^\d+$/);
    }));
});

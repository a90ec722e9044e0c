import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect, decide, type RawOptions, tokenOf, withArm } from "./test-arm.ts";
import { approver, consumer, provider, providerSub, serviceId, stranger, testSeed } from "./test-world.ts";

const version = "api-version=2026-01-01";
const open = `${serviceId("pls-open")}?${version}`;
const group = `/subscriptions/${providerSub}/resourceGroups/rg-services/providers/Microsoft.Network`;
const unknownSub = "99999999-9999-4999-8999-999999999999";
const decision = { properties: { privateLinkServiceConnectionState: { status: "Approved" } } };

type Case = readonly [method: string, path: string, options: RawOptions, status: number, code: string];

function refuses(cases: Readonly<Record<string, Case>>): void {
  for (const [name, [method, path, options, status, code]] of Object.entries(cases)) {
    it(name, () =>
      withArm({}, async (arm) => {
        const answer = await arm.raw(method, path, options);
        assert.deepEqual([answer.status, answer.body.error?.code], [status, code]);
        assert.equal(typeof answer.body.error?.message, "string");
        assert.match(answer.headers["x-ms-request-id"] ?? "", /^[0-9a-f-]{36}$/);
        assert.match(answer.headers["x-ms-correlation-request-id"] ?? "", /^[0-9a-f-]{36}$/);
      }),
    );
  }
}

describe("Who is refused (local-azure.md B.4, codes [K])", () => {
  const as = provider;
  refuses({
    "a caller without a token": ["GET", open, {}, 401, "AuthenticationFailed"],
    "a token that is none": ["GET", open, { token: "nonsense" }, 401, "AuthenticationFailed"],
    "another scheme": ["GET", open, { headers: { authorization: "Basic eDp5" } }, 401, "AuthenticationFailed"],
    "an expired token": ["GET", open, { token: tokenOf(provider, 1000) }, 401, "ExpiredAuthenticationToken"],
    "a caller without any role": ["GET", open, { as: stranger }, 403, "AuthorizationFailed"],
    "a consumer reading its provider's service": ["GET", open, { as: consumer }, 403, "AuthorizationFailed"],
    "the approver changing a service": ["PUT", open, { as: approver, body: {} }, 403, "AuthorizationFailed"],
    "the approver deleting a connection": [
      "DELETE",
      `${serviceId("pls-open")}/privateEndpointConnections/pe.x?${version}`,
      { as: approver },
      403,
      "AuthorizationFailed",
    ],
    "the approver in another group": [
      "GET",
      `/subscriptions/${providerSub}/resourceGroups/rg-other/providers/Microsoft.Network/privateLinkServices?${version}`,
      { as: approver },
      403,
      "AuthorizationFailed",
    ],
    "the approver listing the whole subscription [U]": [
      "GET",
      `/subscriptions/${providerSub}/providers/Microsoft.Network/privateLinkServices?${version}`,
      { as: approver },
      403,
      "AuthorizationFailed",
    ],
    "the approver polling an operation": [
      "GET",
      `/subscriptions/${providerSub}/providers/Microsoft.Network/locations/westeurope/operations/${unknownSub}?${version}`,
      { as: approver },
      403,
      "AuthorizationFailed",
    ],
    "anybody in a subscription that does not exist": [
      "GET",
      open.replace(providerSub, unknownSub),
      { as },
      404,
      "SubscriptionNotFound",
    ],
  });

  it("not the approver who does what its role is for", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      const path = `${serviceId("pls-open")}/privateEndpointConnections/${name}?${version}`;
      assert.equal((await arm.raw("GET", open, { as: approver })).status, 200);
      assert.equal((await arm.raw("GET", path, { as: approver })).status, 200);
      assert.equal((await arm.raw("PUT", path, { as: approver, body: decision })).status, 200);
      await assert.rejects(decide(arm, name, "Removed", "", "nobody"));
    }));

  it("not the approver who lists the subscription where Azure filters by role [U]", () =>
    withArm({ settings: { "authorization.subscriptionList": "filter" } }, async (arm) => {
      const path = `/subscriptions/${providerSub}/providers/Microsoft.Network/privateLinkServices?${version}`;
      const answer = await arm.raw("GET", path, { as: approver });
      assert.deepEqual([answer.status, (answer.body["value"] as object[]).length], [200, 1]);
      assert.equal((await arm.raw("GET", path, { as: stranger })).status, 403);
    }));
});

describe("What is refused for its form", () => {
  const as = provider;
  const body = decision;
  const child = `${serviceId("pls-open")}/privateEndpointConnections/pe.x?${version}`;
  const endpointPath = `/subscriptions/${providerSub}/resourceGroups/rg-services/providers/Microsoft.Network/privateEndpoints/pe`;
  refuses({
    "no version": ["GET", serviceId("pls-open"), { as }, 400, "MissingApiVersionParameter"],
    "an unknown version": [
      "GET",
      `${serviceId("pls-open")}?api-version=1999-01-01`,
      { as },
      400,
      "InvalidApiVersionParameter",
    ],
    "two versions": ["GET", `${open}&${version}`, { as }, 400, "InvalidApiVersionParameter"],
    "an option that nobody knows": ["GET", `${open}&$filter=x`, { as }, 400, "InvalidQueryParameter"],
    "a route that nobody knows": ["GET", `${group}/loadBalancers?${version}`, { as }, 404, "InvalidResourceType"],
    "another provider": [
      "GET",
      `${group.replace("Network", "Storage")}/storageAccounts?${version}`,
      { as },
      404,
      "InvalidResourceType",
    ],
    "a verb that the path does not have": ["PATCH", open, { as, body: {} }, 405, "HttpMethodNotSupported"],
    "the root": ["GET", "/", { as }, 400, "InvalidRequestUri"],
    "dots that climb": [
      "GET",
      `${group}/privateLinkServices/../privateLinkServices/pls-open?${version}`,
      { as },
      400,
      "InvalidRequestUri",
    ],
    "encoded dots": ["GET", `${group}/privateLinkServices/%2e%2e?${version}`, { as }, 400, "InvalidRequestUri"],
    "an encoded slash": ["GET", `${group}/privateLinkServices/a%2fb?${version}`, { as }, 400, "InvalidRequestUri"],
    "an encoded backslash": ["GET", `${group}/privateLinkServices/a%5cb?${version}`, { as }, 400, "InvalidRequestUri"],
    "something encoded twice": [
      "GET",
      `${group}/privateLinkServices/a%252fb?${version}`,
      { as },
      400,
      "InvalidRequestUri",
    ],
    "broken encoding": ["GET", `${group}/privateLinkServices/%zz?${version}`, { as }, 400, "InvalidRequestUri"],
    "a control character": ["GET", `${group}/privateLinkServices/a%00b?${version}`, { as }, 400, "InvalidRequestUri"],
    "a doubled slash": ["GET", `/${open}`, { as }, 400, "InvalidRequestUri"],
    "a slash at the end": ["GET", `${serviceId("pls-open")}/?${version}`, { as }, 400, "InvalidRequestUri"],
    "a path of 3,000 characters": ["GET", `/${"a".repeat(3000)}`, { as }, 400, "InvalidRequestUri"],
    "a name with a space": ["GET", `${group}/privateLinkServices/a%20b?${version}`, { as }, 400, "InvalidResourceName"],
    "a name of 81 characters": [
      "GET",
      `${group}/privateLinkServices/${"a".repeat(81)}?${version}`,
      { as },
      400,
      "InvalidResourceName",
    ],
    "a subscription that is no GUID": ["GET", open.replace(providerSub, "mine"), { as }, 400, "InvalidSubscriptionId"],
    "a group that does not exist": [
      "GET",
      open.replace("rg-services", "rg-none"),
      { as },
      404,
      "ResourceGroupNotFound",
    ],
    "a service that does not exist": ["GET", open.replace("pls-open", "nobody"), { as }, 404, "ResourceNotFound"],
    "an operation that does not exist": [
      "GET",
      `/subscriptions/${providerSub}/providers/Microsoft.Network/locations/westeurope/operations/${unknownSub}?${version}`,
      { as },
      404,
      "OperationNotFound",
    ],
    "a body that is not JSON": ["PUT", child, { as, body: "{" }, 400, "InvalidRequestContent"],
    "no body": ["PUT", child, { as, headers: { "content-type": "application/json" } }, 400, "InvalidRequestContent"],
    "a body of another type": [
      "PUT",
      child,
      { as, body: "x", headers: { "content-type": "text/plain" } },
      415,
      "UnsupportedMediaType",
    ],
    "a body of 5 MB": [
      "PUT",
      child,
      { as, body: JSON.stringify("x".repeat(5_000_000)) },
      413,
      "RequestContentTooLarge",
    ],
    "a field that the definition does not have": [
      "PUT",
      child,
      { as, body: { ...body, resourceGuid: "x" } },
      400,
      "InvalidRequestFormat",
    ],
    "a field of the wrong type": [
      "PUT",
      child,
      { as, body: { properties: { privateLinkServiceConnectionState: { status: 1 } } } },
      400,
      "InvalidRequestFormat",
    ],
    "a body that misses what it is for": ["PUT", child, { as, body: {} }, 400, "InvalidRequestFormat"],
    "an endpoint with nothing in it": [
      "PUT",
      `${endpointPath}?${version}`,
      { as, body: {} },
      400,
      "InvalidRequestFormat",
    ],
    "a skip token that is none": [
      "GET",
      `${group}/privateLinkServices?${version}&$skipToken=x`,
      { as },
      400,
      "InvalidSkipToken",
    ],
    "a host header that is a trick": [
      "GET",
      open,
      { as, headers: { host: "evil.example/path" } },
      400,
      "InvalidHostHeader",
    ],
  });

  it("a connection under another name than the path's", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      const path = `${serviceId("pls-open")}/privateEndpointConnections/${name}?${version}`;
      const answer = await arm.raw("PUT", path, { as, body: { ...decision, name: "pe-2" } });
      assert.deepEqual([answer.status, answer.body.error?.code], [400, "InvalidRequestFormat"]);
    }));

  it("a decision that decides nothing", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      const path = `${serviceId("pls-open")}/privateEndpointConnections/${name}?${version}`;
      const nothing = { properties: { privateLinkServiceConnectionState: { description: "hm" } } };
      const answer = await arm.raw("PUT", path, { as, body: nothing });
      assert.deepEqual([answer.status, answer.body.error?.code], [400, "InvalidRequestFormat"]);
    }));

  it("a write where the network provider is not registered [K]", () => {
    const [own, ...others] = testSeed.subscriptions;
    const subscriptions = [{ ...own, registered: false } as (typeof testSeed.subscriptions)[number], ...others];
    return withArm({ seed: { ...testSeed, subscriptions } }, async (arm) => {
      const answer = await arm.raw("PUT", child, { as, body: decision });
      assert.deepEqual([answer.status, answer.body.error?.code], [409, "MissingSubscriptionRegistration"]);
      assert.equal((await arm.raw("GET", open, { as })).status, 200);
    });
  });
});

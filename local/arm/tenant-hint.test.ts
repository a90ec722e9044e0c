import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withArm } from "./test-arm.ts";
import { approver, otherTenant, ownTenant, providerSub, strangerSub } from "./test-world.ts";

const unknownSub = "99999999-9999-4999-8999-999999999999";

describe("The tenant hint (local-azure.md B.7) [K/U]", () => {
  const path = `/subscriptions/${strangerSub}?api-version=2022-12-01`;

  it("names the tenant of a subscription to a caller without a token", () =>
    withArm({ settings: { "tenantHint.authority": "https://login.example/" } }, async (arm) => {
      const answer = await arm.raw("GET", path);
      assert.equal(answer.status, 401);
      const challenge = answer.headers["www-authenticate"] ?? "";
      assert.match(challenge, /^Bearer /);
      assert.ok(challenge.includes(`authorization_uri="https://login.example/${otherTenant}"`));
      assert.ok(challenge.includes('error="invalid_token"'));
    }));

  it("knows no hint for a subscription that does not exist", () =>
    withArm({}, async (arm) => {
      const answer = await arm.raw("GET", path.replace(strangerSub, unknownSub));
      assert.deepEqual([answer.status, answer.body.error?.code], [404, "SubscriptionNotFound"]);
    }));

  it("gives way to the subscription itself for who has a role in it, and to 403 for who has none", () =>
    withArm({}, async (arm) => {
      const own = await arm.raw("GET", `/subscriptions/${providerSub}?api-version=2022-12-01`, { as: approver });
      assert.deepEqual(own.body, {
        id: `/subscriptions/${providerSub}`,
        subscriptionId: providerSub,
        tenantId: ownTenant,
        displayName: "Provider",
        state: "Enabled",
      });
      assert.equal((await arm.raw("GET", path, { as: approver })).status, 403);
    }));
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Issuer } from "./issuer.ts";
import {
  app,
  emptyGroup,
  everybodyGroup,
  type IssuerFixture,
  megan,
  platformGroup,
  startTestIssuer,
  stranger,
  tenantId,
} from "./issuer-fixture.ts";

const reader = { ...app(1), clientSecret: "s", graphPermissions: ["GroupMember.Read.All", "User.ReadBasic.All"] };
const powerless = { ...app(2), clientSecret: "s" };

describe("checkMemberGroups of the local Graph", () => {
  let fixture: IssuerFixture;
  let issuer: Issuer;
  let token: string;
  before(async () => {
    fixture = await startTestIssuer({ apps: [reader, powerless] });
    issuer = fixture.issuer;
    token = await tokenOf(reader.appId);
  });
  after(() => fixture.stop());

  async function tokenOf(clientId: string, scope = "https://graph.microsoft.com/.default"): Promise<string> {
    const form = { grant_type: "client_credentials", client_id: clientId, client_secret: "s", scope };
    const answer = await fetch(`${issuer.url}/${tenantId}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams(form),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  async function check(user: string, groupIds: unknown, bearer: string | undefined = token) {
    const answer = await fetch(`${issuer.url}/v1.0/users/${user}/checkMemberGroups`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) },
      body: JSON.stringify({ groupIds }),
    });
    const body = (await answer.json()) as { value?: string[]; error?: { code: string; message: string } };
    return {
      status: answer.status,
      value: body.value,
      code: body.error?.code,
      retryAfter: answer.headers.get("retry-after"),
    };
  }

  it("answers the groups that the user is in, nested ones too", async () => {
    const { status, value } = await check(megan.objectId, [emptyGroup, everybodyGroup, platformGroup]);
    assert.deepEqual([status, value], [200, [everybodyGroup, platformGroup]]);
  });

  it("knows a user by the principal name too", async () => {
    assert.deepEqual((await check(megan.userPrincipalName, [platformGroup])).value, [platformGroup]);
  });

  it("answers nothing for groups that do not exist", async () => {
    assert.deepEqual((await check(megan.objectId, ["99999999-9999-4999-8999-999999999999"])).value, []);
  });

  const many = Array.from({ length: 21 }, () => platformGroup);
  const refusals = {
    "an unknown user": [stranger.objectId.replace("9", "8"), [platformGroup], 404, "Request_ResourceNotFound"],
    "a user of another tenant": [stranger.objectId, [platformGroup], 404, "Request_ResourceNotFound"],
    "more than 20 groups": [megan.objectId, many, 400, "Request_BadRequest"],
    "no list of groups": [megan.objectId, undefined, 400, "Request_BadRequest"],
    "a group id that is no GUID": [megan.objectId, ["platform"], 400, "Request_BadRequest"],
  } as const;
  for (const [name, [user, groups, status, code]] of Object.entries(refusals)) {
    it(`refuses ${name}`, async () => {
      const answer = await check(user, groups);
      assert.deepEqual([answer.status, answer.code], [status, code]);
    });
  }

  it("takes exactly 20 groups", async () => {
    assert.equal((await check(megan.objectId, many.slice(1))).status, 200);
  });

  it("refuses a caller without a token, with a token for ARM, and with a user's token", async () => {
    const forArm = await tokenOf(reader.appId, "https://management.azure.com/.default");
    for (const bearer of ["", forArm, await issuer.mintUserToken({ user: "megan" })]) {
      const answer = await check(megan.objectId, [platformGroup], bearer);
      assert.deepEqual([answer.status, answer.code], [401, "InvalidAuthenticationToken"]);
    }
  });

  it("refuses an app that was granted no permission", async () => {
    const answer = await check(megan.objectId, [platformGroup], await tokenOf(powerless.appId));
    assert.deepEqual([answer.status, answer.code], [403, "Authorization_RequestDenied"]);
  });

  it("names a path that it does not know", async () => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${issuer.url}/v1.0/users/${megan.objectId}/memberOf`, { headers });
    const { error } = (await answer.json()) as { error: { message: string } };
    assert.equal(answer.status, 400);
    assert.match(error.message, /GET \/v1\.0\/users\/.*\/memberOf/);
  });

  it("fails on demand and recovers", async () => {
    issuer.configure({ graphOutage: { status: 429, retryAfterSeconds: 7 } });
    const down = await check(megan.objectId, [platformGroup]);
    assert.deepEqual([down.status, down.code, down.retryAfter], [429, "TooManyRequests", "7"]);
    issuer.configure({ graphOutage: undefined });
    assert.equal((await check(megan.objectId, [platformGroup])).status, 200);
  });
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { UnknownUser } from "./directory.ts";
import type { Issuer } from "./issuer.ts";
import {
  apiAudience,
  botAppId,
  everybodyGroup,
  type IssuerFixture,
  megan,
  otherTenantId,
  platformGroup,
  startTestIssuer,
  tenantId,
} from "./issuer-fixture.ts";

describe("the local authority", () => {
  let fixture: IssuerFixture;
  let issuer: Issuer;
  before(async () => {
    fixture = await startTestIssuer();
    issuer = fixture.issuer;
  });
  after(() => fixture.stop());

  async function get(path: string): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
    const answer = await fetch(`${issuer.url}${path}`);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  it("signs user tokens that its discovery document leads to the key of", async () => {
    const { body } = await get(`/${tenantId}/v2.0/.well-known/openid-configuration`);
    assert.equal(body["jwks_uri"], issuer.jwksUrlOf(tenantId));
    assert.equal(body["issuer"], issuer.issuerOf(tenantId));
    const token = await issuer.mintUserToken({ user: "Megan" });
    const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(String(body["jwks_uri"]))), {
      issuer: String(body["issuer"]),
      audience: apiAudience,
      algorithms: ["RS256"],
    });
    assert.equal(protectedHeader.alg, "RS256");
    const { iat = 0, nbf, exp, sub, azp, ...told } = payload;
    assert.deepEqual(told, {
      iss: issuer.issuerOf(tenantId),
      aud: apiAudience,
      tid: tenantId,
      oid: megan.objectId,
      name: "Megan Test",
      preferred_username: "megan@contoso.example",
      roles: ["Reader", "Approver"],
      groups: [platformGroup, everybodyGroup],
      scp: "access_as_user",
      ver: "2.0",
    });
    assert.deepEqual([nbf, exp, typeof sub, typeof azp], [iat, iat + 3600, "string", "string"]);
  });

  it("publishes no private part of a key", async () => {
    const { body } = await get(`/${tenantId}/discovery/v2.0/keys`);
    const [key] = body["keys"] as Record<string, unknown>[];
    assert.deepEqual(Object.keys(key ?? {}).sort(), ["alg", "e", "kid", "kty", "n", "use"]);
  });

  it("does not know a tenant that nobody seeded", async () => {
    const { status, body } = await get("/common/v2.0/.well-known/openid-configuration");
    assert.deepEqual([status, body["error"]], [400, "invalid_tenant"]);
  });

  it("names a path that it does not serve", async () => {
    const { status, body } = await get("/common/oauth2/authorize");
    assert.deepEqual([status, body["error"]], [404, "nothing here answers GET /common/oauth2/authorize"]);
  });

  it("signs channel tokens that the channel's document leads to the endorsed key of", async () => {
    const { body } = await get("/v1/.well-known/openidconfiguration");
    assert.equal(body["issuer"], "https://api.botframework.com");
    assert.equal(body["jwks_uri"], issuer.botChannelKeysUrl);
    const keys = await get("/v1/.well-known/keys");
    assert.deepEqual((keys.body["keys"] as { endorsements: string[] }[])[0]?.endorsements, ["msteams"]);
    const serviceUrl = "https://smba.trafficmanager.net/emea/";
    const token = await issuer.mintChannelToken({ serviceUrl, audience: botAppId });
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(issuer.botChannelKeysUrl)), {
      issuer: "https://api.botframework.com",
      audience: botAppId,
    });
    assert.equal(payload["serviceurl"], serviceUrl);
  });

  it("takes roles, groups, audience, tenant and lifetime as asked, and overrides above all", async () => {
    const token = await issuer.mintUserToken({
      user: "megan",
      roles: ["PolicyAuthor"],
      groups: [],
      audience: "another-api",
      tenant: otherTenantId,
      lifetimeSeconds: 60,
      overrides: { name: undefined, oid: "somebody-else" },
    });
    const { iat = 0, exp, aud, iss, tid, roles, groups, name, oid } = decodeJwt(token);
    assert.deepEqual(
      { lifetime: (exp ?? 0) - iat, aud, iss, tid, roles, groups, name, oid },
      {
        lifetime: 60,
        aud: "another-api",
        iss: issuer.issuerOf(otherTenantId),
        tid: otherTenantId,
        roles: ["PolicyAuthor"],
        groups: undefined,
        name: undefined,
        oid: "somebody-else",
      },
    );
  });

  it("leaves more than 200 groups out of the token and says where to ask", async () => {
    const groups = Array.from({ length: 201 }, (_, index) => `group-${index}`);
    const claims = decodeJwt(await issuer.mintUserToken({ user: "megan", groups }));
    assert.equal(claims["groups"], undefined);
    assert.deepEqual(claims["_claim_names"], { groups: "src1" });
  });

  it("says which users there are when asked for another", async () => {
    await assert.rejects(
      issuer.mintUserToken({ user: "nobody" }),
      (error) =>
        error instanceof UnknownUser && error.message === 'no user "nobody"; there are: megan, grace, stranger',
    );
  });

  it("mints ARM tokens whose principal it recognises", async () => {
    const principal = { objectId: megan.objectId, tenantId, appId: botAppId };
    assert.deepEqual(await issuer.verifyArmToken(await issuer.mintArmToken(principal)), principal);
    const person = { objectId: megan.objectId, tenantId: otherTenantId };
    assert.deepEqual(await issuer.verifyArmToken(await issuer.mintArmToken(person)), person);
  });

  it("recognises an ARM token whose audience ends in a slash", async () => {
    const overrides = { aud: "https://management.azure.com/" };
    const token = await issuer.mintArmToken({ objectId: megan.objectId, tenantId, overrides });
    assert.equal((await issuer.verifyArmToken(token)).objectId, megan.objectId);
  });

  const badArmTokens = {
    "an expired one": [{ exp: 1, nbf: 0, iat: 0 }, "expired"],
    "one for Graph": [{ aud: "https://graph.microsoft.com" }, "invalid"],
    "one without an object id": [{ oid: undefined }, "invalid"],
    "one without an end": [{ exp: undefined }, "invalid"],
    "one that is not valid yet": [{ nbf: 9_999_999_999 }, "invalid"],
    "one of a tenant that nobody seeded": [{ iss: "https://127.0.0.1/other/" }, "invalid"],
  } as const;
  for (const [name, [overrides, reason]] of Object.entries(badArmTokens)) {
    it(`refuses as an ARM token: ${name}`, async () => {
      const token = await issuer.mintArmToken({ objectId: megan.objectId, tenantId, overrides });
      await assert.rejects(issuer.verifyArmToken(token), { name: "TokenRefused", reason });
    });
  }

  it("refuses as an ARM token what another authority signed", async () => {
    const other = await startTestIssuer();
    const token = await other.issuer.mintArmToken({
      objectId: megan.objectId,
      tenantId,
      overrides: { iss: `${issuer.url}/${tenantId}/` },
    });
    await other.stop();
    await assert.rejects(issuer.verifyArmToken(token), { name: "TokenRefused", reason: "invalid" });
  });
});

describe("the local authority's switches", () => {
  let fixture: IssuerFixture;
  let issuer: Issuer;
  let time = new Date("2026-11-23T08:00:00Z");
  before(async () => {
    fixture = await startTestIssuer({ now: () => time });
    issuer = fixture.issuer;
  });
  after(() => fixture.stop());

  it("shortens every lifetime from now on", async () => {
    issuer.configure({ lifetimeSeconds: 5 });
    const token = await issuer.mintArmToken({ objectId: megan.objectId, tenantId });
    assert.equal((await issuer.verifyArmToken(token)).objectId, megan.objectId);
    time = new Date(time.getTime() + 6_000);
    await assert.rejects(issuer.verifyArmToken(token), { reason: "expired" });
    issuer.configure({ lifetimeSeconds: 3600 });
  });

  it("signs with a new key after a rotation and still publishes the earlier one", async () => {
    const earlier = await issuer.mintArmToken({ objectId: megan.objectId, tenantId });
    await issuer.rotateKeys();
    const later = await issuer.mintArmToken({ objectId: megan.objectId, tenantId });
    assert.notEqual(decodeProtectedHeader(later).kid, decodeProtectedHeader(earlier).kid);
    assert.equal(issuer.publishedKeys().length, 2);
    await issuer.verifyArmToken(earlier);
    await issuer.verifyArmToken(later);
  });

  it("makes earlier tokens worthless when a rotation revokes their key", async () => {
    const earlier = await issuer.mintArmToken({ objectId: megan.objectId, tenantId });
    await issuer.rotateKeys({ revokeEarlier: true });
    assert.equal(issuer.publishedKeys().length, 1);
    await assert.rejects(issuer.verifyArmToken(earlier), { reason: "invalid" });
  });
});

describe("startIssuer", () => {
  it("takes the port that it is given, and fails when that is taken", async () => {
    const first = await startTestIssuer();
    const port = Number(new URL(first.issuer.url).port);
    await assert.rejects(startTestIssuer({ port }), { code: "EADDRINUSE" });
    await first.stop();
    const second = await startTestIssuer({ port });
    assert.equal(second.issuer.url, first.issuer.url);
    await second.stop();
  });
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ClientSecretCredential, DefaultAzureCredential, ManagedIdentityCredential } from "@azure/identity";
import { decodeJwt } from "jose";
import type { Issuer } from "./issuer.ts";
import { apiAudience, app, type IssuerFixture, startTestIssuer, tenantId } from "./issuer-fixture.ts";

const armScope = "https://management.azure.com/.default";
const resourceId = (name: string) =>
  `/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;

// The credentials keep tokens per client id for the life of the process, so every test has an identity of its own.
const userAssigned = { ...app(1), managedIdentity: { resourceId: resourceId("one") } };
const byDefaultCredential = { ...app(2), managedIdentity: { resourceId: resourceId("two") } };
const systemAssigned = { ...app(3), managedIdentity: { resourceId: resourceId("three"), systemAssigned: true } };
const byResourceId = { ...app(4), managedIdentity: { resourceId: resourceId("four") } };
const withSecret = { ...app(5), clientSecret: "s3cret", apiRoles: ["Reader"], graphPermissions: ["User.Read.All"] };
const plain = app(6);

describe("@azure/identity against the local authority", () => {
  let fixture: IssuerFixture;
  let issuer: Issuer;
  before(async () => {
    const apps = [userAssigned, byDefaultCredential, systemAssigned, byResourceId, withSecret, plain];
    fixture = await startTestIssuer({ apps });
    issuer = fixture.issuer;
    process.env["IDENTITY_ENDPOINT"] = issuer.identity.endpoint;
    process.env["IDENTITY_HEADER"] = issuer.identity.header;
  });
  after(async () => {
    delete process.env["IDENTITY_ENDPOINT"];
    delete process.env["IDENTITY_HEADER"];
    await fixture.stop();
  });

  it("gives a user-assigned identity an ARM token by the production path", async () => {
    const before = Date.now();
    const answer = await new ManagedIdentityCredential({ clientId: userAssigned.appId }).getToken(armScope);
    assert.deepEqual(await issuer.verifyArmToken(answer.token), {
      objectId: userAssigned.objectId,
      tenantId,
      appId: userAssigned.appId,
    });
    const lifetime = answer.expiresOnTimestamp - before;
    assert.ok(lifetime > 3_500_000 && lifetime < 3_700_000, `${lifetime} ms`);
    assert.equal(decodeJwt(answer.token)["xms_mirid"], resourceId("one"));
  });

  it("gives one through DefaultAzureCredential", async () => {
    const credential = new DefaultAzureCredential({ managedIdentityClientId: byDefaultCredential.appId });
    const { token } = await credential.getToken(armScope);
    assert.equal((await issuer.verifyArmToken(token)).objectId, byDefaultCredential.objectId);
  });

  it("gives one to the system-assigned identity when no id is named", async () => {
    const { token } = await new ManagedIdentityCredential().getToken(armScope);
    assert.equal((await issuer.verifyArmToken(token)).objectId, systemAssigned.objectId);
  });

  it("finds an identity by its resource id", async () => {
    const credential = new ManagedIdentityCredential({ resourceId: resourceId("FOUR") });
    const { token } = await credential.getToken(armScope);
    assert.equal((await issuer.verifyArmToken(token)).objectId, byResourceId.objectId);
  });

  it("gives an identity a token for the Bot Connector, which ARM refuses", async () => {
    const credential = new ManagedIdentityCredential({ clientId: userAssigned.appId });
    const { token } = await credential.getToken("https://api.botframework.com/.default");
    assert.equal(decodeJwt(token).aud, "https://api.botframework.com");
    await assert.rejects(issuer.verifyArmToken(token), { reason: "invalid" });
  });

  it("refuses an app that is no managed identity", async () => {
    const credential = new ManagedIdentityCredential({ clientId: plain.appId });
    await assert.rejects(credential.getToken(armScope), /No User Assigned or Delegated Managed Identity found/);
  });

  it("refuses a wrong identity header, an old api-version and an unknown resource", async () => {
    const ask = async (query: string, header: string) => {
      const answer = await fetch(`${issuer.identity.endpoint}?${query}`, { headers: { "x-identity-header": header } });
      return answer.status;
    };
    const resource = `resource=https://management.azure.com&client_id=${userAssigned.appId}`;
    const { header } = issuer.identity;
    assert.equal(await ask(`api-version=2019-08-01&${resource}`, header), 200);
    assert.equal(await ask(`api-version=2019-08-01&${resource}`, `${header}x`), 401);
    assert.equal(await ask(`api-version=2017-09-01&${resource}`, header), 400);
    assert.equal(await ask("api-version=2019-08-01&resource=https://example.org", header), 400);
  });

  function secretCredential(secret: string, tenant = tenantId) {
    return new ClientSecretCredential(tenant, withSecret.appId, secret, {
      authorityHost: issuer.url,
      disableInstanceDiscovery: true,
    });
  }

  it("gives an app with a secret its outgoing bot token", async () => {
    const { token } = await secretCredential("s3cret").getToken("https://api.botframework.com/.default");
    const { aud, appid, oid } = decodeJwt(token);
    assert.deepEqual(
      { aud, appid, oid },
      {
        aud: "https://api.botframework.com",
        appid: withSecret.appId,
        oid: withSecret.objectId,
      },
    );
  });

  it("gives it a token for plgate's own API with its app roles", async () => {
    const { token } = await secretCredential("s3cret").getToken(`api://${apiAudience}/.default`);
    const { iss, aud, azp, roles, scp } = decodeJwt(token);
    assert.deepEqual(
      { iss, aud, azp, roles, scp },
      {
        iss: issuer.issuerOf(tenantId),
        aud: apiAudience,
        azp: withSecret.appId,
        roles: ["Reader"],
        scp: undefined,
      },
    );
  });

  it("refuses a wrong secret", async () => {
    await assert.rejects(secretCredential("guess").getToken(armScope), /AADSTS7000215/);
  });

  it("refuses a resource that it does not know", async () => {
    await assert.rejects(secretCredential("s3cret").getToken("https://example.org/.default"), /AADSTS500011/);
  });

  const form = {
    grant_type: "client_credentials",
    client_id: withSecret.appId,
    client_secret: "s3cret",
    scope: armScope,
  };
  const badForms = {
    "another grant": [{ ...form, grant_type: "password" }, 400, "unsupported_grant_type"],
    "an unknown client": [{ ...form, client_id: "nobody" }, 400, "unauthorized_client"],
    "a client without a secret of its own": [{ ...form, client_id: plain.appId }, 401, "invalid_client"],
    "a scope that is not /.default": [
      { ...form, scope: "https://management.azure.com/user_impersonation" },
      400,
      "invalid_scope",
    ],
    "two resources at once": [
      { ...form, scope: `${armScope} https://graph.microsoft.com/.default` },
      400,
      "invalid_scope",
    ],
  } as const;
  for (const [name, [body, status, error]] of Object.entries(badForms)) {
    it(`refuses on the token endpoint: ${name}`, async () => {
      const answer = await fetch(`${issuer.url}/${tenantId}/oauth2/v2.0/token`, {
        method: "POST",
        body: new URLSearchParams(body),
      });
      const told = (await answer.json()) as { error: string };
      assert.deepEqual([answer.status, told.error], [status, error]);
    });
  }
});

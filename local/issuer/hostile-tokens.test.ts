import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createRemoteJWKSet, decodeProtectedHeader, type JWTVerifyGetKey, jwtVerify } from "jose";
import { type HostileTokens, hostileTokens } from "./hostile-tokens.ts";
import { apiAudience, botAppId, type IssuerFixture, startTestIssuer, tenantId } from "./issuer-fixture.ts";

/** Names of the tokens that the verifier let through. */
async function acceptedOf(table: HostileTokens, verify: (token: string) => Promise<void>): Promise<string[]> {
  const names = Object.entries(table).map(([name, token]) =>
    verify(token).then(
      () => [name],
      () => [],
    ),
  );
  return (await Promise.all(names)).flat();
}

const serviceUrl = "https://smba.trafficmanager.net/emea/";

describe("the hostile tokens", () => {
  let fixture: IssuerFixture;
  let keys: JWTVerifyGetKey;
  let forUsers: HostileTokens;
  let forBots: HostileTokens;
  before(async () => {
    fixture = await startTestIssuer();
    const { issuer } = fixture;
    keys = createRemoteJWKSet(new URL(issuer.jwksUrlOf(tenantId)));
    forUsers = await hostileTokens(issuer, { kind: "user", user: "megan" });
    forBots = await hostileTokens(issuer, { kind: "channel", serviceUrl, audience: botAppId, entraUser: "megan" });
  });
  after(() => fixture.stop());

  /** The rules for users, as a verifier in a hurry would write them. */
  async function verifyUser(token: string): Promise<void> {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["RS256"],
      issuer: fixture.issuer.issuerOf(tenantId),
      audience: apiAudience,
      requiredClaims: ["exp"],
      clockTolerance: 300,
    });
    assert.equal(payload["tid"], tenantId);
  }

  async function verifyBot(token: string): Promise<void> {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["RS256"],
      issuer: "https://api.botframework.com",
      audience: botAppId,
      requiredClaims: ["exp"],
      clockTolerance: 300,
    });
    assert.equal(new URL(String(payload["serviceurl"])).origin, new URL(serviceUrl).origin);
  }

  it("start from tokens that are accepted", async () => {
    await verifyUser(await fixture.issuer.mintUserToken({ user: "megan" }));
    await verifyBot(await fixture.issuer.mintChannelToken({ serviceUrl, audience: botAppId }));
  });

  it("are each refused by rules that accept the good ones", async () => {
    assert.deepEqual(await acceptedOf(forUsers, verifyUser), []);
    assert.deepEqual(await acceptedOf(forBots, verifyBot), []);
  });

  it("cover what the design asks for", () => {
    const both = [
      "wrong issuer",
      "wrong audience",
      "expired",
      "not yet valid",
      "signed with another key under our key id",
      "HS256 with the public key as its secret",
      "alg none",
    ];
    const missing = (names: string[], table: HostileTokens) => names.filter((name) => !(name in table));
    assert.deepEqual(missing([...both, "other tenant"], forUsers), []);
    const onlyBots = [
      "missing serviceurl",
      "foreign serviceurl",
      "a well-signed Entra token where a bot token is wanted",
    ];
    assert.deepEqual(missing([...both, ...onlyBots], forBots), []);
  });

  it("are well-formed in all but the one point, so that nothing else can be the reason", () => {
    const { kid } = fixture.issuer.publishedKeys()[0] ?? {};
    for (const [name, token] of Object.entries(forBots)) {
      if (name === "nothing that looks like a token") continue;
      const header = decodeProtectedHeader(token);
      assert.equal(header.kid === kid, name !== "signed with another key that nobody published", name);
    }
  });

  it("would be accepted by verifiers with the very hole that they look for", async () => {
    const ignoringTimes = { algorithms: ["RS256"], issuer: "https://api.botframework.com", audience: botAppId };
    await jwtVerify(forBots["expired"] ?? "", keys, {
      ...ignoringTimes,
      currentDate: new Date(Date.now() - 5_400_000),
    });
    await jwtVerify(forBots["wrong audience"] ?? "", keys, {
      algorithms: ["RS256"],
      issuer: "https://api.botframework.com",
    });
    await jwtVerify(forBots["wrong issuer"] ?? "", keys, { algorithms: ["RS256"], audience: botAppId });
    await jwtVerify(forBots["missing serviceurl"] ?? "", keys, ignoringTimes);
    await jwtVerify(forBots["a well-signed Entra token where a bot token is wanted"] ?? "", keys, {
      audience: botAppId,
    });
  });
});

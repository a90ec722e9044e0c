import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { type HostileTokens, hostileTokens } from "../../local/issuer/hostile-tokens.ts";
import {
  apiAudience,
  type IssuerFixture,
  megan,
  startTestIssuer,
  tenantId,
} from "../../local/issuer/issuer-fixture.ts";
import { type Caller, callerVerifier, hasRole, type Role, type VerifyCaller } from "../../src/http/caller.ts";

const group = "55555555-0000-4000-8000-000000000005";
const good = { user: megan.name, roles: ["Approver"], groups: [group] };

describe("callerVerifier", () => {
  let fixture: IssuerFixture;
  let verify: VerifyCaller;
  let hostile: HostileTokens;
  before(async () => {
    fixture = await startTestIssuer();
    verify = verifierAt(fixture.issuer.url);
    hostile = await hostileTokens(fixture.issuer, { kind: "user", ...good });
  });
  after(() => fixture.stop());

  const verifierAt = (authority: string) =>
    callerVerifier({
      issuer: `${fixture.issuer.url}/${tenantId}/v2.0`,
      audience: apiAudience,
      keys: `${authority}/${tenantId}/discovery/v2.0/keys`,
      tenantId,
    });
  const bearer = async (wish = {}) => `Bearer ${await fixture.issuer.mintUserToken({ ...good, ...wish })}`;

  it("tells who calls, with roles and groups", async () => {
    const caller = {
      objectId: megan.objectId,
      tenantId,
      name: megan.displayName,
      roles: ["Approver"],
      groups: [group],
    };
    assert.deepEqual(await verify(await bearer()), { ok: true, caller });
  });

  it("leaves the groups open when the token names none, so that the directory is asked", async () => {
    const verified = await verify(await bearer({ overrides: { groups: undefined } }));
    assert.equal(verified.ok && verified.caller.groups, undefined);
    assert.ok(verified.ok);
  });

  it("takes no role from a claim that is no list of words", async () => {
    for (const roles of ["Approver", { 0: "Approver" }, [1, null], undefined]) {
      const verified = await verify(await bearer({ overrides: { roles } }));
      assert.deepEqual(verified.ok && verified.caller.roles, [], JSON.stringify(roles));
    }
  });

  it("refuses every hostile token there is", async () => {
    assert.ok(Object.keys(hostile).length > 10);
    for (const [name, token] of Object.entries(hostile)) {
      const verified = await verify(`Bearer ${token}`);
      assert.equal(!verified.ok && verified.status, 401, name);
    }
  });

  it("refuses an ID token: what a browser was given to show who it is opens no API", async () => {
    const verified = await verify(await bearer({ overrides: { nonce: "n" } }));
    assert.deepEqual(verified, { ok: false, status: 401, why: "an ID token" });
  });

  it("refuses a token without an object id", async () => {
    const verified = await verify(await bearer({ overrides: { oid: undefined } }));
    assert.equal(!verified.ok && verified.status, 401);
  });

  it("tolerates clocks that are half a minute apart, and not more than a minute", async () => {
    const now = Math.floor(Date.now() / 1000);
    const expired = async (seconds: number) => verify(await bearer({ overrides: { exp: now - seconds } }));
    assert.equal((await expired(30)).ok, true);
    assert.equal((await expired(120)).ok, false);
  });

  it("refuses any other text, and never fails over it", async () => {
    const token = await fixture.issuer.mintUserToken(good);
    for (const header of [
      null,
      "",
      "Bearer",
      token,
      `Basic ${token}`,
      `Bearer ${token} ${token}`,
      `Bearer ${token}\n`,
    ]) {
      const verified = await verify(header);
      assert.equal(!verified.ok && verified.status, 401, String(header));
    }
    await fc.assert(fc.asyncProperty(fc.string(), async (text) => !(await verify(`Bearer ${text}`)).ok));
  });

  it("lets nobody in while the keys cannot be read, and says that it may pass", async () => {
    const verified = await verifierAt("https://127.0.0.1:1")(await bearer());
    assert.equal(!verified.ok && verified.status, 503);
  });
});

describe("hasRole", () => {
  const caller: Caller = { objectId: megan.objectId, tenantId, name: "Megan", roles: [], groups: undefined };
  const cases: Readonly<Record<string, readonly [readonly string[], readonly Role[]]>> = {
    "a reader reads": [["Reader"], ["Reader"]],
    "an approver decides, and reads what to decide": [["Approver"], ["Reader", "Approver"]],
    "an author writes policies, and reads": [["PolicyAuthor"], ["Reader", "PolicyAuthor"]],
    "a role in another case is no role": [["approver"], []],
    "nobody may do nothing": [[], []],
  };
  for (const [name, [roles, expected]] of Object.entries(cases)) {
    it(name, () => {
      const may = (["Reader", "Approver", "PolicyAuthor"] as const).filter((role) =>
        hasRole({ ...caller, roles }, role),
      );
      assert.deepEqual(may, expected);
    });
  }
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { decodeJwt } from "jose";
import {
  apiAudience,
  type IssuerFixture,
  megan,
  otherTenantId,
  platformGroup,
  startTestIssuer,
  tenantId,
} from "./issuer-fixture.ts";

const redirectUri = "http://127.0.0.1:7071/api/signed-in";

describe("the local authority's sign-in", () => {
  let fixture: IssuerFixture;
  let now = new Date();
  before(async () => {
    const redirectUris = [redirectUri, "https://plgate.example/api/signed-in"];
    fixture = await startTestIssuer({ redirectUris, now: () => now });
  });
  after(() => fixture.stop());

  const address = (change: Readonly<Record<string, string>> = {}, tenant = tenantId) => {
    const query = new URLSearchParams({
      ...{ client_id: apiAudience, response_type: "id_token", response_mode: "form_post", scope: "openid profile" },
      ...{ redirect_uri: redirectUri, state: `"s'<`, nonce: "n-1", ...change },
    });
    return `${fixture.issuer.url}/${tenant}/oauth2/v2.0/authorize?${query}`;
  };
  const get = (change = {}, cookie = "", tenant = tenantId) =>
    fetch(address(change, tenant), { headers: cookie ? { cookie } : {} });
  const choose = (user: string, change = {}) =>
    fetch(address(change), { method: "POST", body: new URLSearchParams({ user }) });
  const claims = (page: string) => decodeJwt(/name="id_token" value="([^"]+)"/.exec(page)?.[1] ?? "");
  const cookieOf = (answer: Response) => (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";

  it("asks who it is: the people of the tenant, and nobody else", async () => {
    const page = await (await get()).text();
    assert.ok(page.includes("Megan Test"));
    assert.ok(!page.includes("Sam Stranger"));
  });

  it("sends a token for this very question, with the moment of the proof, the roles and the groups", async () => {
    const page = await (await choose("megan")).text();
    assert.ok(page.includes(`action="${redirectUri}"`) && page.includes('name="state" value="&#34;s&#39;&#60;"'), page);
    const { aud, tid, oid, nonce, auth_time: at, acct, roles, groups, scp } = claims(page);
    assert.deepEqual(
      { aud, tid, oid, nonce, at, acct, roles, scp },
      {
        ...{ aud: apiAudience, tid: tenantId, oid: megan.objectId, nonce: "n-1", acct: 0, roles: megan.roles },
        ...{ at: Math.floor(now.getTime() / 1000), scp: undefined },
      },
    );
    assert.ok(Array.isArray(groups) && groups.includes(platformGroup));
  });

  it("remembers the person, and says when they proved who they are", async () => {
    const began = now;
    const cookie = cookieOf(await choose("megan"));
    now = new Date(began.getTime() + 3_600_000);
    const { auth_time: at, iat } = claims(await (await get({}, cookie)).text());
    assert.deepEqual([at, iat], [Math.floor(began.getTime() / 1000), Math.floor(now.getTime() / 1000)]);
  });

  const anew: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "a login": { prompt: "login" },
    "a proof that is not older than nothing": { max_age: "0" },
    "a choice": { prompt: "select_account" },
  };
  for (const [name, change] of Object.entries(anew)) {
    it(`asks again when the app demands ${name}`, async () => {
      const cookie = cookieOf(await choose("megan"));
      assert.ok((await (await get(change, cookie)).text()).includes("Who are you?"));
    });
  }

  it("asks nobody when the app forbids it, and says that somebody would have to sign in", async () => {
    const page = await (await get({ prompt: "none" })).text();
    assert.ok(page.includes('value="login_required"') && !page.includes("id_token"));
  });

  const refused: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "another app": { client_id: "99999999-0000-4000-8000-000000000009" },
    "an address that nobody registered": { redirect_uri: "http://127.0.0.1:7072/api/signed-in" },
    "a registered address away from this machine": { redirect_uri: "https://plgate.example/api/signed-in" },
    "a longer address": { redirect_uri: `${redirectUri}/../evil` },
    "a code": { response_type: "code" },
    "an answer in the address": { response_mode: "fragment" },
    "no nonce": { nonce: "" },
    "no openid": { scope: "profile" },
  };
  for (const [name, change] of Object.entries(refused)) {
    it(`refuses ${name}, and sends nobody anywhere`, async () => {
      for (const answer of [await get(change), await choose("megan", change)]) {
        assert.equal(answer.status, 400);
        assert.ok(!(await answer.text()).includes("<form"));
      }
    });
  }

  it("refuses an unknown tenant, and a person of another", async () => {
    assert.equal((await get({}, "", "99999999-0000-4000-8000-000000000009")).status, 400);
    assert.equal((await choose("stranger")).status, 400);
  });

  it("takes no session of one tenant for another", async () => {
    const cookie = cookieOf(await choose("megan"));
    assert.ok((await (await get({}, cookie, otherTenantId)).text()).includes("Who are you?"));
  });
});

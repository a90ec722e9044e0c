import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { decodeJwt } from "jose";
import { json, objectIn } from "../../local/exchange.ts";
import {
  app,
  emptyGroup,
  everybodyGroup,
  guest,
  type IssuerFixture,
  megan,
  platformGroup,
  startTestIssuer,
  stranger,
  tenantId,
} from "../../local/issuer/issuer-fixture.ts";
import { graphDirectory } from "../../src/azure/graph-directory.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { secretTokens } from "../../src/teams/bot-token.ts";
import { scriptedServer, silence } from "../teams/scripted-server.ts";

const scope = "https://graph.microsoft.com/.default";
const reader = { ...app(1), clientSecret: "s1", graphPermissions: ["Directory.Read.All"] };
const basic = { ...app(3), clientSecret: "s3", graphPermissions: ["GroupMember.Read.All", "User.ReadBasic.All"] };
const blind = { ...app(2), clientSecret: "s2" };
const person = megan.objectId;

/** A credential that gets real tokens from the local authority. */
function credentialOf(fixture: IssuerFixture, { appId, clientSecret }: typeof blind) {
  const grant = { authority: fixture.issuer.url, tenantId, clientId: appId, clientSecret, scope };
  const tokens = secretTokens(grant);
  return { getToken: async () => ({ token: await tokens.token(), expiresOnTimestamp: 0 }) };
}

const anyCredential = { getToken: async () => ({ token: "t", expiresOnTimestamp: 0 }) };

function guid(n: number): string {
  return `aaaaaaaa-0000-4000-9000-${String(n).padStart(12, "0")}`;
}

/** Graph as a script: everybody is in every group whose id ends with 7. */
async function scripted(t: TestContext) {
  const state = { time: 0 };
  const server = await scriptedServer(t, () => {
    const asked = objectIn(server.calls.at(-1)?.body ?? "")?.["groupIds"];
    return json(200, { value: Array.isArray(asked) ? asked.filter((group) => group.endsWith("7")) : [] });
  });
  const directory = graphDirectory({ credential: anyCredential, graph: server.url, scope, now: () => state.time });
  return { server, state, directory };
}

function throwsPlgateError(retryable: boolean, text: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof PlgateError);
    assert.equal(error.retryable, retryable);
    assert.match(error.message, text);
    return true;
  };
}

describe("graphDirectory, asking the local Graph", () => {
  let fixture: IssuerFixture;
  before(async () => {
    fixture = await startTestIssuer({ apps: [reader, basic, blind] });
  });
  after(() => fixture.stop());

  const open = (who: typeof blind = reader) =>
    graphDirectory({ credential: credentialOf(fixture, who), graph: fixture.issuer.url, scope });

  it("finds the groups that a person is in, through other groups too", async () => {
    const found = await open().groupsOf(person, [platformGroup, emptyGroup, everybodyGroup]);
    assert.deepEqual(found, [platformGroup, everybodyGroup]);
  });

  it("answers in the spelling that was asked", async () => {
    const asked = platformGroup.toUpperCase();
    assert.deepEqual(await open().groupsOf(person.toUpperCase(), [asked]), [asked]);
  });

  it("knows nothing of people of other tenants", async () => {
    assert.deepEqual(await open().groupsOf(stranger.objectId, [platformGroup]), []);
  });

  for (const [permissions, who] of [
    ["all properties of users", reader],
    ["the basic properties of users, which do not name guests", basic],
  ] as const) {
    it(`tells members from guests by ${permissions}`, async () => {
      const directory = open(who);
      assert.deepEqual(await directory.personOf(person.toUpperCase()), { guest: false });
      assert.deepEqual(await directory.personOf(guest.objectId), { guest: true });
      assert.equal(await directory.personOf(stranger.objectId), undefined);
    });
  }

  it("knows whoever was admitted by name, once they have a token", async () => {
    const own = await startTestIssuer({ apps: [reader], guestTenantId: tenantId });
    const { oid = "" } = decodeJwt<{ oid: string }>(await own.issuer.mintUserToken({ user: "nobody" }));
    const directory = graphDirectory({ credential: credentialOf(own, reader), graph: own.issuer.url, scope });
    assert.deepEqual(await directory.personOf(oid), { guest: false });
    await own.stop();
  });

  it("lets nobody through when the app may not read memberships, and says what is missing", async () => {
    const missing = throwsPlgateError(false, /403; give the app's identity the permissions/);
    await assert.rejects(open(blind).groupsOf(person, [platformGroup]), missing);
    await assert.rejects(open(blind).personOf(person), missing);
  });

  it("lets nobody through while Graph is down, and asks again when it is back", async () => {
    const directory = open();
    fixture.issuer.configure({ graphOutage: { status: 503 } });
    await assert.rejects(directory.groupsOf(person, [platformGroup]), throwsPlgateError(true, /503/));
    fixture.issuer.configure({ graphOutage: { status: 429, retryAfterSeconds: 5 } });
    await assert.rejects(directory.groupsOf(person, [platformGroup]), throwsPlgateError(true, /429/));
    fixture.issuer.configure({ graphOutage: undefined });
    assert.deepEqual(await directory.groupsOf(person, [platformGroup]), [platformGroup]);
  });
});

describe("graphDirectory", () => {
  it("asks for twenty groups at a time", async (t) => {
    const { server, directory } = await scripted(t);
    const groups = Array.from({ length: 45 }, (_, n) => guid(n));
    assert.deepEqual(await directory.groupsOf(person, groups), [guid(7), guid(17), guid(27), guid(37)]);
    const sizes = server.calls
      .map((call) => objectIn(call.body)?.["groupIds"])
      .map((ids) => Array.isArray(ids) && ids.length);
    assert.deepEqual(sizes.toSorted(), [20, 20, 5]);
    assert.equal(server.calls[0]?.path, `/v1.0/users/${person}/checkMemberGroups`);
  });

  it("keeps a yes and a no for five minutes", async (t) => {
    const { server, state, directory } = await scripted(t);
    for (const group of [guid(7), guid(8)]) await directory.groupsOf(person, [group]);
    state.time += 5 * 60_000 - 1;
    assert.deepEqual(await directory.groupsOf(person, [guid(7)]), [guid(7)]);
    assert.deepEqual(await directory.groupsOf(person.toUpperCase(), [guid(8)]), []);
    assert.equal(server.calls.length, 2);
    state.time += 1;
    await directory.groupsOf(person, [guid(7)]);
    assert.equal(server.calls.length, 3);
  });

  it("keeps answers by person and by groups", async (t) => {
    const { server, directory } = await scripted(t);
    await directory.groupsOf(person, [guid(7)]);
    await directory.groupsOf(guid(1), [guid(7)]);
    await directory.groupsOf(person, [guid(7), guid(8)]);
    await directory.groupsOf(person, [guid(8), guid(7)]);
    assert.equal(server.calls.length, 3);
  });

  it("keeps no more than a thousand answers", async (t) => {
    const { server, directory } = await scripted(t);
    for (let n = 0; n <= 1000; n += 1) await directory.groupsOf(guid(n), [guid(7)]);
    await directory.groupsOf(guid(1000), [guid(7)]);
    assert.equal(server.calls.length, 1001);
    await directory.groupsOf(guid(0), [guid(7)]);
    assert.equal(server.calls.length, 1002);
  });

  for (const objectId of ["../admin", "megan@contoso.example", "", `${person}/memberOf`]) {
    it(`asks nothing about a person called "${objectId}"`, async (t) => {
      const { server, directory } = await scripted(t);
      await assert.rejects(directory.groupsOf(objectId, [guid(7)]), throwsPlgateError(false, /not a GUID/));
      await assert.rejects(directory.personOf(objectId), throwsPlgateError(false, /not a GUID/));
      assert.deepEqual(server.calls, []);
    });
  }

  it("asks nothing about groups that cannot be", async (t) => {
    const { server, directory } = await scripted(t);
    assert.deepEqual(await directory.groupsOf(person, ["everybody"]), []);
    assert.deepEqual(server.calls, []);
  });

  it("asks for three properties of a person, and keeps the answer for five minutes", async (t) => {
    const answer = { id: person, userPrincipalName: "megan@contoso.example", userType: "Member" };
    const server = await scriptedServer(t, json(200, answer));
    const state = { time: 0 };
    const now = () => state.time;
    const directory = graphDirectory({ credential: anyCredential, graph: server.url, scope, now });
    for (const time of [0, 5 * 60_000 - 1, 5 * 60_000]) {
      state.time = time;
      assert.deepEqual(await directory.personOf(person), { guest: false });
    }
    assert.deepEqual(
      server.calls.map(({ method, path }) => [method, path]),
      Array(2).fill(["GET", `/v1.0/users/${person}`]),
    );
  });

  it("asks once for what many want to know at the same time, and again after a failure", async (t) => {
    const answer = { id: person, userPrincipalName: "megan@contoso.example" };
    const server = await scriptedServer(t, json(503, {}), json(200, answer));
    const directory = graphDirectory({ credential: anyCredential, graph: server.url, scope });
    const failed = await Promise.allSettled([1, 2, 3].map(() => directory.personOf(person)));
    assert.ok(failed.every(({ status }) => status === "rejected"));
    await Promise.all([1, 2, 3].map(() => directory.personOf(person)));
    assert.equal(server.calls.length, 2);
  });

  const people = {
    "a guest by their type": [{ userPrincipalName: "x@contoso.example", userType: "Guest" }, { guest: true }],
    "a type that nobody knows": [{ userPrincipalName: "x@contoso.example", userType: "Visitor" }, { guest: true }],
    "a guest by their name": [{ userPrincipalName: "x_fabrikam.example#ext#@contoso.example" }, { guest: true }],
    "a member from outside, whom the tenant made a member": [
      { userPrincipalName: "x_fabrikam.example#EXT#@contoso.example", userType: "Member" },
      { guest: false },
    ],
    "a member without a type": [{ userPrincipalName: "x@contoso.example", userType: null }, { guest: false }],
  } as const;
  for (const [name, [answer, expected]] of Object.entries(people)) {
    it(`knows ${name}`, async (t) => {
      const server = await scriptedServer(t, json(200, { id: person.toUpperCase(), ...answer }));
      const directory = graphDirectory({ credential: anyCredential, graph: server.url, scope });
      assert.deepEqual(await directory.personOf(person), expected);
    });
  }

  const oddPeople = {
    "an answer about somebody else": [{ id: guid(1), userPrincipalName: "x@contoso.example" }, /somebody else/],
    "an answer about nobody": [{}, /somebody else/],
    "an answer that says nothing of them": [{ id: person }, /does not say whether they are a guest/],
  } as const;
  for (const [name, [answer, text]] of Object.entries(oddPeople)) {
    it(`lets nobody through after ${name}`, async (t) => {
      const server = await scriptedServer(t, json(200, answer));
      const directory = graphDirectory({ credential: anyCredential, graph: server.url, scope });
      await assert.rejects(directory.personOf(person), text);
    });
  }

  it("ignores groups that nobody asked for", async (t) => {
    const server = await scriptedServer(t, json(200, { value: [guid(7), guid(9)] }));
    const directory = graphDirectory({ credential: anyCredential, graph: server.url, scope });
    assert.deepEqual(await directory.groupsOf(person, [guid(9)]), [guid(9)]);
  });

  const faults = {
    "an answer that is not JSON": [{ status: 200, body: "<html>" }, true, /no list of groups/],
    "an answer without a list": [json(200, {}), true, /no list of groups/],
    "a list of something else": [json(200, { value: [1] }), true, /no list of groups/],
    "a bad request": [json(400, {}), false, /400/],
    "a redirect": [{ status: 302, headers: { location: "http://127.0.0.1:1/" } }, false, /302/],
    "an expired token": [json(401, {}), true, /401/],
  } as const;
  for (const [name, [answer, retryable, text]] of Object.entries(faults)) {
    it(`lets nobody through after ${name}`, async (t) => {
      const server = await scriptedServer(t, answer);
      const directory = graphDirectory({ credential: anyCredential, graph: server.url, scope });
      await assert.rejects(directory.groupsOf(person, [guid(7)]), throwsPlgateError(retryable, text));
    });
  }

  it("does not wait for ever", async (t) => {
    const server = await scriptedServer(t, silence);
    const directory = graphDirectory({ credential: anyCredential, graph: server.url, scope, timeoutMs: 50 });
    await assert.rejects(directory.groupsOf(person, [guid(7)]), throwsPlgateError(true, /cannot be reached/));
  });

  const credentials = {
    "a credential that fails": async () => {
      throw new Error("no identity");
    },
    "a credential that gives nothing": async () => null,
  } as const;
  for (const [name, getToken] of Object.entries(credentials)) {
    it(`lets nobody through with ${name}`, async (t) => {
      const server = await scriptedServer(t, json(200, { value: [] }));
      const directory = graphDirectory({ credential: { getToken }, graph: server.url, scope });
      await assert.rejects(directory.groupsOf(person, [guid(7)]), throwsPlgateError(true, /no token/));
      assert.deepEqual(server.calls, []);
    });
  }
});

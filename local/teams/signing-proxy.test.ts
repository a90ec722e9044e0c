import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, beforeEach, describe, it } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { botAppId, type IssuerFixture, startTestIssuer } from "../issuer/issuer-fixture.ts";
import { cardClicked } from "./activities.ts";
import { type SigningProxy, startSigningProxy } from "./signing-proxy.ts";

const megan = { id: "29:megan", name: "Megan Test", aadObjectId: "aaaaaaaa-0000-4000-8000-000000000001" } as const;
const bob = { id: "29:bob", name: "Bob Test", aadObjectId: "aaaaaaaa-0000-4000-8000-000000000002" } as const;
const serviceUrl = "http://127.0.0.1:56150/_connector";
const scene = {
  botAppId,
  botName: "plgate",
  tenantId: "22222222-2222-4222-8222-222222222222",
  serviceUrl,
  team: { id: "19:general@thread.tacv2", name: "Platform", aadGroupId: "00000000-0000-4000-8000-000000000031" },
  channel: { id: "19:approvals@thread.tacv2", name: "privatelink-approvals" },
};
const click = cardClicked(scene, {
  by: megan,
  conversationId: "19:approvals@thread.tacv2;messageid=1",
  activityId: "1",
  verb: "approve",
  data: { requestId: "r1", justification: "Known partner" },
});
const asPlayground = { "content-type": "application/json", "x-ms-agents-playground": "true" };

describe("the signing proxy", () => {
  let fixture: IssuerFixture;
  let app: Server;
  let target: string;
  let proxy: SigningProxy;
  let arrived: { readonly authorization: string; readonly activity: typeof click }[] = [];

  before(async () => {
    fixture = await startTestIssuer();
    app = createServer(async (request, response) => {
      const activity = JSON.parse(await text(request));
      arrived.push({ authorization: request.headers.authorization ?? "", activity });
      response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end('{"statusCode":200}');
    });
    await new Promise<void>((done) => app.listen(0, "127.0.0.1", done));
    target = `http://127.0.0.1:${(app.address() as AddressInfo).port}/api/messages`;
    proxy = await startSigningProxy({ target, issuer: fixture.issuer, appId: botAppId });
  });
  after(async () => {
    await proxy.stop();
    app.close();
    app.closeAllConnections();
    await fixture.stop();
  });
  beforeEach(() => {
    arrived = [];
    proxy.actAs(undefined);
  });

  function send(body: unknown, headers: Record<string, string> = asPlayground): Promise<Response> {
    return fetch(proxy.messagesUrl, { method: "POST", headers, body: JSON.stringify(body) });
  }

  it("forwards an activity with the token that the Bot Connector would send", async () => {
    const answer = await send(click);
    assert.deepEqual([answer.status, await answer.json()], [200, { statusCode: 200 }]);
    assert.deepEqual(arrived[0]?.activity, click);
    const token = arrived[0]?.authorization.replace("Bearer ", "") ?? "";
    const keys = createRemoteJWKSet(new URL(fixture.issuer.botChannelKeysUrl));
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["RS256"],
      issuer: "https://api.botframework.com",
      audience: botAppId,
    });
    assert.equal(payload["serviceurl"], serviceUrl);
  });

  it("lets another person act, until told otherwise", async () => {
    proxy.actAs(bob);
    await send(click);
    proxy.actAs(undefined);
    await send(click);
    assert.deepEqual(
      arrived.map(({ activity }) => activity.from),
      [bob, megan],
    );
  });

  async function putActor(body: string, secret = proxy.control.secret): Promise<number> {
    const headers = { authorization: `Bearer ${secret}` };
    return (await fetch(`${proxy.control.url}/actor`, { method: "PUT", headers, body })).status;
  }

  it("takes the acting person from another process that has the secret", async () => {
    assert.equal(await putActor(JSON.stringify(bob)), 200);
    await send(click);
    assert.equal(await putActor("null"), 200);
    await send(click);
    assert.deepEqual(
      arrived.map(({ activity }) => activity.from.name),
      ["Bob Test", "Megan Test"],
    );
  });

  it("takes no acting person without the secret, and no half a person", async () => {
    assert.equal(await putActor(JSON.stringify(bob), "guess"), 401);
    assert.equal(await putActor(JSON.stringify({ ...bob, id: "bob" })), 400);
    assert.equal(await putActor(JSON.stringify({ id: bob.id, name: bob.name })), 400);
    await send(click);
    assert.equal(arrived[0]?.activity.from.name, "Megan Test");
  });

  it("answers the probe without asking the app", async () => {
    for (const method of ["GET", "HEAD"]) assert.equal((await fetch(proxy.messagesUrl, { method })).status, 200);
    assert.deepEqual(arrived, []);
  });

  const unsigned = {
    "does not come from the Playground": [click, { "content-type": "application/json" }],
    "a web page could send unasked": [click, { ...asPlayground, "content-type": "text/plain" }],
    "has no serviceUrl": [{ ...click, serviceUrl: undefined }, asPlayground],
    "names a serviceUrl that is not on loopback": [
      { ...click, serviceUrl: "https://smba.trafficmanager.net/emea/" },
      asPlayground,
    ],
    "names a serviceUrl that only looks like loopback": [
      { ...click, serviceUrl: "http://127.0.0.1@attacker.example/" },
      asPlayground,
    ],
    "is no object": [[click], asPlayground],
  } as const;
  for (const [name, [body, headers]] of Object.entries(unsigned)) {
    it(`signs nothing that ${name}`, async () => {
      assert.equal((await send(body, headers)).status, 400);
      assert.deepEqual(arrived, []);
    });
  }

  it("says so when the app does not answer", async () => {
    const nowhere = await startSigningProxy({ target: "http://127.0.0.1:9/", issuer: fixture.issuer, appId: botAppId });
    const answer = await fetch(nowhere.messagesUrl, {
      method: "POST",
      headers: asPlayground,
      body: JSON.stringify(click),
    });
    assert.equal(answer.status, 502);
    assert.match(await answer.text(), /the app at http:\/\/127\.0\.0\.1:9\/ does not answer/);
    await nowhere.stop();
  });
});

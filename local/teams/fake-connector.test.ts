import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { activityNotFound, badGateway, preconditionFailed, throttled } from "./connector-answers.ts";
import { documentedLimits } from "./connector-limits.ts";
import { type FakeConnector, type FakeConnectorOptions, startFakeConnector } from "./fake-connector.ts";
import type { Closed } from "./team-channels.ts";

const channelId = "19:approvals@thread.tacv2";
const megan = {
  id: "29:megan",
  name: "Megan Test",
  aadObjectId: "aaaaaaaa-0000-4000-8000-000000000001",
  userPrincipalName: "megan@contoso.example",
} as const;

function card(text: string) {
  return {
    type: "message",
    attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content: { text } }],
  };
}

function postInChannel(changes: object = {}) {
  return {
    isGroup: true,
    bot: { id: "28:bot" },
    tenantId: "tenant",
    channelData: { channel: { id: channelId }, tenant: { id: "tenant" } },
    activity: card("first"),
    ...changes,
  };
}

describe("the fake connector", () => {
  let connector: FakeConnector;
  before(async () => {
    connector = await startFakeConnector({ people: [megan], tenantId: "tenant" });
  });
  after(() => connector.stop());

  async function call(method: string, path: string, body?: object, signal?: AbortSignal) {
    const answer = await fetch(new URL(`v3/conversations${path}`, connector.serviceUrl), {
      method,
      headers: { "content-type": "application/json", authorization: "Bearer the-token" },
      ...(body ? { body: JSON.stringify(body) } : {}),
      ...(signal ? { signal } : {}),
    });
    const text = await answer.text();
    const json = answer.headers.get("content-type")?.startsWith("application/json");
    return {
      status: answer.status,
      body: json ? JSON.parse(text) : text,
      retryAfter: answer.headers.get("retry-after"),
    };
  }

  async function posted(): Promise<{
    readonly path: string;
    readonly conversationId: string;
    readonly activityId: string;
  }> {
    const { body } = await call("POST", "", postInChannel());
    return { path: `/${encodeURIComponent(body.id)}/activities`, conversationId: body.id, activityId: body.activityId };
  }

  it("opens a conversation for a post in a channel", async () => {
    const { status, body } = await call("POST", "", postInChannel());
    assert.equal(status, 201);
    assert.match(body.activityId, /^\d{13}$/);
    assert.equal(body.id, `${channelId};messageid=${body.activityId}`);
  });

  it("takes the bare activity to the channel as the same thing", async () => {
    const { status, body } = await call("POST", `/${encodeURIComponent(channelId)}/activities`, card("bare"));
    assert.equal(status, 201);
    assert.deepEqual(connector.threads().at(-1), {
      conversationId: `${channelId};messageid=${body.id}`,
      channelId,
      activityId: body.id,
      shows: "card",
      activity: card("bare"),
      versions: [card("bare")],
      replies: [],
    });
  });

  it("remembers updates and replies", async () => {
    const { path, activityId, conversationId } = await posted();
    const updated = await call("PUT", `${path}/${activityId}`, card("second"));
    const replied = await call("POST", path, { type: "message", text: "reminder" });
    assert.deepEqual([updated.status, updated.body, replied.status], [200, { id: activityId }, 201]);
    assert.deepEqual(connector.threads().at(-1), {
      conversationId,
      channelId,
      activityId,
      shows: "card",
      activity: card("second"),
      versions: [card("first"), card("second")],
      replies: [{ type: "message", text: "reminder" }],
    });
  });

  it("records who called what with which token", async () => {
    const { path, conversationId, activityId } = await posted();
    await call("PUT", `${path}/${activityId}`, card("second"));
    const { at, ...request } = connector.requests.at(-1) ?? {};
    assert.ok(at instanceof Date);
    assert.deepEqual(request, {
      operation: "update",
      conversationId,
      itemId: activityId,
      bearer: "the-token",
      body: card("second"),
      status: 200,
    });
  });

  it("knows the members", async () => {
    const one = await call("GET", `/${encodeURIComponent(channelId)}/members/29:megan`);
    const all = await call("GET", `/${encodeURIComponent(channelId)}/members`);
    assert.equal(one.body.aadObjectId, megan.aadObjectId);
    assert.deepEqual(all.body, [one.body]);
    assert.equal((await call("GET", `/${encodeURIComponent(channelId)}/members/29:nobody`)).status, 404);
  });

  const unknown = `/${encodeURIComponent(`${channelId};messageid=1`)}/activities`;
  const refusals = {
    "an update in an unknown conversation": ["PUT", `${unknown}/1`, card("x"), 404, "ConversationNotFound"],
    "a reply in an unknown conversation": ["POST", unknown, card("x"), 404, "ConversationNotFound"],
    "a post without a channel": ["POST", "", postInChannel({ channelData: {} }), 400, "BadSyntax"],
    "a post without a tenant": ["POST", "", postInChannel({ tenantId: undefined }), 400, "BadSyntax"],
    "a post without content": ["POST", "", postInChannel({ activity: { type: "message" } }), 400, "BadSyntax"],
    "a reply that is no message": ["POST", unknown, { type: "typing" }, 400, "BadSyntax"],
  } as const;
  for (const [name, [method, path, body, status, code]] of Object.entries(refusals)) {
    it(`refuses ${name}`, async () => {
      const answer = await call(method, path, body);
      assert.deepEqual([answer.status, answer.body.error.code], [status, code]);
    });
  }

  it("refuses an update of an unknown activity in a conversation that is there", async () => {
    const answer = await call("PUT", `${(await posted()).path}/1`, card("x"));
    assert.deepEqual([answer.status, answer.body.error.code], [404, "ActivityNotFoundInConversation"]);
  });

  it("names a path that it does not serve", async () => {
    const answer = await call("DELETE", "/1/activities/2");
    assert.equal(answer.status, 404);
    assert.match(answer.body.error, /DELETE \/emea\/v3\/conversations\/1\/activities\/2/);
  });

  it("throttles as often as told, then does its work", async () => {
    connector.interfere({ on: "create", times: 2, answer: throttled(3) });
    const seen = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { status, retryAfter } = await call("POST", "", postInChannel());
      seen.push([status, retryAfter]);
    }
    assert.deepEqual(seen, [
      [429, "3"],
      [429, "3"],
      [201, null],
    ]);
  });

  it("fails only where it was told to", async () => {
    connector.interfere({ on: "update", answer: activityNotFound() });
    const { path, activityId } = await posted();
    assert.equal((await call("PUT", `${path}/${activityId}`, card("x"))).status, 404);
    assert.equal((await call("PUT", `${path}/${activityId}`, card("x"))).status, 200);
  });

  it("answers failures in the order in which they were asked for", async () => {
    connector.interfere({ answer: preconditionFailed() });
    connector.interfere({ answer: badGateway() });
    const first = await call("POST", "", postInChannel());
    const second = await call("POST", "", postInChannel());
    assert.deepEqual([first.status, second.status], [412, 502]);
    assert.match(second.body, /^<html>/);
  });

  it("can do it and then say that it failed", async () => {
    const earlier = connector.threads().length;
    connector.interfere({ answer: badGateway(), afterEffect: true });
    assert.equal((await call("POST", "", postInChannel())).status, 502);
    assert.equal(connector.threads().length, earlier + 1);
  });

  it("can be slower than its caller has patience", async () => {
    connector.interfere({ delayMs: 60_000 });
    await assert.rejects(call("POST", "", postInChannel(), AbortSignal.timeout(50)), { name: "TimeoutError" });
    assert.equal((await call("POST", "", postInChannel())).status, 201);
  });
});

describe("the fake connector's teams and limits", () => {
  const teamId = "19:general@thread.tacv2";

  async function start(t: TestContext, options: FakeConnectorOptions = {}) {
    const connector = await startFakeConnector(options);
    t.after(() => connector.stop());
    const call = async (method: string, path: string, body?: object) => {
      const answer = await fetch(new URL(`v3/${path}`, connector.serviceUrl), {
        method,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const { error, ...rest } = (await answer.json()) as Record<string, unknown> & { error?: { code: string } };
      return { status: answer.status, code: error?.code, retryAfter: answer.headers.get("retry-after"), body: rest };
    };
    const thread = async () => {
      const { body } = await call("POST", "conversations", postInChannel());
      return `conversations/${encodeURIComponent(String(body["id"]))}/activities`;
    };
    return { connector, call, thread };
  }

  it("lists a team's channels, the first one without a name, and no team that it does not know", async (t) => {
    const teams = [{ id: teamId, channels: [{ id: channelId, name: "approvals" }] }];
    const { call, connector } = await start(t, { teams });
    const path = `teams/${encodeURIComponent(teamId)}/conversations`;
    const conversations = [{ id: teamId }, { id: channelId, name: "approvals" }];
    assert.deepEqual((await call("GET", path)).body, { conversations });
    connector.close(channelId, "deleted");
    assert.deepEqual((await call("GET", path)).body, { conversations: [{ id: teamId }] });
    assert.equal((await call("GET", "teams/other/conversations")).status, 403);
  });

  const closed = {
    archived: [403, "NotEnoughPermissions"],
    deleted: [404, "ConversationNotFound"],
    "bot-removed": [403, "BotNotInConversationRoster"],
  } as const;
  for (const [how, [status, code]] of Object.entries(closed)) {
    it(`answers ${status} for a channel that is closed (${how}), and posts again when it is open`, async (t) => {
      const { call, connector, thread } = await start(t);
      const path = await thread();
      connector.close(channelId, how as Closed);
      for (const answer of [
        await call("POST", "conversations", postInChannel()),
        await call("POST", path, { type: "message", text: "reply" }),
      ]) {
        assert.deepEqual([answer.status, answer.code], [status, code]);
      }
      assert.equal(connector.threads().length, 1);
      connector.open(channelId);
      assert.equal((await call("POST", path, { type: "message", text: "reply" })).status, 201);
    });
  }

  it("answers 429 beyond its limits, per channel and whoever calls, and says for how long", async (t) => {
    let time = 1_000_000;
    const { call, connector, thread } = await start(t, { now: () => new Date(time), limits: documentedLimits });
    const path = await thread();
    for (let sent = 0; sent < 6; sent += 1) await call("POST", path, { type: "message", text: "reply" });
    const refused = await call("POST", path, { type: "message", text: "reply" });
    assert.deepEqual([refused.status, refused.code, refused.retryAfter], [429, "Throttled", "1"]);
    const elsewhere = postInChannel({ channelData: { channel: { id: "19:other@thread.tacv2" } } });
    assert.equal((await call("POST", "conversations", elsewhere)).status, 201);
    time += 1_000;
    assert.equal((await call("POST", path, { type: "message", text: "reply" })).status, 201);
    assert.equal(connector.requests.filter(({ status }) => status === 429).length, 1);
  });

  it("tells a card from a line of text", async (t) => {
    const { call, connector } = await start(t);
    const { body } = await call(
      "POST",
      "conversations",
      postInChannel({ activity: { type: "message", text: "soon" } }),
    );
    assert.equal(connector.threads()[0]?.shows, "text");
    const path = `conversations/${encodeURIComponent(String(body["id"]))}/activities/${body["activityId"]}`;
    await call("PUT", path, card("the card"));
    assert.equal(connector.threads()[0]?.shows, "card");
  });
});

import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { type Answer, json } from "../../local/exchange.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import type { Ending } from "../../src/teams/allowance.ts";
import { approvalCard, cardSummary } from "../../src/teams/approval-card.ts";
import { connector } from "../../src/teams/connector.ts";
import type { CallMeans } from "../../src/teams/connector-call.ts";
import { connectorHosts } from "../../src/teams/connector-hosts.ts";
import type { Pacer } from "../../src/teams/pace.ts";
import { aView, tenant } from "./a-view.ts";
import { botId, channel, messageId } from "./an-activity.ts";
import { scriptedServer, silence } from "./scripted-server.ts";

const view = aView();
const message = { summary: cardSummary(view), card: approvalCard(view) };
const conversationId = `${channel};messageid=${messageId}`;
const done = json(200, { id: messageId });

function channelAt(serviceUrl: string) {
  const team = { teamId: "19:general@thread.tacv2", teamName: "Platform", aadGroupId: null, usable: true };
  return { serviceUrl, tenantId: tenant, ...team, channelId: channel, channelName: null, botId };
}

function cardAt(serviceUrl: string) {
  return { serviceUrl, tenantId: tenant, channelId: channel, conversationId, activityId: messageId };
}

function refusal(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return json(status, { error: { code, message: "No." } }, headers);
}

/** A connector whose waits are recorded and take no time but the clock's. */
async function connected(
  t: TestContext,
  answers: Parameters<typeof scriptedServer>[1][],
  change: Partial<CallMeans> = {},
) {
  const server = await scriptedServer(t, ...answers);
  const state = { time: 0, waits: [] as number[], tokens: 0, dropped: 0 };
  const means: CallMeans = {
    tokens: {
      token: async () => `token-${++state.tokens}`,
      drop: () => {
        state.dropped += 1;
      },
    },
    mayTalkTo: connectorHosts(server.url),
    sleep: async (ms) => {
      state.waits.push(ms);
      state.time += ms;
    },
    random: () => 0.5,
    now: () => state.time,
    ...change,
  };
  return { server, state, connector: connector(means) };
}

function throwsRetryable(retryable: boolean, text: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof PlgateError);
    assert.equal(error.retryable, retryable);
    assert.match(error.message, text);
    assert.doesNotMatch(error.message, /token-\d/);
    return true;
  };
}

describe("connector", () => {
  it("finds the message in the conversation when the answer does not name it", async (t) => {
    const { server, connector } = await connected(t, [json(201, { id: conversationId })]);
    const posted = await connector.announce(channelAt(server.url), "A request waits");
    assert.deepEqual(posted, { kind: "posted", conversationId, activityId: messageId });
  });

  it("does not try again when a card was taken and nobody says where it is", async (t) => {
    const { server, connector } = await connected(t, [json(201, {})]);
    const post = connector.announce(channelAt(server.url), "A request waits");
    await assert.rejects(post, throwsRetryable(false, /did not say where/));
    assert.equal(server.calls.length, 1);
  });

  it("replaces a card", async (t) => {
    const { server, connector } = await connected(t, [done]);
    assert.deepEqual(await connector.updateActivity(cardAt(server.url), message), { kind: "done" });
    const [call] = server.calls;
    const thread = "19%3Aapprovals%40thread.tacv2%3Bmessageid%3D1795393603904";
    assert.equal(`${call?.method} ${call?.path}`, `PUT /v3/conversations/${thread}/activities/${messageId}`);
    assert.equal(JSON.parse(call?.body ?? "").id, messageId);
  });

  it("announces with a line of plain text, which an update turns into a card", async (t) => {
    const answer = json(201, { id: conversationId, activityId: messageId });
    const { server, connector } = await connected(t, [answer, done]);
    const posted = await connector.announce(channelAt(server.url), "A request *waits*");
    assert.deepEqual(posted, { kind: "posted", conversationId, activityId: messageId });
    const [call] = server.calls;
    assert.equal(`${call?.method} ${call?.path}`, "POST /v3/conversations");
    const text = { type: "message", textFormat: "plain", text: "A request *waits*" };
    assert.deepEqual(JSON.parse(call?.body ?? "").activity, text);
    await connector.updateActivity(cardAt(server.url), message);
    assert.equal(JSON.parse(server.calls[1]?.body ?? "").text, undefined);
  });

  it("lists the channels of a team", async (t) => {
    const conversations = [{ id: "19:general@thread.tacv2" }, { id: channel, name: "approvals", type: "standard" }];
    const { server, connector } = await connected(t, [json(200, { conversations })]);
    assert.deepEqual(await connector.channelsOf(channelAt(`${server.url}/emea/`)), {
      kind: "listed",
      channels: [
        { id: "19:general@thread.tacv2", name: null },
        { id: channel, name: "approvals" },
      ],
    });
    const [call] = server.calls;
    assert.equal(`${call?.method} ${call?.path}`, "GET /emea/v3/teams/19%3Ageneral%40thread.tacv2/conversations");
    assert.equal(call?.headers.authorization, "Bearer token-1");
    assert.equal(call?.body, "");
  });

  it("reads the list of a team with a thousand channels", async (t) => {
    const conversations = Array.from({ length: 1000 }, (_, at) => ({
      id: `19:${at}@thread.tacv2`,
      name: "n".repeat(50),
    }));
    const { server, connector } = await connected(t, [json(200, { conversations })]);
    const listed = await connector.channelsOf(channelAt(server.url));
    assert.equal(listed.kind === "listed" && listed.channels.length, 1000);
  });

  const lists = {
    "no list": {},
    "a channel without id": { conversations: [{ name: "x" }] },
    "an id that is no text": { conversations: [{ id: { toString: 1 } }] },
    "a huge id": { conversations: [{ id: "x".repeat(301) }] },
    "more channels than a team can have": { conversations: Array.from({ length: 2001 }, () => ({ id: "19:x" })) },
  };
  for (const [name, body] of Object.entries(lists)) {
    it(`does not believe ${name} for a list of channels`, async (t) => {
      const { server, connector } = await connected(t, [json(200, body)]);
      await assert.rejects(connector.channelsOf(channelAt(server.url)), throwsRetryable(false, /cannot be read/));
    });
  }

  it("replies below a card", async (t) => {
    const { server, connector } = await connected(t, [json(201, { id: "1" })]);
    assert.deepEqual(await connector.reply(cardAt(server.url), "Approved"), { kind: "done" });
    assert.match(server.calls[0]?.path ?? "", /^\/v3\/conversations\/19%3A.*\/activities$/);
    assert.deepEqual(JSON.parse(server.calls[0]?.body ?? ""), { type: "message", text: "Approved" });
  });

  const answers = {
    "an unknown conversation": [refusal(404, "ConversationNotFound"), { kind: "not-found", what: "conversation" }],
    "an unknown message": [refusal(404, "ActivityNotFoundInConversation"), { kind: "not-found", what: "activity" }],
    "a bot that was removed": [refusal(403, "BotNotInRoster"), { kind: "forbidden", why: "403 BotNotInRoster" }],
    "a refusal without words": [
      { status: 403, body: "" },
      { kind: "forbidden", why: "403" },
    ],
  } as const;
  for (const [name, [answer, expected]] of Object.entries(answers)) {
    it(`tells ${name} as a value`, async (t) => {
      const { server, connector } = await connected(t, [answer]);
      assert.deepEqual(await connector.updateActivity(cardAt(server.url), message), expected);
      assert.equal(server.calls.length, 1);
    });
  }

  const faults = {
    "a bad request": [refusal(400, "BadSyntax"), false, /400 BadSyntax/],
    "a code that every object has": [refusal(404, "constructor"), false, /404/],
    "an address that is not the connector's": [{ status: 404, body: "<html>" }, false, /404/],
    "an error of its own": [{ status: 500, body: "" }, true, /500/],
    "a time-out of its own": [{ status: 408, body: "" }, true, /408/],
    "an answer without end": [{ status: 500, body: "x".repeat(100_000) }, true, /500/],
  } as const;
  for (const [name, [answer, retryable, text]] of Object.entries(faults)) {
    it(`throws for ${name}`, async (t) => {
      const { server, connector } = await connected(t, [answer]);
      await assert.rejects(connector.updateActivity(cardAt(server.url), message), throwsRetryable(retryable, text));
      assert.equal(server.calls.length, 1);
    });
  }
});

describe("connector under throttling and trouble", () => {
  it("waits as long as 429 with Retry-After asks, and not less", async (t) => {
    const busy = refusal(429, "TooManyRequests", { "retry-after": "2" });
    const { server, state, connector } = await connected(t, [busy, done]);
    assert.deepEqual(await connector.updateActivity(cardAt(server.url), message), { kind: "done" });
    assert.deepEqual(state.waits, [2200]);
    assert.equal(server.calls.length, 2);
  });

  it("understands Retry-After as a date", async (t) => {
    const now = Date.UTC(2026, 10, 23, 1, 0, 0);
    const busy = refusal(429, "TooManyRequests", { "retry-after": "Mon, 23 Nov 2026 01:00:03 GMT" });
    const { server, state, connector } = await connected(t, [busy, done], { now: () => now });
    await connector.updateActivity(cardAt(server.url), message);
    assert.deepEqual(state.waits, [3200]);
  });

  it("takes a Retry-After of the past or of nonsense as none of its business", async (t) => {
    const past = refusal(429, "TooManyRequests", { "retry-after": "Mon, 23 Nov 2020 01:00:03 GMT" });
    const nonsense = refusal(429, "TooManyRequests", { "retry-after": "soon" });
    const now = Date.UTC(2026, 10, 23);
    const { server, state, connector } = await connected(t, [past, nonsense, done], { now: () => now });
    await connector.updateActivity(cardAt(server.url), message);
    assert.deepEqual(state.waits, [200, 600]);
  });

  it("leaves it to the outbox when Retry-After is longer than the budget", async (t) => {
    const busy = refusal(429, "TooManyRequests", { "retry-after": "3600" });
    const { server, state, connector } = await connected(t, [busy]);
    const update = connector.updateActivity(cardAt(server.url), message);
    await assert.rejects(update, throwsRetryable(true, /busy: 429 TooManyRequests/));
    assert.deepEqual(state.waits, []);
    assert.equal(server.calls.length, 1);
  });

  for (const status of [412, 429, 502, 503, 504]) {
    it(`tries again after ${status}`, async (t) => {
      const { server, connector } = await connected(t, [{ status, body: "" }, { status, body: "" }, done]);
      assert.deepEqual(await connector.updateActivity(cardAt(server.url), message), { kind: "done" });
      assert.equal(server.calls.length, 3);
    });
  }

  for (const status of [502, 504]) {
    it(`does not post again after ${status}, when nobody knows whether it stands there`, async (t) => {
      const { server, connector } = await connected(t, [{ status, body: "" }, done]);
      const post = connector.announce(channelAt(server.url), "A request waits");
      await assert.rejects(post, throwsRetryable(true, new RegExp(`refused POST: ${status}`)));
      assert.equal(server.calls.filter(({ path }) => path === "/v3/conversations").length, 1);
    });
  }

  it("waits longer each time, with jitter, and gives up after five attempts", async (t) => {
    let turn = 0;
    const random = () => [0, 1, 0, 1][turn++] ?? 0;
    const { server, state, connector } = await connected(t, [{ status: 502, body: "" }], { random });
    const update = connector.updateActivity(cardAt(server.url), message);
    await assert.rejects(update, throwsRetryable(true, /busy: 502/));
    assert.deepEqual(state.waits, [200, 800, 800, 3200]);
    assert.equal(server.calls.length, 5);
  });

  it("stays within its budget of time", async (t) => {
    const patience = { budgetMs: 1000 };
    const { server, state, connector } = await connected(t, [{ status: 502, body: "" }], { patience });
    await assert.rejects(connector.updateActivity(cardAt(server.url), message), throwsRetryable(true, /busy/));
    assert.ok(state.time < 1000);
    assert.equal(server.calls.length, 3);
  });

  it("waits by the real clock when it is not given another", async (t) => {
    const server = await scriptedServer(t, refusal(429, "TooManyRequests", { "retry-after": "0" }), done);
    const tokens = { token: async () => "token", drop: () => {} };
    const real = connector({ tokens, mayTalkTo: connectorHosts(server.url) });
    assert.deepEqual(await real.updateActivity(cardAt(server.url), message), { kind: "done" });
  });

  it("gives up on a connector that does not answer", async (t) => {
    const { server, connector } = await connected(t, [silence], { patience: { timeoutMs: 50 } });
    await assert.rejects(
      connector.updateActivity(cardAt(server.url), message),
      throwsRetryable(true, /cannot be reached/),
    );
  });

  it("posts once when it does not know whether a post happened", async (t) => {
    const { server, connector } = await connected(t, [silence], { patience: { timeoutMs: 50 } });
    const post = connector.announce(channelAt(server.url), "A request waits");
    await assert.rejects(post, throwsRetryable(true, /cannot be reached/));
    assert.equal(server.calls.length, 1);
  });

  it("takes a new token once when the one at hand is refused", async (t) => {
    const { server, state, connector } = await connected(t, [{ status: 401, body: "" }, done]);
    assert.deepEqual(await connector.updateActivity(cardAt(server.url), message), { kind: "done" });
    assert.equal(state.dropped, 1);
    assert.deepEqual(
      server.calls.map((call) => call.headers.authorization),
      ["Bearer token-1", "Bearer token-2"],
    );
  });

  it("does not ask for tokens without end", async (t) => {
    const { server, connector } = await connected(t, [{ status: 401, body: "" }]);
    await assert.rejects(connector.updateActivity(cardAt(server.url), message), throwsRetryable(true, /401/));
    assert.equal(server.calls.length, 2);
  });
});

describe("connector with a pacer", () => {
  const busy = refusal(429, "Throttled", { "retry-after": "3" });

  /** The clock of both goes on by what the pacer makes callers wait. */
  async function paced(t: TestContext, answers: Parameters<typeof scriptedServer>[1][], waitsMs: readonly number[]) {
    const turns: { readonly place: string; readonly waitMs: number; ending?: Ending }[] = [];
    const state = { time: 0 };
    const pace: Pacer = {
      turn: async (place, waitMs) => {
        const turn: (typeof turns)[number] = { place, waitMs };
        const needed = waitsMs[turns.push(turn) - 1] ?? 0;
        state.time += needed;
        if (needed > waitMs) throw new PlgateError("no turn", { retryable: true });
        return (ending) => {
          turn.ending = ending;
        };
      },
    };
    return { ...(await connected(t, answers, { pacer: pace, now: () => state.time })), turns };
  }

  it("waits for the channel's turn, which a thread belongs to", async (t) => {
    const { server, connector, turns } = await paced(t, [done], []);
    await connector.announce(channelAt(server.url), "text").catch(() => undefined);
    await connector.updateActivity(cardAt(server.url), message, 2_000);
    await connector.reply(cardAt(server.url), "text");
    const answered = { kind: "answered" };
    assert.deepEqual(turns, [
      { place: channel, waitMs: 45_000, ending: answered },
      { place: channel, waitMs: 2_000, ending: answered },
      { place: channel, waitMs: 45_000, ending: answered },
    ]);
  });

  it("does not spend the time of the call itself on waiting", async (t) => {
    const { server, connector } = await paced(t, [{ status: 502, body: "" }, done], [30_000, 14_000]);
    assert.deepEqual(await connector.updateActivity(cardAt(server.url), message), { kind: "done" });
  });

  it("tells the pacer of 429, and goes on with what is left of the patience", async (t) => {
    const { server, connector, turns, state } = await paced(t, [busy, done], [40_000, 3_000]);
    assert.deepEqual(await connector.updateActivity(cardAt(server.url), message), { kind: "done" });
    assert.deepEqual(turns[0]?.ending, { kind: "throttled", retryAfterMs: 3_000 });
    assert.equal(turns[1]?.waitMs, 5_000);
    // The pacer lets the channel rest; nobody sleeps for it a second time.
    assert.deepEqual(state.waits, [0]);
  });

  it("leaves it to the outbox when the turn does not come, having sent nothing", async (t) => {
    const { server, connector } = await paced(t, [done], [46_000]);
    await assert.rejects(connector.updateActivity(cardAt(server.url), message), throwsRetryable(true, /no turn/));
    assert.equal(server.calls.length, 0);
  });

  it("gives the turn back when the call fails", async (t) => {
    const { server, connector, turns } = await paced(t, [{ status: 500, body: "" }], []);
    await assert.rejects(connector.reply(cardAt(server.url), "text"));
    assert.deepEqual(turns[0]?.ending, { kind: "answered" });
  });

  it("gives up a channel that is refused again and again", async (t) => {
    const { server, connector } = await paced(t, [busy], []);
    await assert.rejects(connector.reply(cardAt(server.url), "text"), throwsRetryable(true, /busy: 429 Throttled/));
    assert.equal(server.calls.length, 5);
  });
});

describe("the bot's token", () => {
  it("is never sent to a foreign host, nor even asked for", async (t) => {
    const foreign = await scriptedServer(t, done);
    const { state, connector } = await connected(t, [done]);
    const cases = [
      foreign.url,
      `${foreign.url}/.botframework.com`,
      "http://smba.trafficmanager.net/emea/",
      "nonsense",
      "",
    ];
    for (const serviceUrl of cases) {
      const refused = throwsRetryable(false, /is not an address of the Bot Connector/);
      await assert.rejects(connector.announce(channelAt(serviceUrl), "A request waits"), refused);
      await assert.rejects(connector.updateActivity(cardAt(serviceUrl), message), refused);
      await assert.rejects(connector.reply(cardAt(serviceUrl), "text"), refused);
      await assert.rejects(connector.announce(channelAt(serviceUrl), "text"), refused);
      await assert.rejects(connector.channelsOf(channelAt(serviceUrl)), refused);
    }
    assert.deepEqual(foreign.calls, []);
    assert.equal(state.tokens, 0);
  });

  it("follows no redirect", async (t) => {
    const foreign = await scriptedServer(t, done);
    const redirect = { status: 307, headers: { location: `${foreign.url}/v3/conversations` } };
    const { server, connector } = await connected(t, [redirect]);
    await assert.rejects(connector.updateActivity(cardAt(server.url), message), throwsRetryable(false, /307/));
    assert.deepEqual(foreign.calls, []);
  });

  it("stays with the host when ids hold path characters", async (t) => {
    const { server, connector } = await connected(t, [done]);
    const card = { ...cardAt(server.url), conversationId: "../../evil?x=#", activityId: "../1" };
    await connector.updateActivity(card, message);
    assert.equal(server.calls[0]?.path, "/v3/conversations/..%2F..%2Fevil%3Fx%3D%23/activities/..%2F1");
  });
});

import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { type Answer, json, objectIn } from "../../local/exchange.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { connector } from "../../src/teams/connector.ts";
import { connectorHosts } from "../../src/teams/connector-hosts.ts";
import type { ConversationReference } from "../../src/teams/conversations.ts";
import { teamsNotifier } from "../../src/teams/teams-notifier.ts";
import { webhookSender } from "../../src/teams/webhooks.ts";
import type { SentCard } from "../../src/workflow/ports.ts";
import { FakeLog } from "../fakes/log.ts";
import { aDecision, aView, tenant } from "./a-view.ts";
import { botId, channel, messageId } from "./an-activity.ts";
import { FakeConversations } from "./fake-conversations.ts";
import { scriptedServer } from "./scripted-server.ts";

const conversationId = `${channel};messageid=${messageId}`;
const place = { kind: "channel", id: channel } as const;
const posted = json(201, { id: conversationId, activityId: messageId });
const done = json(200, { id: messageId });
const approved = aView({ state: "approved", decided: aDecision(), outcome: "Approved on ARM." });

function refusal(status: number, code: string): Answer {
  return json(status, { error: { code, message: "No." } });
}
const lost = refusal(404, "ActivityNotFoundInConversation");

type Setting = {
  readonly answers: readonly Answer[];
  readonly known?: readonly Partial<ConversationReference>[];
};

async function stage(t: TestContext, { answers, known = [{}] }: Setting) {
  const server = await scriptedServer(t, ...answers);
  const reference = (change: Partial<ConversationReference>) => ({
    serviceUrl: server.url,
    tenantId: tenant,
    teamId: "19:general@thread.tacv2",
    aadGroupId: null,
    channelId: channel,
    channelName: null,
    botId,
    teamName: "Platform",
    usable: true,
    ...change,
  });
  const log = new FakeLog();
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
  };
  const tokens = { token: async () => "token", drop: () => {} };
  const notifier = teamsNotifier({
    connector: connector({ tokens, mayTalkTo: connectorHosts(server.url), sleep }),
    conversations: new FakeConversations(...known.map(reference)),
    webhooks: webhookSender({ webhooks: [{ name: "ops", url: `${server.url}/flow?sig=geheim` }], local: true, sleep }),
    tenantId: tenant,
    fallback: undefined,
    language: "en",
    log,
    sleep,
  });
  const card: SentCard = {
    serviceUrl: server.url,
    tenantId: tenant,
    channelId: channel,
    conversationId,
    activityId: messageId,
  };
  return { server, notifier, card, log, waits };
}

describe("teamsNotifier: where cards can go", () => {
  it("is where the bot is, and every webhook", async (t) => {
    const { notifier } = await stage(t, { answers: [] });
    const router = await notifier.router();
    assert.equal(router.usable, 2);
    const reviewers = [{ group: "g", name: "g", approvals: 1, channels: ["ops", channel] }];
    assert.deepEqual(router.route({ reviewers }, []).places, [{ kind: "webhook", id: "ops" }, place]);
  });
});

describe("teamsNotifier: announcing a request", () => {
  it("writes one line of plain text into the channel, without anything to press, and remembers where", async (t) => {
    const { notifier, card, server } = await stage(t, { answers: [posted] });
    assert.deepEqual(await notifier.announce(aView(), place), { kind: "announced", card });
    const { activity, channelData } = JSON.parse(server.calls[0]?.body ?? "");
    assert.equal(channelData.channel.id, channel);
    assert.deepEqual(activity, {
      type: "message",
      textFormat: "plain",
      text: "Waiting for a decision: pe-fabrikam of Fabrikam to pls-orders. The card follows in this place.",
    });
  });

  it("never writes into another tenant, nor where the bot is not", async (t) => {
    for (const known of [[{ tenantId: "99999999-9999-9999-9999-999999999999" }], []]) {
      const { notifier, server } = await stage(t, { answers: [posted], known });
      const outcome = await notifier.announce(aView(), place);
      assert.ok(outcome.kind === "gone");
      assert.match(outcome.why, /the bot is not in channel/);
      assert.deepEqual(server.calls, []);
    }
  });

  const refusals = {
    "the bot was removed": [refusal(403, "BotNotInConversationRoster"), /BotNotInConversationRoster.*add the app/],
    "the channel is gone": [refusal(404, "ConversationNotFound"), /does not know the conversation/],
  } as const;
  for (const [name, [answer, why]] of Object.entries(refusals)) {
    it(`says so when ${name}`, async (t) => {
      const { notifier } = await stage(t, { answers: [answer] });
      const outcome = await notifier.announce(aView(), place);
      assert.ok(outcome.kind === "gone");
      assert.match(outcome.why, why);
    });
  }

  it("throws what may pass, so that the outbox tries again", async (t) => {
    const { notifier } = await stage(t, { answers: [{ status: 502, body: "" }] });
    const isRetryable = (error: unknown) => error instanceof PlgateError && error.retryable;
    await assert.rejects(notifier.announce(aView(), place), isRetryable);
  });
});

describe("teamsNotifier: updating a card", () => {
  it("replaces the announcement or the card", async (t) => {
    const { notifier, card, server } = await stage(t, { answers: [done] });
    assert.deepEqual(await notifier.update(approved, card), { kind: "shown" });
    assert.equal(server.calls[0]?.method, "PUT");
    assert.match(server.calls[0]?.body ?? "", /"text":"Approved"/);
  });

  it("tries again when Teams does not find the message at once", async (t) => {
    const { notifier, card, server, waits } = await stage(t, { answers: [lost, lost, done] });
    assert.deepEqual(await notifier.update(approved, card), { kind: "shown" });
    assert.deepEqual(waits, [500, 1500]);
    assert.ok(server.calls.every((call) => call.method === "PUT"));
  });

  it("says that the card is missing when it stays lost", async (t) => {
    const { notifier, card, server, log } = await stage(t, { answers: [lost] });
    assert.deepEqual(await notifier.update(approved, card), { kind: "missing" });
    assert.equal(server.calls.length, 3);
    assert.equal(log.lines[0]?.level, "warn");
  });

  const refusals = {
    "the thread is gone": [refusal(404, "ConversationNotFound"), /does not know the conversation/],
    "the bot was removed": [refusal(403, "BotNotInConversationRoster"), /add the app to its team again/],
  } as const;
  for (const [name, [answer, why]] of Object.entries(refusals)) {
    it(`says so when ${name}`, async (t) => {
      const { notifier, card } = await stage(t, { answers: [answer] });
      const outcome = await notifier.update(approved, card);
      assert.ok(outcome.kind === "gone");
      assert.match(outcome.why, why);
    });
  }
});

describe("teamsNotifier: speaking beside the card", () => {
  it("tells an end in its thread", async (t) => {
    const { notifier, card, server } = await stage(t, { answers: [json(201, { id: "2" })] });
    assert.deepEqual(await notifier.tellEnd(approved, { place, card }), { kind: "told" });
    assert.deepEqual(objectIn(server.calls.at(-1)?.body ?? ""), {
      type: "message",
      text: `Approved: pe-fabrikam of Fabrikam to pls-orders. Request ${approved.request.id}`,
    });
  });

  it("says so when not even the thread can be written to", async (t) => {
    const { notifier, card } = await stage(t, { answers: [refusal(403, "Muted")] });
    const told = await notifier.tellEnd(approved, { place, card });
    assert.ok(told.kind === "gone");
    assert.match(told.why, /403 Muted/);
  });

  it("tells a webhook what was asked, what is missing and how it ended, in notices of its own", async (t) => {
    const { notifier, server } = await stage(t, { answers: [json(202, {})] });
    const webhook = { kind: "webhook", id: "ops" } as const;
    assert.deepEqual(await notifier.announce(aView(), webhook), { kind: "announced", card: null });
    const told = { kind: "told" };
    assert.deepEqual(await notifier.remind(aView(), { place: webhook, card: null }, "nine-tenths"), told);
    assert.deepEqual(await notifier.tellEnd(approved, { place: webhook, card: null }), told);
    const headings = server.calls.map(({ body }) => JSON.parse(body).attachments[0].content.body[0].text);
    assert.deepEqual(headings, ["A decision is needed", "A decision is still needed", "The request has ended"]);
  });
});

describe("teamsNotifier: telling what is about no request", () => {
  const bulletin = {
    kind: "drift-detected",
    time: "2026-11-24T12:00:00.000Z",
    what: "Anyone may ask.",
    serviceId: aView().request.serviceId,
    connectionId: null,
    consumerSubscriptionId: null,
    detail: { kind: "visible-to-anyone" },
  } as const;

  it("writes a line of plain text into the channel", async (t) => {
    const { notifier, server } = await stage(t, { answers: [posted] });
    assert.deepEqual(await notifier.bulletin(bulletin, place), { kind: "told" });
    const { activity } = JSON.parse(server.calls[0]?.body ?? "");
    assert.equal(activity.textFormat, "plain");
    assert.match(activity.text, /^Anyone who knows the alias may ask for a connection to pls-orders\. Unless/);
  });

  it("sends a webhook a notice", async (t) => {
    const { notifier, server } = await stage(t, { answers: [json(202, {})] });
    assert.deepEqual(await notifier.bulletin(bulletin, { kind: "webhook", id: "ops" }), { kind: "told" });
    const [heading] = JSON.parse(server.calls[0]?.body ?? "").attachments[0].content.body;
    assert.equal(heading.text, "Azure differs from the record");
  });

  it("says so where the bot or the webhook is not any more", async (t) => {
    const { notifier } = await stage(t, { answers: [posted], known: [] });
    for (const one of [place, { kind: "webhook", id: "old" } as const]) {
      assert.equal((await notifier.bulletin(bulletin, one)).kind, "gone");
    }
  });
});

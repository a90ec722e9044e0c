import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { type Answer, json, objectIn } from "../../local/exchange.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { connector } from "../../src/teams/connector.ts";
import { connectorHosts } from "../../src/teams/connector-hosts.ts";
import type { ConversationReference } from "../../src/teams/conversations.ts";
import { teamsNotifier } from "../../src/teams/teams-notifier.ts";
import type { SentCard } from "../../src/workflow/ports.ts";
import { FakeLog } from "../fakes/log.ts";
import { aDecision, aView, tenant } from "./a-view.ts";
import { botId, channel, messageId } from "./an-activity.ts";
import { FakeConversations } from "./fake-conversations.ts";
import { scriptedServer } from "./scripted-server.ts";

const conversationId = `${channel};messageid=${messageId}`;
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
  readonly channelId?: string;
};

async function stage(t: TestContext, { answers, known = [{}], channelId }: Setting) {
  const server = await scriptedServer(t, ...answers);
  const reference = (change: Partial<ConversationReference>): ConversationReference => ({
    serviceUrl: server.url,
    tenantId: tenant,
    teamId: "19:general@thread.tacv2",
    aadGroupId: null,
    channelId: channel,
    channelName: null,
    botId,
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
    tenantId: tenant,
    channelId,
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
  const channelsPosted = () => server.calls.map((call) => JSON.parse(call.body).channelData.channel.id);
  return { server, notifier, card, log, waits, channelsPosted };
}

describe("teamsNotifier: posting a card", () => {
  it("posts into the channel and remembers where", async (t) => {
    const { notifier, card, server } = await stage(t, { answers: [posted] });
    assert.deepEqual(await notifier.post(aView()), { kind: "shown", card });
    const { activity } = JSON.parse(server.calls[0]?.body ?? "");
    assert.equal(activity.summary, "Waiting for a decision: pe-fabrikam of Fabrikam to pls-orders");
    assert.equal(activity.attachments[0].content.version, "1.5");
  });

  const channels = {
    "prefers the configured channel": [["19:a", "19:b", "19:c"], "19:b", "19:b"],
    "takes the first by id when none is configured": [["19:c", "19:a", "19:b"], undefined, "19:a"],
    "takes the first when the bot is not in the configured one": [["19:c", "19:b"], "19:a", "19:b"],
  } as const;
  for (const [name, [ids, channelId, expected]] of Object.entries(channels)) {
    it(name, async (t) => {
      const known = ids.map((id) => ({ channelId: id }));
      const { notifier, channelsPosted } = await stage(t, {
        answers: [posted],
        known,
        ...(channelId && { channelId }),
      });
      await notifier.post(aView());
      assert.deepEqual(channelsPosted(), [expected]);
    });
  }

  it("posts nowhere while the bot is in no channel, and says what to do", async (t) => {
    const { notifier, server } = await stage(t, { answers: [posted], known: [] });
    const shown = await notifier.post(aView());
    assert.deepEqual(shown, {
      kind: "nowhere",
      why: `the bot is in no channel of tenant ${tenant}: add the app to a team`,
    });
    assert.deepEqual(server.calls, []);
  });

  it("never posts into another tenant", async (t) => {
    const known = [{ tenantId: "99999999-9999-9999-9999-999999999999" }];
    const { notifier, server } = await stage(t, { answers: [posted], known, channelId: channel });
    assert.equal((await notifier.post(aView())).kind, "nowhere");
    assert.deepEqual(server.calls, []);
  });

  const refusals = {
    "when the bot was removed": [refusal(403, "BotNotInConversationRoster"), /BotNotInConversationRoster.*add the app/],
    "when the channel is gone": [refusal(404, "ConversationNotFound"), /does not know the conversation/],
  } as const;
  for (const [name, [answer, why]] of Object.entries(refusals)) {
    it(`posts nowhere ${name}, and says so`, async (t) => {
      const { notifier } = await stage(t, { answers: [answer] });
      const shown = await notifier.post(aView());
      assert.equal(shown.kind, "nowhere");
      assert.match(shown.why, why);
    });
  }

  it("throws what may pass, so that the outbox tries again", async (t) => {
    const { notifier } = await stage(t, { answers: [{ status: 502, body: "" }] });
    await assert.rejects(notifier.post(aView()), (error: unknown) => error instanceof PlgateError && error.retryable);
  });
});

describe("teamsNotifier: updating a card", () => {
  it("replaces the card", async (t) => {
    const { notifier, card, server } = await stage(t, { answers: [done] });
    assert.deepEqual(await notifier.update(approved, card), { kind: "shown", card });
    assert.match(server.calls[0]?.body ?? "", /"text":"Approved"/);
  });

  it("tries again when Teams does not find the message at once", async (t) => {
    const { notifier, card, server, waits } = await stage(t, { answers: [lost, lost, done] });
    assert.deepEqual(await notifier.update(approved, card), { kind: "shown", card });
    assert.deepEqual(waits, [500, 1500]);
    assert.ok(server.calls.every((call) => call.method === "PUT"));
  });

  it("tells the end in the thread when the message stays lost", async (t) => {
    const { notifier, card, server, log } = await stage(t, { answers: [lost, lost, lost, json(201, { id: "2" })] });
    assert.deepEqual(await notifier.update(approved, card), { kind: "shown", card });
    assert.deepEqual(
      server.calls.map((call) => call.method),
      ["PUT", "PUT", "PUT", "POST"],
    );
    assert.deepEqual(objectIn(server.calls.at(-1)?.body ?? ""), {
      type: "message",
      text: `Approved: pe-fabrikam of Fabrikam to pls-orders. Request ${approved.request.id}`,
    });
    assert.equal(log.lines[0]?.level, "warn");
  });

  it("tells no vote in the thread: the next update shows it", async (t) => {
    const { notifier, card, server } = await stage(t, { answers: [lost] });
    assert.deepEqual(await notifier.update(aView(), card), { kind: "shown", card });
    assert.ok(server.calls.every((call) => call.method === "PUT"));
  });

  const refusals = {
    "the thread is gone": [[refusal(404, "ConversationNotFound")], /does not know the conversation/],
    "the bot was removed": [[refusal(403, "BotNotInConversationRoster")], /add the app to its team again/],
    "not even the thread can be written to": [[lost, lost, lost, refusal(403, "Muted")], /403 Muted/],
  } as const;
  for (const [name, [answers, why]] of Object.entries(refusals)) {
    it(`shows it nowhere when ${name}`, async (t) => {
      const { notifier, card } = await stage(t, { answers });
      const shown = await notifier.update(approved, card);
      assert.equal(shown.kind, "nowhere");
      assert.match(shown.why, why);
    });
  }
});

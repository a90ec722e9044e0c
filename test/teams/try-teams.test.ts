import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Answer } from "../../local/exchange.ts";
import {
  activityNotFound,
  badGateway,
  botNotInstalled,
  conversationNotFound,
  throttled,
  unauthorized,
} from "../../local/teams/connector-answers.ts";
import { startFakeConnector } from "../../local/teams/fake-connector.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { connector } from "../../src/teams/connector.ts";
import { connectorHosts } from "../../src/teams/connector-hosts.ts";
import { type TrialMeans, type TrialWish, tryTeams } from "../../src/teams/try-teams.ts";
import { tenant } from "./a-view.ts";
import { botId } from "./an-activity.ts";
import { FakeConversations } from "./fake-conversations.ts";

const steps = [
  ...["bot configured", "token obtained", "channels known", "channel chosen"],
  ...["line posted", "line turned into a card", "reply in its thread"],
];
const bot = { appId: "11111111-1111-4111-8111-111111111111", withSecret: false };
const [first, second] = ["19:a@thread.tacv2", "19:b@thread.tacv2"];

/** A test on a connector that answers as Teams does, with two channels known. */
async function trial(t: TestContext, change: Partial<TrialMeans> = {}) {
  const fake = await startFakeConnector({ tenantId: tenant });
  t.after(() => fake.stop());
  const channel = (channelId: string, channelName: string | null, tenantId = tenant) => ({
    ...{ serviceUrl: fake.serviceUrl, tenantId, teamId: "19:team@thread.tacv2", aadGroupId: null },
    ...{ teamName: null, usable: true },
    ...{ channelId, channelName, botId },
  });
  const tokens = { token: async () => "a-token", drop: () => undefined };
  const mayTalkTo = connectorHosts(new URL(fake.serviceUrl).origin);
  const means: TrialMeans = {
    bot,
    fallback: undefined,
    tokens,
    connector: connector({ tokens, mayTalkTo, sleep: async () => undefined, patience: { attempts: 2 } }),
    conversations: new FakeConversations(
      channel(second, "Network"),
      channel(first, "Approvals"),
      channel("19:0@thread.tacv2", "Foreign", "99999999-0000-4000-8000-000000000009"),
    ),
    tenantId: tenant,
    language: "en",
    now: () => new Date("2026-11-26T20:00:00Z"),
    sleep: async () => undefined,
    ...change,
  };
  const run = (wish: Partial<TrialWish> = {}) => tryTeams({ channel: undefined, sentBy: "Megan Test", ...wish }, means);
  return { fake, run, channel };
}

describe("a test of Teams", () => {
  it("posts a line, turns it into the test card and replies below it, and tells of each step", async (t) => {
    const { fake, run } = await trial(t);
    const { ok, channel, steps: taken } = await run();
    assert.deepEqual([ok, channel], [true, "Approvals"]);
    assert.deepEqual(
      taken.map(({ step, ok: done, remedy }) => [step, done, remedy]),
      steps.map((step) => [step, true, null]),
    );
    assert.deepEqual(
      fake.requests.map(({ operation }) => operation),
      ["create", "update", "send"],
    );
    const [thread, ...others] = fake.threads();
    assert.deepEqual(others, []);
    assert.match(JSON.stringify(thread), /Test: there is nothing to decide.*Megan Test.*reminders arrive here/);
  });

  it("speaks the language of the cards", async (t) => {
    const { fake, run } = await trial(t, { language: "ja" });
    await run();
    assert.match(JSON.stringify(fake.threads()), /判断は不要.*リマインダー/);
  });

  it("can be repeated: a second test is a second card and nothing else", async (t) => {
    const { fake, run } = await trial(t);
    assert.deepEqual([(await run()).ok, (await run()).ok, fake.threads().length], [true, true, 2]);
  });

  it("goes to the channel that is named, by id or by name in any case", async (t) => {
    const { fake, run } = await trial(t);
    assert.equal((await run({ channel: second })).channel, "Network");
    assert.equal((await run({ channel: "NETWORK" })).channel, "Network");
    assert.ok(fake.threads().every((thread) => JSON.stringify(thread).includes(second)));
  });

  it("goes to the configured channel, and says so when the app is not in it", async (t) => {
    assert.equal((await (await trial(t, { fallback: second })).run()).channel, "Network");
    const { run } = await trial(t, { fallback: "19:gone@thread.tacv2" });
    const { ok, steps: taken } = await run();
    assert.equal(ok, false);
    assert.match(taken.at(-1)?.detail ?? "", /^PLGATE_TEAMS_CHANNEL names 19:gone@thread.tacv2/);
  });

  it("waits for a message that Teams does not find at once", async (t) => {
    const { fake, run } = await trial(t);
    fake.interfere({ on: "update", times: 2, answer: activityNotFound() });
    assert.equal((await run()).ok, true);
  });

  const faults: Readonly<
    Record<string, readonly [step: string, on: "create" | "update" | "send", Answer, RegExp, RegExp]>
  > = {
    "the app was removed from the team": [
      ...([
        "line posted",
        "create",
        botNotInstalled(),
        /403 BotNotInConversationRoster/,
        /^Add the Teams app to the/,
      ] as const),
    ],
    "the channel is gone": [
      ...([
        "line posted",
        "create",
        conversationNotFound(),
        /does not know the channel/,
        /deleted or archived/,
      ] as const),
    ],
    "the bot is somebody else": [...(["line posted", "create", unauthorized(), /401/, /PLGATE_BOT_APP_ID/] as const)],
    "Teams is busy": [...(["line posted", "create", throttled(1), /busy: 429/, /again in a minute/] as const)],
    "a gateway fails": [
      ...(["line turned into a card", "update", badGateway(), /busy: 502/, /again in a minute/] as const),
    ],
    "the message is lost": [
      ...(["line turned into a card", "update", activityNotFound(), /does not know the message/, /deleted/] as const),
    ],
    "the thread is closed": [
      ...(["reply in its thread", "send", botNotInstalled(), /does not let the bot/, /blocked the app/] as const),
    ],
  };
  for (const [what, [step, on, answer, detail, remedy]] of Object.entries(faults)) {
    it(`stops and says what to do when ${what}`, async (t) => {
      const { fake, run } = await trial(t);
      fake.interfere({ on, times: 9, answer });
      const { ok, steps: taken } = await run();
      assert.equal(ok, false);
      assert.deepEqual(
        taken.map((one) => [one.step, one.ok]),
        steps.slice(0, steps.indexOf(step) + 1).map((one) => [one, one !== step]),
      );
      assert.match(taken.at(-1)?.detail ?? "", detail);
      assert.match(taken.at(-1)?.remedy ?? "", remedy);
    });
  }

  const early: Readonly<
    Record<string, readonly [Partial<TrialMeans>, Partial<TrialWish>, step: string, RegExp, RegExp]>
  > = {
    "no bot is configured": [{ bot: undefined }, {}, "bot configured", /no bot/, /PLGATE_BOT_APP_ID/],
    "the identity has no token": [
      { tokens: { token: () => Promise.reject(new PlgateError("no token", { retryable: true })) } },
      ...([{}, "token obtained", /^no token$/, /PLGATE_IDENTITY_CLIENT_ID/] as const),
    ],
    "the secret is wrong": [
      {
        bot: { ...bot, withSecret: true },
        tokens: { token: () => Promise.reject(new PlgateError("refused", { retryable: false })) },
      },
      ...([{}, "token obtained", /refused/, /PLGATE_BOT_SECRET/] as const),
    ],
    "the app is in no team": [
      { conversations: new FakeConversations() },
      ...([{}, "channels known", /no channel/, /Add the Teams app to a team.*\/api\/messages/] as const),
    ],
    "a channel is named that nobody knows": [
      {},
      ...([{ channel: "Sales" }, "channel chosen", /no channel Sales/, /Approvals \(19:a@thread.tacv2\)/] as const),
    ],
    "a channel of another tenant is named": [
      {},
      ...([{ channel: "Foreign" }, "channel chosen", /no channel Foreign/, /Known are/] as const),
    ],
  };
  for (const [what, [change, wish, step, detail, remedy]] of Object.entries(early)) {
    it(`posts nothing when ${what}`, async (t) => {
      const { fake, run } = await trial(t, change);
      const { ok, steps: taken } = await run(wish);
      assert.deepEqual([ok, taken.at(-1)?.step, fake.requests.length], [false, step, 0]);
      assert.match(taken.at(-1)?.detail ?? "", detail);
      assert.match(taken.at(-1)?.remedy ?? "", remedy);
    });
  }

  it("asks for an id where two channels have one name", async (t) => {
    const { channel } = await trial(t);
    const conversations = new FakeConversations(channel(first, "Approvals"), channel(second, "approvals"));
    const { run } = await trial(t, { conversations });
    const { steps: taken } = await run({ channel: "Approvals" });
    assert.match(taken.at(-1)?.remedy ?? "", /19:a@thread.tacv2, 19:b@thread.tacv2/);
  });

  it("throws what is a fault of plgate itself", async (t) => {
    const { run } = await trial(t, { conversations: { list: () => Promise.reject(new RangeError("a bug")) } });
    await assert.rejects(run(), RangeError);
  });
});

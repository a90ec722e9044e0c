import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import {
  activityNotFound,
  badGateway,
  botNotInstalled,
  gatewayTimeout,
  preconditionFailed,
  throttled,
  unauthorized,
} from "../../local/teams/connector-answers.ts";
import { startFakeConnector } from "../../local/teams/fake-connector.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { parseActivity } from "../../src/teams/activity.ts";
import { belongsTo } from "../../src/teams/card-place.ts";
import { connector } from "../../src/teams/connector.ts";
import { connectorHosts } from "../../src/teams/connector-hosts.ts";
import { teamsNotifier } from "../../src/teams/teams-notifier.ts";
import type { Notifier, RequestView, SentCard } from "../../src/workflow/ports.ts";
import { FakeLog } from "../fakes/log.ts";
import { aDecision, aView, aVote, tenant } from "./a-view.ts";
import { aClick, botId, channel } from "./an-activity.ts";
import { FakeConversations } from "./fake-conversations.ts";

/** The production client in front of a Bot Connector that fails on demand; waits are recorded and take no time. */
async function stage(t: TestContext) {
  const teams = await startFakeConnector({ tenantId: tenant });
  t.after(() => teams.stop());
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
  };
  let issued = 1;
  const tokens = {
    token: async () => `bot-token-${issued}`,
    drop: () => {
      issued += 1;
    },
  };
  const { serviceUrl } = teams;
  const team = { teamId: "19:general@thread.tacv2", aadGroupId: null };
  const reference = { serviceUrl, tenantId: tenant, ...team, channelId: channel, channelName: null, botId };
  const notifier = teamsNotifier({
    connector: connector({ tokens, mayTalkTo: connectorHosts(new URL(serviceUrl).origin), sleep }),
    conversations: new FakeConversations(reference),
    tenantId: tenant,
    channelId: undefined,
    log: new FakeLog(),
    sleep,
  });
  return { teams, notifier, waits };
}

async function post(notifier: Notifier, view: RequestView = aView()): Promise<SentCard> {
  const shown = await notifier.post(view);
  assert.equal(shown.kind, "shown");
  return shown.card;
}

/** The first words of a card: its status. */
function statusIn(activity: Readonly<Record<string, unknown>> | undefined): string {
  return /"Container".*?"text":"([^"]*)"/.exec(JSON.stringify(activity))?.[1] ?? "";
}

const approving = aView({ state: "approving", votes: [aVote()], decided: aDecision() });
const approved = aView({ state: "approved", votes: [aVote()], decided: aDecision(), outcome: "Approved on ARM." });

describe("the life of a card", () => {
  it("is posted, voted on, applied and approved: one thread, one card, every version", async (t) => {
    const { teams, notifier } = await stage(t);
    const card = await post(notifier);
    for (const view of [aView({ votes: [aVote()] }), approving, approved]) await notifier.update(view, card);
    const [thread, ...others] = teams.threads();
    assert.deepEqual(others, []);
    assert.equal(thread?.conversationId, card.conversationId);
    assert.deepEqual(thread?.versions.map(statusIn), [
      "Waiting for a decision",
      "Waiting for a decision",
      "Approving",
      "Approved",
    ]);
    assert.deepEqual(thread?.replies, []);
  });

  it("is the same card when an update is told twice", async (t) => {
    const { teams, notifier } = await stage(t);
    const card = await post(notifier);
    await notifier.update(approved, card);
    await notifier.update(approved, card);
    assert.deepEqual(teams.threads()[0]?.versions.slice(1).map(statusIn), ["Approved", "Approved"]);
  });

  const troubles = {
    "429 with Retry-After": { answer: throttled(3), waitsAtLeast: 3000 },
    "429 without a hint": { answer: throttled(), waitsAtLeast: 200 },
    "several writers at once": { answer: preconditionFailed(), waitsAtLeast: 200 },
    "a bad gateway": { answer: badGateway(), waitsAtLeast: 200 },
    "a gateway that waits in vain": { answer: gatewayTimeout(), waitsAtLeast: 200 },
  } as const;
  for (const [name, { answer, waitsAtLeast }] of Object.entries(troubles)) {
    it(`survives ${name}, while posting and while updating`, async (t) => {
      const { teams, notifier, waits } = await stage(t);
      teams.interfere({ on: "create", answer });
      const card = await post(notifier);
      teams.interfere({ on: "update", answer });
      await notifier.update(approved, card);
      assert.deepEqual(
        teams.threads().map(({ activity }) => statusIn(activity)),
        ["Approved"],
      );
      assert.equal(waits.length, 2);
      assert.ok(waits.every((wait) => wait >= waitsAtLeast));
    });
  }

  it("takes a new token when the connector refuses the one at hand", async (t) => {
    const { teams, notifier } = await stage(t);
    teams.interfere({ on: "create", answer: unauthorized() });
    await post(notifier);
    assert.deepEqual(
      teams.requests.map(({ bearer }) => bearer),
      ["bot-token-1", "bot-token-2"],
    );
  });

  it("is told in its thread when Teams loses it", async (t) => {
    const { teams, notifier } = await stage(t);
    const card = await post(notifier);
    teams.interfere({ on: "update", answer: activityNotFound(), times: 3 });
    assert.deepEqual(await notifier.update(approved, card), { kind: "shown", card });
    assert.match(JSON.stringify(teams.threads()[0]?.replies), /Approved: pe-fabrikam/);
  });

  it("turns up again when Teams only mislaid it", async (t) => {
    const { teams, notifier } = await stage(t);
    const card = await post(notifier);
    teams.interfere({ on: "update", answer: activityNotFound(), times: 2 });
    await notifier.update(approved, card);
    assert.equal(statusIn(teams.threads()[0]?.activity), "Approved");
    assert.deepEqual(teams.threads()[0]?.replies, []);
  });

  it("is shown nowhere once the bot was removed", async (t) => {
    const { teams, notifier } = await stage(t);
    teams.interfere({ answer: botNotInstalled() });
    assert.equal((await notifier.post(aView())).kind, "nowhere");
  });

  it("gives up on a connector that stays down, and says that it may pass", async (t) => {
    const { teams, notifier } = await stage(t);
    teams.interfere({ answer: badGateway(), times: 100 });
    await assert.rejects(notifier.post(aView()), (error: unknown) => error instanceof PlgateError && error.retryable);
    assert.ok(teams.requests.length <= 5);
  });

  it("is posted once for each of fifty requests, though the connector throttles and some have to come again", async (t) => {
    const { teams, notifier } = await stage(t);
    teams.interfere({ on: "create", answer: throttled(1), times: 60 });
    const views = Array.from({ length: 50 }, (_, n) => aView({ connectionName: `pe-${n}`, endpointId: null }));
    const first = await Promise.allSettled(views.map((view) => notifier.post(view)));
    const left = views.filter((_, n) => first[n]?.status === "rejected");
    assert.equal(teams.threads().length, 50 - left.length);
    // The outbox comes again with what was thrown.
    for (const view of left) await post(notifier, view);
    const summaries = teams.threads().map(({ activity }) => activity["summary"]);
    assert.equal(new Set(summaries).size, 50);
    assert.equal(summaries.length, 50);
  });
});

describe("a click on a card", () => {
  const clickIn = (conversationId: string, replyToId: string) => {
    const conversation = { id: conversationId, tenantId: tenant, conversationType: "channel" };
    const click = parseActivity(aClick({ conversation, replyToId }));
    assert.equal(click.kind, "click");
    return click;
  };

  it("belongs to the card that was posted", async (t) => {
    const { notifier } = await stage(t);
    const card = await post(notifier);
    assert.equal(belongsTo(clickIn(card.conversationId, card.activityId), card), "same-card");
  });

  it("is seen to come from a doubled card, after a gateway lost the answer to the first post", async (t) => {
    const { teams, notifier } = await stage(t);
    teams.interfere({ on: "create", answer: badGateway(), afterEffect: true });
    const card = await post(notifier);
    const [doubled, kept] = teams.threads();
    assert.ok(doubled && kept);
    assert.equal(kept.activityId, card.activityId);
    assert.equal(belongsTo(clickIn(kept.conversationId, kept.activityId), card), "same-card");
    assert.equal(belongsTo(clickIn(doubled.conversationId, doubled.activityId), card), "stale-copy");
  });
});

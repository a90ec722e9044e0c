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
import { webhookSender } from "../../src/teams/webhooks.ts";
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
  const team = { teamId: "19:general@thread.tacv2", teamName: "Platform", aadGroupId: null, usable: true };
  const reference = { serviceUrl, tenantId: tenant, ...team, channelId: channel, channelName: null, botId };
  const notifier = teamsNotifier({
    connector: connector({ tokens, mayTalkTo: connectorHosts(new URL(serviceUrl).origin), sleep }),
    conversations: new FakeConversations(reference),
    webhooks: webhookSender({ webhooks: [], local: true }),
    tenantId: tenant,
    fallback: undefined,
    language: "en",
    log: new FakeLog(),
    sleep,
  });
  return { teams, notifier, waits };
}

const place = { kind: "channel", id: channel } as const;

/** Announces the request and makes a card of the announcement, as the workflow does. */
async function post(notifier: Notifier, view: RequestView = aView()): Promise<SentCard> {
  const announced = await notifier.announce(view, place);
  assert.ok(announced.kind === "announced" && announced.card);
  assert.deepEqual(await notifier.update(view, announced.card), { kind: "shown" });
  return announced.card;
}

/** The first words of a card: its status, without how many approvals there are. */
function statusIn(activity: Readonly<Record<string, unknown>> | undefined): string {
  return /"Container".*?"text":"([^":]*)/.exec(JSON.stringify(activity))?.[1] ?? "";
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
    const [announcement, ...cards] = thread?.versions ?? [];
    assert.equal(announcement?.["attachments"], undefined);
    assert.match(String(announcement?.["text"]), /^Waiting for a decision: pe-fabrikam.*The card follows/);
    assert.deepEqual(cards.map(statusIn), [
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
    assert.deepEqual(teams.threads()[0]?.versions.slice(2).map(statusIn), ["Approved", "Approved"]);
  });

  const troubles = {
    "429 with Retry-After": { answer: throttled(3), waitsAtLeast: 3000 },
    "429 without a hint": { answer: throttled(), waitsAtLeast: 200 },
    "several writers at once": { answer: preconditionFailed(), waitsAtLeast: 200 },
    "a bad gateway": { answer: badGateway(), waitsAtLeast: 200 },
    "a gateway that waits in vain": { answer: gatewayTimeout(), waitsAtLeast: 200 },
  } as const;
  for (const [name, { answer, waitsAtLeast }] of Object.entries(troubles)) {
    const postsToo = answer.status < 500;
    it(`survives ${name}, ${postsToo ? "while posting and " : ""}while updating`, async (t) => {
      const { teams, notifier, waits } = await stage(t);
      if (postsToo) teams.interfere({ on: "create", answer });
      const card = await post(notifier);
      teams.interfere({ on: "update", answer });
      await notifier.update(approved, card);
      assert.deepEqual(
        teams.threads().map(({ activity }) => statusIn(activity)),
        ["Approved"],
      );
      assert.equal(waits.length, postsToo ? 2 : 1);
      assert.ok(waits.every((wait) => wait >= waitsAtLeast));
    });
  }

  it("takes a new token when the connector refuses the one at hand", async (t) => {
    const { teams, notifier } = await stage(t);
    teams.interfere({ on: "create", answer: unauthorized() });
    await post(notifier);
    assert.deepEqual(
      teams.requests.map(({ bearer }) => bearer),
      ["bot-token-1", "bot-token-2", "bot-token-2"],
    );
  });

  it("is missing when Teams loses it, and its end can be told in its thread", async (t) => {
    const { teams, notifier } = await stage(t);
    const card = await post(notifier);
    teams.interfere({ on: "update", answer: activityNotFound(), times: 3 });
    assert.deepEqual(await notifier.update(approved, card), { kind: "missing" });
    assert.deepEqual(await notifier.tellEnd(approved, { place, card }), { kind: "told" });
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

  it("has no place any more once the bot was removed", async (t) => {
    const { teams, notifier } = await stage(t);
    const card = await post(notifier);
    teams.interfere({ answer: botNotInstalled(), times: 4 });
    const outcomes = [
      await notifier.announce(aView(), place),
      await notifier.update(approved, card),
      await notifier.remind(aView(), { place, card }, "half"),
      await notifier.tellEnd(approved, { place, card }),
    ];
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["gone", "gone", "gone", "gone"],
    );
  });

  it("is reminded of below it, in words that say until when and who is missing", async (t) => {
    const { teams, notifier } = await stage(t);
    const timetable = {
      askedAt: "2026-11-23T02:00:00.000Z",
      dueAt: "2026-11-23T10:00:00.000Z",
      expiry: "leave",
      reminders: [],
      escalations: [],
      done: [],
    } as const;
    const view = aView({ timetable, votes: [aVote()] });
    const card = await post(notifier, view);
    assert.deepEqual(await notifier.remind(view, { place, card }, "half"), { kind: "told" });
    assert.deepEqual(
      teams.threads()[0]?.replies.map(({ text }) => text),
      [
        "Half of the time to decide is over; it ends 2026-11-23 10:00 UTC. Still missing: 1 approval of network-oncall, 1 approval of security.",
      ],
    );
  });

  it("gives up on a connector that stays down, and says that it may pass", async (t) => {
    const { teams, notifier } = await stage(t);
    teams.interfere({ answer: badGateway(), times: 100 });
    await assert.rejects(
      notifier.announce(aView(), place),
      (error: unknown) => error instanceof PlgateError && error.retryable,
    );
    assert.ok(teams.requests.length <= 5);
  });

  it("is posted once for each of fifty requests, though the connector throttles and some have to come again", async (t) => {
    const { teams, notifier } = await stage(t);
    teams.interfere({ on: "create", answer: throttled(1), times: 60 });
    const views = Array.from({ length: 50 }, (_, n) => aView({ connectionName: `pe-${n}`, endpointId: null }));
    const first = await Promise.allSettled(views.map((view) => post(notifier, view)));
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
    assert.equal(belongsTo(clickIn(card.conversationId, card.activityId), [card]), "same-card");
  });

  it("is seen to come from a doubled card, after a gateway lost the answer to the first post", async (t) => {
    const { teams, notifier } = await stage(t);
    teams.interfere({ on: "create", answer: badGateway(), afterEffect: true });
    await assert.rejects(post(notifier), /502/);
    const card = await post(notifier);
    const [doubled, kept] = teams.threads();
    assert.ok(doubled && kept);
    assert.equal(kept.activityId, card.activityId);
    assert.equal(belongsTo(clickIn(kept.conversationId, kept.activityId), [card]), "same-card");
    assert.equal(belongsTo(clickIn(doubled.conversationId, doubled.activityId), [card]), "stale-copy");
  });
});

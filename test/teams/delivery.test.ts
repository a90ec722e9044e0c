import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import {
  activityNotFound,
  badGateway,
  botNotInstalled,
  conversationNotFound,
  gatewayTimeout,
  throttled,
} from "../../local/teams/connector-answers.ts";
import { startFakeConnector } from "../../local/teams/fake-connector.ts";
import { connector } from "../../src/teams/connector.ts";
import { connectorHosts } from "../../src/teams/connector-hosts.ts";
import { teamsNotifier } from "../../src/teams/teams-notifier.ts";
import { webhookSender } from "../../src/teams/webhooks.ts";
import { dispatch, dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import { postMissingCards } from "../../src/workflow/missing-cards.ts";
import { aConnectionRef, event, request, step, vote } from "../builders.ts";
import { fakePorts } from "../fakes/ports.ts";
import { approved, asked, change, everybody, network, security } from "../workflow/shown.ts";
import { tenant } from "./a-view.ts";
import { botId } from "./an-activity.ts";
import { FakeConversations } from "./fake-conversations.ts";

/** The story's own way of showing cards, over the production client, in front of a Bot Connector that fails on demand. */
async function stage(t: TestContext) {
  const teams = await startFakeConnector({ tenantId: tenant });
  t.after(() => teams.stop());
  const reference = (channelId: string) => ({
    serviceUrl: teams.serviceUrl,
    tenantId: tenant,
    teamId: "19:team",
    teamName: null,
    aadGroupId: null,
    channelId,
    channelName: null,
    botId,
    usable: true,
  });
  const conversations = new FakeConversations(...[network, security, everybody].map(reference));
  const sleep = async () => {};
  const fakes = fakePorts();
  const notifier = teamsNotifier({
    connector: connector({
      tokens: { token: async () => "token", drop: () => {} },
      mayTalkTo: connectorHosts(new URL(teams.serviceUrl).origin),
      sleep,
    }),
    conversations,
    webhooks: webhookSender({ webhooks: [], local: true }),
    tenantId: tenant,
    fallback: everybody,
    language: "en",
    log: fakes.log,
    sleep,
  });
  const ports = { ...fakes, notifier };
  const recover = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      ports.clock.advance(65);
      await dispatchLeftOver(ports);
      await postMissingCards(ports, "missing");
    }
  };
  return { teams, ports, recover, conversations, reference };
}

type Staged = Awaited<ReturnType<typeof stage>>;

/** Each thread by its channel: what stands in it now, a line of text or a card. */
function threads({ teams }: Staged): readonly string[] {
  return teams
    .threads()
    .map(({ channelId, activity }) => `${channelId} ${activity["attachments"] ? "card" : "line"}`)
    .sort();
}

const here = { reviewers: [{ group: "g", name: "network", approvals: 1, channels: [network] }] };

describe("A card on the wire", () => {
  const passing = {
    // A wait that is longer than a call may take ends the call, and so does a doubt about a post; an update tries five times.
    "429 with a long wait": { answer: throttled(600), times: 2 },
    "a bad gateway": { answer: badGateway(), times: 5 },
    "a gateway that waits in vain": { answer: gatewayTimeout(), times: 5 },
  };
  for (const [name, meets] of Object.entries(passing)) {
    it(`survives ${name} for minutes, while it is announced`, async (t) => {
      const staged = await stage(t);
      staged.teams.interfere({ on: "create", ...meets, times: 2 });
      await change(here, staged.ports);
      assert.deepEqual(threads(staged), []);
      await staged.recover(3);
      assert.deepEqual(threads(staged), [`${network} card`]);
    });

    it(`survives ${name} for minutes, between the announcement and the card`, async (t) => {
      const staged = await stage(t);
      staged.teams.interfere({ on: "update", ...meets });
      await change(here, staged.ports);
      assert.deepEqual(threads(staged), [`${network} line`]);
      await staged.recover(3);
      assert.deepEqual(threads(staged), [`${network} card`]);
    });
  }

  it("stands once beside one line of text for each answer that a gateway lost", async (t) => {
    const staged = await stage(t);
    staged.teams.interfere({ on: "create", answer: badGateway(), afterEffect: true, times: 2 });
    await change(here, staged.ports);
    assert.deepEqual(threads(staged), [`${network} line`]);
    await staged.recover(3);
    assert.deepEqual(threads(staged), [`${network} card`, `${network} line`, `${network} line`]);
  });

  const gone = {
    "the bot was removed from the team": botNotInstalled(),
    "the channel was deleted": conversationNotFound(),
  };
  for (const [name, answer] of Object.entries(gone)) {
    it(`is posted in the fallback channel when ${name} before it was announced`, async (t) => {
      const staged = await stage(t);
      staged.teams.interfere({ on: "create", answer });
      await change(here, staged.ports);
      assert.deepEqual(threads(staged), [`${everybody} card`]);
    });

    it(`is posted in the fallback channel when ${name} before the next vote, and again there when it is back`, async (t) => {
      const staged = await stage(t);
      await change(here, staged.ports);
      staged.teams.interfere({ on: "update", answer });
      await change({ votes: [vote()] }, staged.ports);
      assert.deepEqual(threads(staged), [`${everybody} card`, `${network} card`]);
      // Teams tells that the bot was added: what stood there before is forgotten, and a new card is posted.
      await postMissingCards(staged.ports, "missing-and-lost");
      assert.deepEqual(threads(staged), [`${everybody} card`, `${network} card`, `${network} card`]);
      const remembered = (await staged.ports.cards.all(asked.id)).filter(({ kind }) => kind === "standing");
      assert.equal(remembered.length, 2);
    });
  }

  it("waits for a channel when the bot is in none, and comes with the first", async (t) => {
    const staged = await stage(t);
    for (const one of [network, security, everybody]) await staged.conversations.forget(tenant, one);
    await change(here, staged.ports);
    assert.deepEqual([threads(staged), await staged.ports.outbox.waiting()], [[], { count: 0, oldest: null }]);
    await staged.conversations.keep(staged.reference(security));
    await postMissingCards(staged.ports, "missing-and-lost");
    await staged.conversations.keep(staged.reference(network));
    await postMissingCards(staged.ports, "missing-and-lost");
    assert.deepEqual(threads(staged), [`${network} card`, `${security} card`]);
  });

  it("that Teams mislays is replaced while people are asked, and told of in its thread at the end", async (t) => {
    const staged = await stage(t);
    await change(here, staged.ports);
    staged.teams.interfere({ on: "update", answer: activityNotFound(), times: 3 });
    await change({ votes: [vote()] }, staged.ports);
    assert.deepEqual(threads(staged), [`${network} card`, `${network} card`]);
    staged.teams.interfere({ on: "update", answer: activityNotFound(), times: 3 });
    await change(approved, staged.ports);
    await staged.recover(3);
    const replies = staged.teams.threads().map(({ replies: said }) => said.map(({ text }) => text));
    assert.deepEqual(replies, [[], [`Approved: pe-x of Contoso to pls-a. Request ${asked.id}`]]);
  });

  it("is posted once in each of two channels for each of fifty requests in a burst that is throttled", async (t) => {
    const staged = await stage(t);
    const { ports, teams } = staged;
    teams.interfere({ answer: throttled(1), times: 120 });
    const reviewers = [{ group: "g", name: "network", approvals: 1, channels: [network, security] }];
    const requests = Array.from({ length: 50 }, (_, n) =>
      request({ state: "awaiting-decision", shown: true, reviewers }, aConnectionRef(`pe-${n}.1`)),
    );
    for (const one of requests) {
      const committed = await ports.ledger.commit(step({ request: one, events: [event({}, one)], notify: true }));
      assert.ok(committed.kind === "committed");
      await dispatch(committed.outbox, ports);
    }
    await staged.recover(4);
    const counts = [network, security].map((place) => threads(staged).filter((one) => one === `${place} card`).length);
    assert.deepEqual(counts, [50, 50]);
    assert.equal(threads(staged).length, 100);
    assert.equal((await ports.outbox.waiting()).count, 0);
  });
});

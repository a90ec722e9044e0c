import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { postMissingCards } from "../../src/workflow/missing-cards.ts";
import { showCards } from "../../src/workflow/show-cards.ts";
import { vote } from "../builders.ts";
import {
  approved,
  asked,
  type ChannelStage,
  cardsEver,
  change,
  channelStage,
  commit,
  everybody,
  linesIn,
  network,
  recover,
  reviewers,
  security,
  shownIn,
} from "./shown.ts";

const waiting = "awaiting-decision";
const everywhere = { [network]: waiting, [security]: waiting, ops: "told" };
const oneEach = { [network]: 1, [security]: 1 };

describe("A request has one card in every place that its reviewers name", () => {
  it("posted once, and brought up to date in all of them until it ends", async () => {
    const ports = channelStage();
    await change({}, ports);
    assert.deepEqual(await shownIn(ports), everywhere);
    await change({ votes: [vote()] }, ports);
    await change({ state: "approving" }, ports);
    await change(approved, ports);
    assert.deepEqual(await shownIn(ports), { [network]: "approved", [security]: "approved", ops: "told" });
    assert.deepEqual(cardsEver(ports), oneEach);
    assert.equal(ports.notifier.posted.length, 3);
    assert.deepEqual(
      ports.notifier.ended.map(({ place }) => place.id),
      ["ops"],
    );
    assert.equal((await ports.outbox.waiting()).count, 0);
  });

  it("and in those of stand-ins from when they may answer", async () => {
    const ports = channelStage();
    await change({ reviewers: [{ group: "g1", name: "network", approvals: 1, channels: [network] }] }, ports);
    assert.deepEqual(await shownIn(ports), { [network]: waiting });
    const standIns = [{ group: "g3", name: "night shift", channels: [security] }];
    await change({ reviewers: [{ group: "g1", name: "network", approvals: 1, channels: [network], standIns }] }, ports);
    assert.deepEqual(await shownIn(ports), { [network]: waiting, [security]: waiting });
  });

  it("and keeps those current that are named no more", async () => {
    const ports = channelStage();
    await change({}, ports);
    await change({ reviewers: [{ group: "g1", name: "network", approvals: 1, channels: [network] }] }, ports);
    await change(approved, ports);
    assert.deepEqual(await shownIn(ports), { [network]: "approved", [security]: "approved", ops: "told" });
  });

  it("and none when it ended before anybody was shown anything", async () => {
    const ports = channelStage();
    await commit({}, ports);
    await commit({ state: "withdrawn", outcome: "Gone." }, ports);
    await recover(ports);
    assert.deepEqual([await shownIn(ports), ports.notifier.posted.length], [{}, 0]);
    assert.equal((await ports.outbox.waiting()).count, 0);
  });

  it("and none that policy decides without people", async () => {
    const ports = channelStage();
    await change({ shown: false }, ports);
    assert.deepEqual(ports.notifier.posted, []);
  });

  it("although one of them cannot be reached now: the others are shown, and it when it can be", async () => {
    const ports = channelStage();
    const { announce } = ports.notifier;
    ports.notifier.announce = async (view, place) => {
      if (place.id === network) throw new Error("429");
      return announce.call(ports.notifier, view, place);
    };
    await change({}, ports);
    assert.deepEqual(await shownIn(ports), { [security]: waiting, ops: "told" });
    assert.equal((await ports.outbox.waiting()).count, 1);
    ports.notifier.announce = announce;
    await recover(ports);
    assert.deepEqual(await shownIn(ports), everywhere);
    assert.equal((await ports.outbox.waiting()).count, 0);
  });

  it("although every answer is lost for a while: second lines of text, never a second card", async () => {
    const ports = channelStage();
    ports.notifier.mode = "lost-answer";
    await change({}, ports);
    ports.notifier.mode = "shown";
    await recover(ports);
    assert.deepEqual([await shownIn(ports), cardsEver(ports)], [everywhere, oneEach]);
    for (const place of [network, security, "ops"]) assert.equal(linesIn(place, ports), 2);
  });
});

describe("When a place takes nothing any more", () => {
  const asking = { reviewers: reviewers.slice(1) };

  it("an open request moves to the fallback, the other card stays", async () => {
    const ports = channelStage();
    await change(asking, ports);
    ports.notifier.closed.add(security);
    await change({ votes: [vote()] }, ports);
    assert.deepEqual(await shownIn(ports), { [network]: waiting, [everybody]: waiting });
    assert.equal((await ports.outbox.waiting()).count, 0);
    assert.match(JSON.stringify(ports.log.lines), /19:security takes nothing/);
  });

  it("a new request goes to the fallback at once", async () => {
    const ports = channelStage();
    ports.notifier.closed.add(security);
    await change(asking, ports);
    assert.deepEqual(await shownIn(ports), { [network]: waiting, [everybody]: waiting });
  });

  it("it is left alone for some minutes, then tried again, and both cards are kept current", async () => {
    const ports = channelStage();
    ports.notifier.closed.add(security);
    await change(asking, ports);
    ports.notifier.closed.clear();
    await recover(ports, 2);
    assert.deepEqual(Object.keys(await shownIn(ports)).sort(), [everybody, network].sort());
    await recover(ports, 10);
    await change(approved, ports);
    const all = { [network]: "approved", [security]: "approved", [everybody]: "approved" };
    assert.deepEqual(await shownIn(ports), all);
  });

  it("it is tried at once when Teams says that the bot is in it again", async () => {
    const ports = channelStage();
    ports.notifier.closed.add(security);
    await change(asking, ports);
    ports.notifier.closed.clear();
    assert.equal(await postMissingCards(ports, "missing-and-lost"), 1);
    assert.equal((await shownIn(ports))[security], waiting);
  });

  it("an ended request is told of nowhere, and nothing waits for it", async () => {
    const ports = channelStage();
    await change(asking, ports);
    ports.notifier.closed.add(security);
    await change(approved, ports);
    assert.equal((await shownIn(ports))[network], "approved");
    assert.equal(linesIn(everybody, ports), 0);
    assert.equal((await ports.outbox.waiting()).count, 0);
  });

  it("a request that can be shown nowhere is reported, kept and shown as soon as it can be", async () => {
    const ports = channelStage();
    for (const place of [network, security, everybody, "ops"]) ports.notifier.closed.add(place);
    await change({}, ports);
    assert.deepEqual(await shownIn(ports), {});
    assert.match(JSON.stringify(ports.log.lines), /no channel shows this request/);
    ports.notifier.closed.clear();
    await recover(ports, 12);
    assert.deepEqual(await shownIn(ports), everywhere);
  });

  it("and none was known when people were asked, the card comes with the first channel", async () => {
    const ports = channelStage();
    ports.notifier.mode = "nowhere";
    await change({}, ports);
    assert.deepEqual([await shownIn(ports), await postMissingCards(ports, "missing")], [{}, 0]);
    ports.notifier.mode = "shown";
    assert.equal(await postMissingCards(ports, "missing-and-lost"), 1);
    assert.deepEqual(await shownIn(ports), everywhere);
    assert.equal(await postMissingCards(ports, "missing-and-lost"), 0);
  });

  it("and the named channel becomes known later, the card is posted there too", async () => {
    const ports = channelStage();
    ports.notifier.channels = [everybody];
    ports.notifier.webhooks = [];
    await change({}, ports);
    assert.deepEqual(await shownIn(ports), { [everybody]: waiting });
    ports.notifier.channels = [everybody, network, security];
    await postMissingCards(ports, "missing-and-lost");
    assert.deepEqual(await shownIn(ports), { [everybody]: waiting, [network]: waiting, [security]: waiting });
    assert.equal(linesIn(everybody, ports), 1);
  });

  it("and Teams cannot be reached at all, everything waits in the outbox", async () => {
    const ports = channelStage();
    ports.notifier.mode = "unreachable";
    await change({}, ports);
    assert.equal((await ports.outbox.waiting()).count, 1);
    ports.notifier.mode = "shown";
    await recover(ports);
    assert.deepEqual(await shownIn(ports), everywhere);
  });
});

describe("When Teams does not find a card any more", () => {
  async function lose(ports: ChannelStage, where: string) {
    const sent = ports.notifier.posted.find(({ place }) => place.id === where)?.card;
    assert.ok(sent);
    ports.notifier.missing.add(sent.activityId);
    return sent;
  }

  it("another is posted while people are asked, and the old one is forgotten", async () => {
    const ports = channelStage();
    await change({}, ports);
    const old = await lose(ports, network);
    await change({ votes: [vote()] }, ports);
    assert.deepEqual(await shownIn(ports), everywhere);
    assert.equal(linesIn(network, ports), 2);
    const known = await ports.cards.all(asked.id);
    assert.ok(!known.some((one) => one.kind === "standing" && one.card?.activityId === old.activityId));
  });

  it("its end is told in its thread, once", async () => {
    const ports = channelStage();
    await change({}, ports);
    await lose(ports, network);
    await change({ state: "approving" }, ports);
    assert.equal(ports.notifier.ended.length, 0);
    await change(approved, ports);
    const latest = await ports.ledger.request(asked.id);
    assert.ok(latest);
    assert.equal(await showCards(latest, 9, ports), true);
    const told = ports.notifier.ended.map(({ place }) => place.id);
    assert.deepEqual(told.sort(), [network, "ops"].sort());
    assert.equal(linesIn(network, ports), 1);
  });

  it("and finds no new one either, it is tried again later, without end but not at once", async () => {
    const ports = channelStage();
    const { update } = ports.notifier;
    ports.notifier.update = async () => ({ kind: "missing" });
    await change({ reviewers: reviewers.slice(1, 2).map((one) => ({ ...one, channels: [network] })) }, ports);
    assert.equal(linesIn(network, ports), 1);
    ports.notifier.update = update;
    await recover(ports);
    assert.deepEqual(await shownIn(ports), { [network]: waiting });
    assert.equal(linesIn(network, ports), 1);
  });
});

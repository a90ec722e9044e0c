import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CardClaim, Cards, PlaceRecord, Post, SentCard } from "../../src/workflow/ports.ts";
import { aConnectionRef, request } from "../builders.ts";
import type { FakeClock } from "../fakes/clock.ts";
import { hostileTexts } from "./hostile-texts.ts";

export type OpenCards = () => Promise<{ readonly clock: FakeClock; readonly host: () => Cards }>;

const { id } = request();
const place = { kind: "channel", id: "19:approvals@thread.tacv2" } as const;
const post: Post = { request: id, place, what: "card" };

/** What every keeper of card records keeps: at most one card in a place, and none goes back to an older state. */
export function cardsContract(name: string, open: OpenCards): void {
  describe(`Cards contract: ${name}`, () => {
    claimContract(open);
    keepContract(open);
    lossContract(open);
    placesContract(open);
  });
}

function claimContract(open: OpenCards): void {
  it("gives the right to post to one of many at the same time", async () => {
    const { host } = await open();
    const claims = await Promise.all(Array.from({ length: 5 }, () => host().claim(post)));
    assert.deepEqual(claims.map(({ kind }) => kind).sort(), ["busy", "busy", "busy", "busy", "post"]);
  });

  it("gives the right to another when its holder seems to have died", async () => {
    const { clock, host } = await open();
    await host().claim(post);
    clock.advance(600);
    assert.deepEqual(await host().all(id), []);
    assert.equal((await host().claim(post)).kind, "post");
    assert.equal((await host().claim(post)).kind, "busy");
  });

  it("takes the right back from its holder and from nobody else", async () => {
    const { host } = await open();
    const token = tokenOf(await host().claim(post));
    await host().release(post, "a foreign token", "free");
    assert.equal((await host().claim(post)).kind, "busy");
    await host().release(post, token, "free");
    await host().release(post, token, "free");
    assert.deepEqual(await host().all(id), []);
    assert.equal((await host().claim(post)).kind, "post");
  });

  it("does not forget a card for a late release", async () => {
    const { host } = await open();
    const token = await posted(host(), card());
    await host().release(post, token, "lost");
    assert.deepEqual(await host().all(id), [standing(card(), 0)]);
  });
}

function keepContract(open: OpenCards): void {
  it("knows no card of a request that has none, and tells that one is being posted", async () => {
    const { host } = await open();
    assert.deepEqual(await host().all(id), []);
    await host().claim(post);
    assert.deepEqual(await host().all(id), [{ kind: "claimed", place }]);
  });

  it("gives the card to whoever wants to post it again", async () => {
    const { host } = await open();
    await posted(host(), card());
    assert.deepEqual(await host().claim(post), { kind: "standing", record: { place, card: card(), seq: 0 } });
  });

  it("keeps one of two cards, whose right is the later one, and tells the other", async () => {
    const { clock, host } = await open();
    const slow = tokenOf(await host().claim(post));
    clock.advance(600);
    const quick = tokenOf(await host().claim(post));
    assert.equal(await host().keep(post, slow, card("1")), false);
    assert.equal(await host().keep(post, quick, card("2")), true);
    assert.equal(await host().keep(post, slow, card("1")), false);
    assert.deepEqual(await host().all(id), [standing(card("2"), 0)]);
  });

  it("keeps the card of a slow holder as long as nobody else has the right", async () => {
    const { clock, host } = await open();
    const slow = tokenOf(await host().claim(post));
    clock.advance(600);
    assert.equal(await host().keep(post, slow, card("1")), true);
  });

  it("keeps the same card twice, as after a lost answer, and never by a token that was given back", async () => {
    const { host } = await open();
    const token = await posted(host(), card());
    assert.equal(await host().keep(post, token, card()), true);
    await host().drop(post, card(), "free");
    assert.equal(await host().keep(post, token, card()), false);
    assert.deepEqual(await host().all(id), []);
  });

  it("never goes back to an earlier event", async () => {
    const { host } = await open();
    await posted(host(), card());
    for (const seq of [5, 4]) await host().showed(post, card(), seq);
    assert.deepEqual(await host().all(id), [standing(card(), 5)]);
    await host().showed(post, card(), 6);
    assert.deepEqual(await host().all(id), [standing(card(), 6)]);
  });

  it("keeps the latest of many at the same time", async () => {
    const { host } = await open();
    await posted(host(), card());
    await Promise.all([3, 1, 4, 2].map((seq) => host().showed(post, card(), seq)));
    assert.deepEqual(await host().all(id), [standing(card(), 4)]);
  });

  it("does not take what one card shows for what another one does", async () => {
    const { host } = await open();
    await posted(host(), card("1"));
    await host().showed(post, card("2"), 9);
    assert.deepEqual(await host().all(id), [standing(card("1"), 0)]);
  });
}

function lossContract(open: OpenCards): void {
  it("forgets a card that is gone, and gives the right to post another", async () => {
    const { host } = await open();
    await posted(host(), card("1"));
    await host().drop(post, card("1"), "free");
    assert.deepEqual(await host().all(id), []);
    await posted(host(), card("2"));
    await host().drop(post, card("1"), "free");
    assert.deepEqual(await host().all(id), [standing(card("2"), 0)]);
  });

  it("remembers when a place took nothing, and lets it be tried again", async () => {
    const { clock, host } = await open();
    const lost = { kind: "lost", place, at: clock.now() };
    const token = tokenOf(await host().claim(post));
    await host().release(post, token, "lost");
    assert.deepEqual(await host().all(id), [lost]);
    await posted(host(), card());
    await host().drop(post, card(), "lost");
    assert.deepEqual(await host().all(id), [lost]);
    assert.equal((await host().claim(post)).kind, "post");
  });
}

function placesContract(open: OpenCards): void {
  it("has one card in each place, webhooks too, whose notices cannot be changed", async () => {
    const { host } = await open();
    const other: Post = { ...post, place: { kind: "webhook", id: place.id } };
    await posted(host(), card());
    await posted(host(), null, other);
    const all = [...(await host().all(id))].sort((one, next) => (one.place.kind < next.place.kind ? -1 : 1));
    assert.deepEqual(all, [standing(card(), 0), { kind: "standing", place: other.place, card: null, seq: 0 }]);
  });

  it("tells cases of a channel's id apart", async () => {
    const { host } = await open();
    await posted(host(), card());
    const other: Post = { ...post, place: { kind: "channel", id: place.id.toUpperCase() } };
    assert.equal((await host().claim(other)).kind, "post");
  });

  it("counts reminders and ends apart from cards", async () => {
    const { host } = await open();
    for (const what of ["half", "nine-tenths", "end"] as const) {
      await posted(host(), null, { ...post, what });
      assert.equal((await host().claim({ ...post, what })).kind, "standing");
    }
    assert.deepEqual(await host().all(id), []);
    assert.equal((await host().claim(post)).kind, "post");
  });

  it("does not mistake the cards of another request for its own", async () => {
    const { host } = await open();
    const others = [request({ round: 2 }).id, request({}, aConnectionRef("pe-other.1")).id];
    for (const other of others) await posted(host(), card(), { ...post, request: other });
    assert.deepEqual(await host().all(id), []);
  });

  it("keeps every text of a card and a place as it is", async () => {
    const { host } = await open();
    for (const text of Object.values(hostileTexts)) {
      const odd: Post = { ...post, place: { kind: "webhook", id: text } };
      await posted(host(), { ...card(text), channelId: text, conversationId: text }, odd);
      const found = (await host().all(id)).find((one) => one.place.id === text);
      assert.equal(found?.kind === "standing" && found.card?.conversationId, text);
    }
  });
}

async function posted(cards: Cards, sent: SentCard | null, to: Post = post): Promise<string> {
  const token = tokenOf(await cards.claim(to));
  assert.equal(await cards.keep(to, token, sent), true);
  return token;
}

function standing(sent: SentCard, seq: number): PlaceRecord {
  return { kind: "standing", place, card: sent, seq };
}

function tokenOf(claim: CardClaim): string {
  assert.ok(claim.kind === "post");
  return claim.token;
}

function card(activityId = "1"): SentCard {
  return {
    serviceUrl: "https://smba.trafficmanager.net/emea/",
    tenantId: "33333333-0000-0000-0000-000000000003",
    channelId: place.id,
    conversationId: "19:approvals@thread.tacv2;messageid=1",
    activityId,
  };
}

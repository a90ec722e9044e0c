import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CardClaim, Cards, SentCard } from "../../src/workflow/ports.ts";
import { request } from "../builders.ts";
import type { FakeClock } from "../fakes/clock.ts";
import { hostileTexts } from "./hostile-texts.ts";

export type OpenCards = () => Promise<{ readonly clock: FakeClock; readonly host: () => Cards }>;

const { id } = request();

/** What every keeper of card records keeps: at most one card is posted, and none goes back to an older state. */
export function cardsContract(name: string, open: OpenCards): void {
  describe(`Cards contract: ${name}`, () => {
    claimContract(open);
    keepContract(open);
  });
}

function claimContract(open: OpenCards): void {
  it("gives the right to post to one of many at the same time", async () => {
    const { host } = await open();
    const claims = await Promise.all(Array.from({ length: 5 }, () => host().claim(id)));
    assert.deepEqual(claims.map(({ kind }) => kind).sort(), ["busy", "busy", "busy", "busy", "post"]);
  });

  it("gives the right to another when its holder seems to have died", async () => {
    const { clock, host } = await open();
    await host().claim(id);
    clock.advance(600);
    assert.equal((await host().claim(id)).kind, "post");
    assert.equal((await host().claim(id)).kind, "busy");
  });

  it("takes the right back from its holder and from nobody else", async () => {
    const { host } = await open();
    const token = tokenOf(await host().claim(id));
    await host().release(id, "a foreign token");
    assert.equal((await host().claim(id)).kind, "busy");
    await host().release(id, token);
    await host().release(id, token);
    assert.equal((await host().claim(id)).kind, "post");
  });

  it("does not forget a card for a late release", async () => {
    const { host } = await open();
    const token = tokenOf(await host().claim(id));
    await host().keep(id, { card: card(), seq: 3 });
    await host().release(id, token);
    assert.deepEqual(await host().find(id), { card: card(), seq: 3 });
  });
}

function keepContract(open: OpenCards): void {
  it("knows no card of a request that has none, claimed or not", async () => {
    const { host } = await open();
    assert.equal(await host().find(id), undefined);
    await host().claim(id);
    assert.equal(await host().find(id), undefined);
  });

  it("gives the card to whoever wants to post it again", async () => {
    const { host } = await open();
    await host().claim(id);
    await host().keep(id, { card: card(), seq: 3 });
    assert.deepEqual(await host().claim(id), { kind: "update", record: { card: card(), seq: 3 } });
  });

  it("never replaces what shows a later event", async () => {
    const { host } = await open();
    await host().keep(id, { card: card("1"), seq: 5 });
    await host().keep(id, { card: card("2"), seq: 4 });
    assert.deepEqual(await host().find(id), { card: card("1"), seq: 5 });
    await host().keep(id, { card: card("3"), seq: 6 });
    assert.deepEqual(await host().find(id), { card: card("3"), seq: 6 });
  });

  it("keeps the latest of many at the same time", async () => {
    const { host } = await open();
    await Promise.all([3, 1, 4, 2].map((seq) => host().keep(id, { card: card(String(seq)), seq })));
    assert.deepEqual(await host().find(id), { card: card("4"), seq: 4 });
  });

  it("keeps every text of a card as it is", async () => {
    const { host } = await open();
    for (const [seq, text] of Object.values(hostileTexts).entries()) {
      await host().keep(id, { card: { ...card(text), channelId: text, conversationId: text }, seq });
      assert.equal((await host().find(id))?.card.conversationId, text);
    }
  });
}

function tokenOf(claim: CardClaim): string {
  assert.ok(claim.kind === "post");
  return claim.token;
}

function card(activityId = "1"): SentCard {
  return {
    serviceUrl: "https://smba.trafficmanager.net/emea/",
    tenantId: "33333333-0000-0000-0000-000000000003",
    channelId: "19:approvals@thread.tacv2",
    conversationId: "19:approvals@thread.tacv2;messageid=1",
    activityId,
  };
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { routerOf } from "../../src/teams/places.ts";
import { CardRounds } from "../../src/workflow/card-rounds.ts";
import type { Place } from "../../src/workflow/ports.ts";
import { tenant } from "./stage.ts";

const reviewers = [{ group: "g", name: "network", approvals: 1, channels: ["network"] }];
const at = new Date("2026-11-26T10:00:00Z");
const later = (minutes: number) => new Date(at.getTime() + minutes * 60_000);
const place = (id: string): Place => ({ kind: "channel", id });
const router = (...channels: readonly string[]) =>
  routerOf({
    tenantId: tenant,
    channels: channels.map((channelId) => ({ tenantId: tenant, teamId: "t", channelId, channelName: channelId })),
    webhooks: [],
    fallback: "everybody",
  });
const both = router("everybody", "network");

function lines(
  count: number,
  updatedAt = "2026-11-26T09:00:00Z",
): readonly { readonly id: string; readonly updatedAt: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: `request-${index}`, updatedAt }));
}

function seen(count: number, standing: readonly Place[] | null = [place("network")]): CardRounds {
  const rounds = new CardRounds();
  for (const line of lines(count)) rounds.saw(line, reviewers, standing, at);
  return rounds;
}

describe("Rounds over the cards of open requests", () => {
  it("look at every request once, a thousand at a time, and at none that stands where it should", () => {
    const rounds = new CardRounds();
    for (const looked of [1000, 1000, 500, 0]) {
      const due = rounds.due(lines(2500), both, at);
      assert.equal(due.length, looked);
      for (const id of due)
        rounds.saw({ id, updatedAt: lines(1)[0]?.updatedAt ?? "" }, reviewers, [place("network")], at);
    }
  });

  it("look at one that changed", () => {
    const rounds = seen(3);
    const [first, ...rest] = lines(3);
    assert.ok(first);
    assert.deepEqual(rounds.due([{ ...first, updatedAt: "2026-11-26T10:00:00Z" }, ...rest], both, at), [first.id]);
  });

  it("look at all that are not in a channel which became known, at once", () => {
    const rounds = seen(3, [place("everybody")]);
    assert.deepEqual(rounds.due(lines(3), router("everybody"), at), []);
    assert.equal(rounds.due(lines(3), both, at).length, 3);
  });

  it("do not look again at one that nobody is to see", () => {
    assert.deepEqual(seen(3, null).due(lines(3), both, later(10)), []);
  });

  it("look at each again within an hour, some at a time", () => {
    const counts = [20, 35, 45, 60].map((minutes) => seen(1000).due(lines(1000), both, later(minutes)).length);
    assert.equal(counts[0], 0);
    assert.ok(counts.every((count, index) => index === 0 || count >= (counts[index - 1] ?? 0)));
    assert.ok((counts[2] ?? 0) > 300 && (counts[2] ?? 0) < 700, `${counts[2]} after three quarters`);
    assert.equal(counts[3], 1000);
  });

  it("take new requests before those that are looked at again", () => {
    const rounds = seen(1000);
    const fresh = { id: "new", updatedAt: "x" };
    assert.equal(rounds.due([...lines(1000), fresh], both, later(60))[0], "new");
  });
});

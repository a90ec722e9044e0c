import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type NoticeKind, noticeCard } from "../../src/teams/notice-card.ts";
import { languages } from "../../src/words/language.ts";
import { hostileTexts } from "../contracts/hostile-texts.ts";
import { aView, aVote } from "./a-view.ts";
import { cardFaults, nodesOf, sizeOf } from "./card-faults.ts";

const kinds: readonly NoticeKind[] = ["asked", "half", "nine-tenths", "ended"];
const timetable = {
  askedAt: "2026-11-23T02:00:00.000Z",
  dueAt: "2026-11-23T10:00:00.000Z",
  expiry: "leave",
  reminders: [],
  escalations: [],
  done: [],
} as const;

/** Our rules for cards hold for notices too, but for the version: Workflows take 1.4. */
function faults(card: object): readonly string[] {
  return cardFaults(card).filter((fault) => fault !== "the version is not 1.5");
}

function texts(card: object): string {
  return JSON.stringify([...nodesOf(card)].map(({ text, facts }) => [text, facts]));
}

describe("A notice", () => {
  for (const language of languages) {
    for (const kind of kinds) {
      it(`in ${language} about ${kind} is a card of version 1.4 that only links to the page`, () => {
        const card = noticeCard(aView({ timetable }), kind, language);
        assert.equal(card.version, "1.4");
        assert.deepEqual(faults(card), []);
        assert.deepEqual(
          card.actions.map(({ type, url }) => [type, url]),
          [["Action.OpenUrl", aView().link]],
        );
        const types = new Set([...nodesOf(card)].map(({ type }) => type));
        assert.deepEqual([...types].sort(), ["Action.OpenUrl", "AdaptiveCard", "FactSet", "TextBlock"]);
      });
    }
  }

  it("says what is asked, of whom, and until when", () => {
    const said = texts(noticeCard(aView({ timetable, votes: [aVote()] }), "asked", "en"));
    for (const text of ["pls-orders", "pe-fabrikam", "Fabrikam", "Change freeze", "2026-11-23 10:00 UTC"]) {
      assert.ok(said.includes(text), text);
    }
    assert.match(said, /1 approval of network-oncall, 1 approval of security/);
    assert.match(said, /nobody can answer here/);
  });

  it("says how it ended, in the words of the ledger", () => {
    const said = texts(noticeCard(aView({ state: "approved", outcome: "Approved on ARM." }), "ended", "en"));
    assert.match(said, /The request has ended.*Approved on ARM\..*nothing left to do/);
  });

  it("says nothing of time where people have all of it", () =>
    assert.doesNotMatch(texts(noticeCard(aView(), "asked", "en")), /UTC|Time ends/));

  it("has no button without an address, and none that is no web address", () => {
    for (const link of [null, "javascript:alert(1)", "nonsense"]) {
      assert.deepEqual(noticeCard(aView({}, { link }), "asked", "en").actions, []);
    }
  });

  it("shows what others wrote as text and as nothing else, and stays small", () => {
    for (const text of [
      ...Object.values(hostileTexts),
      "[click](https://evil.example) {{DATE(1)}} \u202egnp".repeat(300),
    ]) {
      const hostile = aView({
        connectionName: text,
        endpointId: null,
        consumer: { name: text, tier: text, tenantId: text },
        consumerSubscriptionId: text,
        message: text,
        outcome: text,
        verdict: {
          effect: "review",
          decidedBy: [text],
          reason: text,
          unavailable: [],
          expiresAfter: null,
          policies: [],
        },
        reviewers: Array.from({ length: 40 }, (_, n) => ({ group: `g${n}`, name: text, approvals: 2 })),
      });
      for (const kind of kinds) {
        const card = noticeCard(hostile, kind, "en");
        assert.deepEqual(faults(card), []);
        assert.doesNotMatch(texts(card), /\{\{|\]\(|<script|\u202e|https?:\/\/evil/);
        assert.ok(sizeOf(card) < 10_000);
      }
    }
  });
});

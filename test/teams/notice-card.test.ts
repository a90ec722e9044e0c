import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type NoticeKind, noticeCard } from "../../src/teams/notice-card.ts";
import { languages } from "../../src/words/language.ts";
import { hostileTexts } from "../contracts/hostile-texts.ts";
import { aView, aVote } from "./a-view.ts";
import { cardFaults, nodesOf, sizeOf } from "./card-faults.ts";
import { aLiveView, ending } from "./live-states.ts";

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

  it("asks of an approved connection whether it stays, and says when it goes", () => {
    const asked = texts(noticeCard(aLiveView({ timetable: ending }), "asked", "en"));
    assert.match(asked, /A connection is to be taken away/);
    assert.match(asked, /given for a limited time, and that time ends\. Its approval of 90 days ends\./);
    assert.match(asked, /"Missing to keep it","value":"2 answers of network-oncall"/);
    assert.match(asked, /Keep it or take it away on the page/);
    assert.match(texts(noticeCard(aLiveView(), "asked", "en")), /Shall a connection stay\?/);
  });

  it("reminds that an approved connection goes, in how much time, and what is missing to keep it", () => {
    const reminded = texts(noticeCard(aLiveView({ timetable: ending, votes: [aVote()] }), "half", "en"));
    assert.match(reminded, /is taken away 2026-11-24 09:00 UTC, in 15 hours 38 minutes, unless it is decided before/);
    assert.match(reminded, /Still missing to keep it: 1 answer of network-oncall\./);
    const japanese = texts(noticeCard(aLiveView({ timetable: ending }), "nine-tenths", "ja"));
    assert.match(japanese, /この接続は 2026-11-24 09:00 UTC に、あと 3 時間 8 分間で取り消されます。/);
    const stays = aLiveView({ timetable: { ...ending, expiry: "leave" } });
    assert.match(texts(noticeCard(stays, "half", "en")), /Without an answer the connection stays/);
    const held = aLiveView({ timetable: ending }, { mode: "approve-only" });
    assert.match(texts(noticeCard(held, "half", "en")), /The connection stays also then/);
  });

  it("says in the reader's language how a question about an approved connection ended", () => {
    const kept = aLiveView({ state: "approved", outcome: "Kept: Approved on ARM." });
    assert.match(texts(noticeCard(kept, "ended", "en")), /"Outcome","value":"Kept"/);
    assert.match(texts(noticeCard(kept, "ended", "ja")), /"結果","value":"継続済み"/);
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
      const live = { cause: "drift", why: text, approval: null } as const;
      const views = [hostile, { ...hostile, request: { ...hostile.request, live, timetable } }];
      for (const [view, kind] of views.flatMap((view) => kinds.map((kind) => [view, kind] as const))) {
        const card = noticeCard(view, kind, "en");
        assert.deepEqual(faults(card), []);
        assert.doesNotMatch(texts(card), /\{\{|\]\(|<script|\u202e|https?:\/\/evil/);
        assert.ok(sizeOf(card) < 10_000);
      }
    }
  });
});

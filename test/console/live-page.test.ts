import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Attempt } from "../../src/console/answer-form.ts";
import { requestPage } from "../../src/console/request-page.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import { type Language, languages } from "../../src/words/language.ts";
import type { RequestLine, RequestView } from "../../src/workflow/ports.ts";
import { event } from "../builders.ts";
import { hostileTexts } from "../contracts/hostile-texts.ts";
import { aDecision, aRequest, aView, aVote, megan, tenant } from "../teams/a-view.ts";
import { aLiveView, anApproval, ending, liveStates, lives } from "../teams/live-states.ts";

const chair = {
  objectId: megan.objectId,
  tenantId: tenant,
  mayDecide: true,
  isGuest: false,
  signedInAt: new Date("2026-11-23T02:00:00Z"),
  formToken: "token",
  now: new Date("2026-11-23T02:01:00Z"),
};

type Change = {
  readonly language?: Language;
  readonly attempt?: Attempt;
  readonly answered?: boolean;
  readonly earlier?: readonly RequestLine[];
};

function htmlOf(view: RequestView, { language = "en", earlier = [], ...change }: Change = {}): string {
  const asked: AuditEvent = { ...event({ kind: "requested" }), v: 1, seq: 1, prev: "", hash: "" };
  const frame = { language, origin: "https://plgate.example" };
  const page = { frame, view, events: [asked], judged: { kind: "none" }, earlier, chair, ...change } as const;
  return requestPage(page).toString();
}

/** What a reader sees of the request, without the parts that every page has. */
function textOf(view: RequestView, change: Change = {}): string {
  const main = /<main[\s\S]*<\/main>/.exec(htmlOf(view, change))?.[0] ?? "";
  return main.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

function without(parts: readonly string[], text: string): void {
  for (const part of parts) assert.ok(!text.includes(part), `"${part}" in ${text}`);
}

function withAll(parts: readonly string[], text: string): void {
  for (const part of parts) assert.ok(text.includes(part), `"${part}" in ${text}`);
}

describe("The page of a connection that is approved already", () => {
  it("asks whether it stays, says why and since when, and offers to keep it or to take it away", () => {
    const text = textOf(aLiveView({ timetable: ending }));
    withAll(
      [
        "stay connected to pls-orders",
        "To be taken away",
        "taken away when its time ends, unless it is decided before that it stays",
        "Why this is asked",
        "The approval was given for a limited time",
        "Its approval of 90 days ends.",
        "20 Aug 2026, 09:30 UTC",
        "Megan Test",
        "Keep this connection",
        "Take this connection away",
        "It is cut off in Azure at once",
      ],
      text,
    );
    without(["Approve this", "Reject this", "asks to connect", "stays Pending"], text);
  });

  it("leads to the request that approved it", () => {
    const link = `href="https://plgate.example/api/requests/${anApproval.id}"`;
    assert.ok(htmlOf(aLiveView()).includes(link));
    assert.match(textOf(aLiveView({ live: lives.drift })), /No approval by plgate is on record/);
  });

  it("says what policy would do with it now, and not that policy asks", () => {
    const view = liveStates["live, policy changed its mind"];
    assert.ok(view);
    const text = textOf(view);
    assert.match(text, /What policy says of it now\s+It would\s+reject\s+Reason\s+Gold alone/);
    without(["Policy alone would"], text);
  });

  it("promises nothing that approve-only mode would not do", () => {
    const text = textOf(aLiveView({ timetable: ending }, { mode: "approve-only" }));
    withAll(["The connection stays also then", "Keep this connection"], text);
    without(["Take this connection away", "To be taken away"], text);
  });

  const ends = {
    "live, kept": ["Kept", "The connection stays.", "keep"],
    "live, taken away": ["Taken away", "Azure confirmed it", "take away"],
    "live, confirmed by nobody": ["Nobody confirmed it, it stays"],
    "live, cut outside": ["Changed outside plgate"],
    "live, held in approve-only mode": ["Held, plgate does not write", "stays until somebody changes it in Azure"],
    "live, Azure does not take it away": ["What an operator has to do", "PLGATE_REVOKE_BY to remove", "NotApproved"],
  } as const;
  for (const [name, words] of Object.entries(ends)) {
    it(`says how it stands: ${name}`, () => {
      const view = liveStates[name];
      assert.ok(view);
      withAll(words, textOf(view));
    });
  }

  for (const [name, view] of Object.entries(liveStates)) {
    it(`speaks Japanese, and never of approving or rejecting a request to get in: ${name}`, () => {
      const text = textOf(view, { language: "ja" });
      without(["この接続を承認する", "この接続を拒否する", "への接続を求めています", "接続は保留のまま"], text);
      assert.match(text, /接続を継続しますか/);
    });
  }

  it("shows an answer as what it is, and tells its sender so", () => {
    const votes = [aVote()];
    withAll(["You want this connection to stay.", "keep"], textOf(aLiveView({ votes }), { answered: true }));
    const gone = aLiveView({ state: "rejecting", votes: [aVote({ vote: "reject" })], decided: aDecision() });
    withAll(["You took this connection away.", "take away"], textOf(gone, { answered: true }));
  });

  it("words a refusal for what was asked", () => {
    const attempt = {
      justification: "",
      expiresAfter: "",
      faults: [],
      sentence: "",
      refused: "not-a-reviewer",
    } as const;
    assert.match(textOf(aLiveView(), { attempt }), /You are not a reviewer of this connection\./);
    assert.match(textOf(aView(), { attempt }), /You are not a reviewer of this request\./);
  });

  it("tells the record of a question from that of a request to get in, in every language", () => {
    assert.match(textOf(aLiveView(), { language: "ja" }), /承認済みの接続の見直しを開始/);
    assert.match(textOf(aView(), { language: "ja" }), /利用者が接続を申請/);
  });

  it("says of earlier questions that their connections were kept", () => {
    const { id, serviceId, connectionId, endpointId, consumerSubscriptionId, requestedAt, updatedAt } = aRequest();
    const subject = { serviceId, connectionId, endpointId, consumerSubscriptionId, requestedAt, updatedAt };
    const line = {
      ...subject,
      id: anApproval.id,
      state: "approved",
      outcome: null,
      consumerName: null,
      reason: null,
    } as const;
    const asked = aLiveView({ id });
    const view = { ...asked, request: { ...asked.request, id: "abcdefghijklmnop-qrstuvwxyz-9" as typeof id } };
    assert.match(textOf(view, { earlier: [{ ...line, live: "expiry" }] }), /pls-orders\s+Kept/);
    assert.match(textOf(view, { earlier: [line] }), /pls-orders\s+Approved/);
  });

  it("shows hostile words as words", () => {
    for (const [name, words] of Object.entries(hostileTexts)) {
      for (const language of languages) {
        const html = htmlOf(aLiveView({ live: { ...lives.expiry, why: words, run: words } }), { language });
        assert.doesNotMatch(html, /<script|\u202e/i, name);
        assert.equal(html.match(/<\/?main/g)?.length, 2, name);
      }
    }
  });
});

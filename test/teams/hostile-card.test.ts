import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { RequestState } from "../../src/requests/request.ts";
import type { RequestId } from "../../src/requests/request-id.ts";
import { approvalCard, cardSummary, copyOfCard } from "../../src/teams/approval-card.ts";
import { languages } from "../../src/words/language.ts";
import type { RequestView } from "../../src/workflow/ports.ts";
import { aDecision, aRequest, aView, aVote, tenant } from "./a-view.ts";
import { cardFaults, nodesOf, nodesOfType, sizeOf } from "./card-faults.ts";
import { cardStates, earlier } from "./card-states.ts";
import { shapeOf } from "./reading.ts";

const longest = 4000;
const group = "55555555-0000-0000-0000-000000000005";
const states = ["awaiting-decision", "failed", "approved", "rejected", "withdrawn"] as const;

/** What somebody might write who wants a card to be more than they may make it. */
const hostile: Readonly<Record<string, string>> = {
  "a markdown link": "[Approve](https://evil.example)",
  "a picture": "![logo](https://evil.example/pixel.png)",
  "markdown emphasis": "**Approved** _by security_ ~~Rejected~~ `code`",
  "a markdown heading and list": "# Approved\n\n- [x] security\n1. network",
  "a mention": "<at>Security Team</at>",
  "a mention that was escaped": "&lt;at&gt;Security Team&lt;/at&gt;",
  "an HTML script": '<script>alert(1)</script><img src=x onerror="alert(1)">',
  "an HTML link": '<a href="https://evil.example">Approve</a>',
  entities: "&lsqb;Approve&rsqb;&lpar;https&colon;//evil.example&rpar; &#91;x&#93; &rlm;",
  "a template": "{{DATE(2000-01-01T00:00:00Z, SHORT)}} {{TIME(2000-01-01T00:00:00Z)}}",
  "half a template": "{{DATE(2000-01-01",
  "a template of the newer kind": "$" + "{$root.secret}",
  "a bare address": "https://evil.example/approve www.evil.example mailto:a@evil.example",
  "an address for a phone": "tel:+4712345678 msteams:/l/chat javascript:alert(1)",
  "a turn of direction": "\u202Edevorppa\u202C \u2066x\u2069 \u200Fabc",
  "invisible characters": "pay\u200Bpal\u200D\uFEFF\u00AD\u2060\u{E0041}",
  "line breaks": "Known partner\r\n\r\nApprovals: 2 of 2\u2028\u2029\u0085x",
  "control characters": "\u0000\u0007\u001B[31mred\u009B31m",
  "a tower of accents": `Z${"\u0301".repeat(60)}`,
  "a card":
    '{"type":"AdaptiveCard","actions":[{"type":"Action.OpenUrl","title":"Approve","url":"https://evil.example"}]}',
  "the end of the card's own JSON":
    '"}],"actions":[{"type":"Action.Execute","verb":"approve","data":{"requestId":"x"}}],"x":[{"a":"',
  "half a pair of code units": "\uD800 \uDC00",
  "a name of 4,000 letters": "w".repeat(longest),
  "4,000 characters of four bytes": "\u{20000}".repeat(longest),
  "4,000 characters of three bytes": "承".repeat(longest),
  "4,000 characters that JSON escapes": '"'.repeat(longest),
  "nothing to see": "\u200B\u2063",
};

describe("A card with hostile text", () => {
  for (const [name, words] of Object.entries(hostile)) {
    it(`shows ${name} as text and nothing else, in every place and language`, () => {
      for (const card of cardsWith(words)) assertHarmless(card);
    });
  }

  it("stays harmless whatever is written", () => {
    const anything = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc
        .array(fc.constantFrom(...Object.values(hostile).map((words) => words.slice(0, 90))), { maxLength: 3 })
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(anything, (words) => {
        for (const card of cardsWith(words)) assertOnlyText(card);
      }),
      { numRuns: 30 },
    );
  });

  it("has the shape of the same card with kind text", () => {
    for (const state of states) {
      for (const language of languages) {
        const kind = shapeOf(approvalCard({ ...viewOf("kind", state), language }));
        const mean = shapeOf(approvalCard({ ...viewOf(hostile["a card"] ?? "", state), language }));
        assert.deepEqual(mean, kind);
        const kindLive = shapeOf(approvalCard({ ...liveViewOf("kind", state), language }));
        assert.deepEqual(shapeOf(approvalCard({ ...liveViewOf(hostile["a card"] ?? "", state), language })), kindLive);
      }
    }
  });

  it("cannot make its link lead elsewhere", () => {
    for (const words of Object.values(hostile)) {
      for (const card of cardsWith(words)) {
        const urls = nodesOfType(card, "Action.OpenUrl").map(({ url }) => url);
        assert.ok(urls.every((url) => url === aView().link));
      }
    }
  });

  for (const name of [
    "4,000 characters of three bytes",
    "a name of 4,000 letters",
    "4,000 characters of four bytes",
    "4,000 characters that JSON escapes",
  ]) {
    it(`stays under 20 KB at its worst: ${name}`, () => {
      const sizes = cardsWith(hostile[name] ?? "").map(sizeOf);
      assert.ok(Math.max(...sizes) < 20_000, `${Math.max(...sizes)} bytes`);
      for (const view of viewsWith(hostile[name] ?? "")) assert.ok(cardSummary(view).length < 1000);
    });
  }
});

describe("The words of a card", () => {
  for (const [name, view] of Object.entries(cardStates)) {
    it(`hold nothing that a card would read as more than text: ${name}`, () => {
      for (const language of languages) assertHarmless(approvalCard({ ...view, language }));
    });
  }
});

function assertHarmless(card: object): void {
  assertOnlyText(card);
  assert.deepEqual(cardFaults(card), []);
}

function assertOnlyText(card: object): void {
  for (const text of [...nodesOf(card)].flatMap(textsOf).map(withoutOwnDates)) {
    // Markdown, mentions, templates, entities, addresses, and what cannot be seen or turns the direction of writing.
    assert.doesNotMatch(text, /[[\](){}*_~`#>|<\\&@\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
    assert.doesNotMatch(text, /\/\/|\bwww\.|\p{L}:(?=\S)/u);
  }
}

function cardsWith(words: string): readonly object[] {
  const [waiting, ...others] = viewsWith(words);
  return waiting ? [copyOfCard(waiting), ...[waiting, ...others].map(approvalCard)] : [];
}

function viewsWith(words: string): readonly RequestView[] {
  const views = states.flatMap((state) => [viewOf(words, state), liveViewOf(words, state)]);
  return languages.flatMap((language) => views.map((view) => ({ ...view, language })));
}

/** The same of a connection that is approved already. */
function liveViewOf(words: string, state: RequestState): RequestView {
  const view = viewOf(words, state);
  const id = words as RequestId;
  const live = { cause: "recertification", why: words, approval: id, run: words } as const;
  const { decided, updatedAt } = view.request;
  const expiresAt = "2026-11-24T02:00:00Z";
  const approval = { id, state: "approved", updatedAt, expiresAt, decided } as const;
  const earlier = view.earlier === "unreadable" ? view.earlier : view.earlier.map((one) => ({ ...one, live }));
  return { ...view, request: { ...view.request, live }, approval, earlier };
}

/** Everything that can be text is these words, and as much of it as there can be. */
function viewOf(words: string, state: RequestState): RequestView {
  const { verdict } = aRequest();
  const many = (count: number) => Array.from({ length: count }, () => words);
  const standIns = many(9).map((name) => ({ group: `${group}x`, name }));
  const decided = aDecision({ reason: words, by: { kind: "person", objectId: "a", tenantId: tenant, name: words } });
  return aView(
    {
      state,
      serviceId: words,
      serviceRegion: words,
      connectionName: words,
      endpointId: words,
      endpointRegion: words,
      consumerSubscriptionId: words,
      consumer: { name: words, tier: words, tenantId: words },
      message: words,
      round: 99_999,
      verdict: verdict && { ...verdict, reason: words, decidedBy: many(20), unavailable: many(20) },
      reviewers: many(9).map((name) => ({ name, group, approvals: 5, standIns })),
      timetable: {
        askedAt: "2026-11-23T02:00:00Z",
        dueAt: "2026-11-24T02:00:00Z",
        expiry: "reject",
        reminders: [],
        escalations: [{ step: "escalation-0", at: "2026-11-23T12:00:00Z", from: [group], to: standIns }],
        done: ["escalation-0"],
      },
      votes: many(12).map((name, n) => aVote({ objectId: `${n}`, name, justification: words, groups: [group] })),
      decided: { ...decided, expiresAfter: words },
      failure: { code: words, message: words, at: "2026-11-23T02:01:00Z", attempts: 9999 },
      outcome: words,
    },
    {
      history: { approvedBefore: true, rejectedBefore: true },
      earlier: many(3).map((connectionName) => earlier({ connectionName, endpointId: words, decided })),
    },
  );
}

function textsOf(node: Readonly<Record<string, unknown>>): readonly string[] {
  const facts = Array.isArray(node["facts"]) ? node["facts"].flatMap(({ title, value }) => [title, value]) : [];
  const words = ["text", "title", "label", "placeholder", "errorMessage", "fallbackText"].map((key) => node[key]);
  return [...words, ...facts].filter((text) => typeof text === "string");
}

function withoutOwnDates(text: string): string {
  return text.replace(/\{\{DATE\([^)]*, SHORT\)\}\} \{\{TIME\([^)]*\)\}\}/g, "");
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { approvalCard, cardSummary } from "../../src/teams/approval-card.ts";
import type { RequestView } from "../../src/workflow/ports.ts";
import { aDecision, aView, aVote, tenant } from "./a-view.ts";
import { cardFaults, nodesOf, nodesOfType, sizeOf } from "./card-faults.ts";

const meganApproved = [aVote()];
const bothApproved = [aVote(), aVote({ objectId: "b", name: "Lee", groups: ["55555555-0000-0000-0000-000000000005"] })];
const rejection = aDecision({ kind: "reject", reason: "Not our customer" });

const states: Readonly<Record<string, RequestView>> = {
  "just received": aView({ state: "received", reviewers: [] }),
  waiting: aView(),
  "waiting with one of two votes": aView({ votes: meganApproved }),
  "waiting for a consumer who came before": aView(
    { round: 3, consumer: null, message: null },
    { history: { approvedBefore: true, rejectedBefore: true } },
  ),
  "waiting without any reviewer": aView({ reviewers: [] }),
  "waiting in approve-only mode": aView({}, { mode: "approve-only" }),
  "waiting because nobody knows who asks": aView({
    endpointId: null,
    endpointRegion: null,
    consumerSubscriptionId: null,
    consumer: null,
    verdict: { ...verdict(), effect: "approve", decidedBy: ["everybody"], reason: "Everybody may.", unavailable: [] },
  }),
  "held in observe mode": aView({ reviewers: [], held: { mode: "observe", effect: "approve" } }, { mode: "observe" }),
  "held in observe mode though people were asked before": aView({}, { mode: "observe" }),
  "held in approve-only mode": aView({ held: { mode: "approve-only", effect: "reject" } }, { mode: "approve-only" }),
  approving: aView({ state: "approving", votes: bothApproved, decided: aDecision() }),
  rejecting: aView({ state: "rejecting", votes: [aVote({ vote: "reject" })], decided: rejection }),
  approved: aView({ state: "approved", votes: bothApproved, decided: aDecision(), outcome: "Approved on ARM." }),
  rejected: aView({ state: "rejected", decided: rejection, outcome: "Rejected on ARM." }),
  "approved by policy after a failure": aView({
    state: "approved",
    reviewers: [],
    decided: aDecision({ by: { kind: "robot" }, door: "timer", reason: "Registered customer." }),
    outcome: "Approved on ARM.",
  }),
  expired: aView({ state: "expired", outcome: "Nobody decided within 14 days." }),
  withdrawn: aView({ state: "withdrawn", outcome: "The connection is gone." }),
  "resolved elsewhere": aView({
    state: "resolved-elsewhere",
    outcome: "Found Rejected on ARM; it was decided outside plgate.",
  }),
  "failed for want of a role": aView({
    state: "failed",
    decided: aDecision(),
    failure: { code: "AuthorizationFailed", message: "No write.", at: "2026-11-23T02:01:00Z", attempts: 2 },
  }),
};

const terminal = ["approved", "rejected", "expired", "withdrawn", "resolved-elsewhere"];

function verdict() {
  const { verdict } = aView().request;
  if (!verdict) throw new Error("the example has no verdict");
  return verdict;
}

function textOf(card: object): string {
  return JSON.stringify(card);
}

function headOf(view: RequestView): string {
  return JSON.stringify(approvalCard(view).body[0]);
}

function titlesOf(view: RequestView): readonly string[] {
  return approvalCard(view).actions.map(({ title }) => title);
}

describe("approvalCard in every state", () => {
  for (const [name, view] of Object.entries(states)) {
    it(`looks as agreed: ${name}`, (t) => t.assert.snapshot({ summary: cardSummary(view), card: approvalCard(view) }));

    it(`is a valid card of version 1.5: ${name}`, () => assert.deepEqual(cardFaults(approvalCard(view)), []));

    it(`says approved only when it is: ${name}`, () => {
      const claims = /\bapproved\b/i.test(headOf(view)) || /\bapproved\b/i.test(cardSummary(view));
      assert.equal(claims, view.request.state === "approved");
    });

    if (terminal.includes(view.request.state)) {
      it(`has neither input nor button but the link once it ended: ${name}`, () => {
        const card = approvalCard(view);
        assert.deepEqual(nodesOfType(card, "Input.Text"), []);
        assert.deepEqual(nodesOfType(card, "Action.Execute"), []);
        assert.deepEqual(titlesOf(view), ["Open the request"]);
      });
    }
  }

  it("is checked by something that finds faults", () => {
    const broken = { ...approvalCard(aView()), version: "1.6", msteams: {}, body: [{ type: "Nope" }] };
    const faults = cardFaults(broken).join("\n");
    for (const fault of ["Nope", "msteams", "version"]) assert.match(faults, new RegExp(fault));
  });
});

describe("approvalCard", () => {
  it("asks for a justification of at most 140 characters and offers both answers while it waits", () => {
    const [input, ...more] = nodesOfType(approvalCard(aView()), "Input.Text");
    assert.deepEqual(more, []);
    assert.equal(input?.["id"], "justification");
    assert.equal(input?.["isRequired"], true);
    assert.equal(input?.["maxLength"], 140);
    assert.deepEqual(titlesOf(aView()), ["Approve", "Reject", "Open the request"]);
  });

  const silent = {
    "while it is being applied": { state: "approving", decided: aDecision() },
    "after a failure": { state: "failed", decided: aDecision() },
    "when the mode holds it back": { held: { mode: "observe", effect: "approve" } },
    "when nobody is a reviewer": { reviewers: [] },
  } as const;
  for (const [when, change] of Object.entries(silent)) {
    it(`asks nothing ${when}`, () => {
      assert.deepEqual(nodesOfType(approvalCard(aView(change)), "Input.Text"), []);
      assert.deepEqual(titlesOf(aView(change)), ["Open the request"]);
    });
  }

  it("does not offer a rejection that approve-only mode would refuse", () => {
    assert.deepEqual(titlesOf(aView({}, { mode: "approve-only" })), ["Approve", "Open the request"]);
  });

  it("counts the votes of each group and says who is missing", () => {
    const text = textOf(approvalCard(aView({ votes: meganApproved })));
    assert.match(text, /"network-oncall","value":"1 of 2: Megan Test"/);
    assert.match(text, /"security","value":"0 of 1"/);
    assert.match(text, /Still needed from network-oncall, security\./);
  });

  it("names nobody as missing while nobody can answer", () => {
    const held = textOf(approvalCard(aView({}, { mode: "observe" })));
    assert.match(held, /"security","value":"0 of 1"/);
    assert.doesNotMatch(held, /Still needed/);
  });

  it("counts earlier requests only until it has become one itself", () => {
    assert.match(textOf(approvalCard(aView())), /Earlier requests/);
    assert.doesNotMatch(textOf(approvalCard(aView({ state: "approved", decided: aDecision() }))), /Earlier requests/);
  });

  it("marks the message as the consumer's own words", () => {
    const box = nodesOfType(approvalCard(aView()), "Container").at(-1);
    assert.match(JSON.stringify(box), /consumer's own words.*Orders for the Oslo shop, CHG-1234/);
  });

  it("writes moments in the reader's own time, to the second", () => {
    assert.match(
      textOf(approvalCard(aView())),
      /\{\{DATE\(2026-11-23T01:44:30Z, SHORT\)\}\} \{\{TIME\(2026-11-23T01:44:30Z\)\}\}/,
    );
  });

  const steps = {
    AuthorizationFailed: /Give plgate's identity the role/,
    ScopeLocked: /Take away the lock/,
    RequestDisallowedByPolicy: /An Azure Policy forbids/,
    SomethingNew: /Look at the connection in Azure/,
  } as const;
  for (const [code, expected] of Object.entries(steps)) {
    it(`names the operator's next step after ${code}`, () => {
      const failure = { code, message: "No.", at: "2026-11-23T02:01:00Z", attempts: 1 };
      assert.match(textOf(approvalCard(aView({ state: "failed", decided: aDecision(), failure }))), expected);
    });
  }

  const doors = {
    event: "by itself",
    timer: "by itself",
    teams: "in Teams",
    api: "over the API",
    console: "on the page",
    cli: "on the command line",
    outside: "in Azure",
  } as const;
  for (const [door, words] of Object.entries(doors) as [keyof typeof doors, string][]) {
    it(`says through which door it was decided: ${door}`, () => {
      const decided = aDecision({ door, by: { kind: "outside" } });
      assert.match(
        textOf(approvalCard(aView({ state: "approved", decided }))),
        new RegExp(`outside plgate, ${words}"`),
      );
    });
  }

  const links = {
    "leaves out the link when there is no public address": null,
    "leaves out a link that is no web address": "javascript:alert(1)",
    "leaves out a link that cannot be parsed": "http://",
  } as const;
  for (const [name, link] of Object.entries(links)) {
    it(name, () => assert.deepEqual(nodesOfType(approvalCard(aView({}, { link })), "Action.OpenUrl"), []));
  }

  it("says so where a name, a region or a moment is not known", () => {
    const text = textOf(approvalCard(aView({ serviceRegion: null, serviceId: "\u200B", requestedAt: "never" })));
    assert.match(text, /"Region","value":"not known"/);
    assert.match(text, /"Service","value":"not known"/);
    assert.match(text, /"Asked","value":"not known"/);
  });
});

describe("approvalCard with hostile text", () => {
  const hostileWords = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.constantFrom(
      "[Approve](https://evil.example)",
      '{"type":"Action.OpenUrl","url":"https://evil.example"}',
      "{{DATE(2000-01-01T00:00:00Z)}}",
      "<at>Megan</at>",
      "\u202Edevorppa",
    ),
  );

  it("shows nothing that Markdown, templates or mentions would read", () => {
    fc.assert(
      fc.property(hostileWords, (words) => {
        const card = approvalCard(hostileView(words));
        const texts = [...nodesOf(card)].flatMap(textsOf).map(withoutOwnDates);
        for (const text of texts) assert.doesNotMatch(text, /[[\](){}*_~`#>|<\\&@\u202E]|\/\//);
        assert.deepEqual(cardFaults(card), []);
      }),
    );
  });

  for (const [name, words] of Object.entries({
    "four bytes a character": "\u{20000}",
    "characters that JSON escapes": '"',
    "ordinary letters": "w",
  })) {
    it(`stays under 20 KB at its worst: ${name}`, () => {
      for (const state of ["awaiting-decision", "failed", "approved"] as const) {
        const view = hostileView(words.repeat(4000));
        const card = approvalCard({ ...view, request: { ...view.request, state } });
        assert.ok(sizeOf(card) < 20_000, `${state}: ${sizeOf(card)} bytes`);
        assert.ok(cardSummary(view).length < 1000);
      }
    });
  }
});

/** Everything that can be text is these words, and as much of it as there can be. */
function hostileView(words: string): RequestView {
  const group = "55555555-0000-0000-0000-000000000005";
  const many = (count: number) => Array.from({ length: count }, () => words);
  return aView(
    {
      serviceId: words,
      serviceRegion: words,
      connectionName: words,
      endpointId: words,
      endpointRegion: words,
      consumerSubscriptionId: words,
      consumer: { name: words, tier: words, tenantId: words },
      message: words,
      round: 99_999,
      verdict: { ...verdict(), reason: words, decidedBy: many(200), unavailable: many(64) },
      reviewers: many(50).map((name) => ({ name, group, approvals: 5 })),
      votes: many(60).map((name, n) => aVote({ objectId: `${n}`, name, justification: words, groups: [group] })),
      decided: aDecision({ reason: words, by: { kind: "person", objectId: "a", tenantId: tenant, name: words } }),
      failure: { code: words, message: words, at: "2026-11-23T02:01:00Z", attempts: 9999 },
      outcome: words,
    },
    { history: { approvedBefore: true, rejectedBefore: true } },
  );
}

function textsOf(node: Readonly<Record<string, unknown>>): readonly string[] {
  const facts = Array.isArray(node["facts"]) ? node["facts"].flatMap(({ title, value }) => [title, value]) : [];
  return [node["text"], ...facts].filter((text) => typeof text === "string");
}

function withoutOwnDates(text: string): string {
  return text.replace(/\{\{DATE\([^)]*, SHORT\)\}\} \{\{TIME\([^)]*\)\}\}/g, "");
}

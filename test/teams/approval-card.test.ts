import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { approvalCard, cardSummary, copyOfCard } from "../../src/teams/approval-card.ts";
import { wordsOf } from "../../src/teams/card-text.ts";
import { type Language, languages } from "../../src/words/language.ts";
import type { RequestView } from "../../src/workflow/ports.ts";
import { aDecision, aView, aVote } from "./a-view.ts";
import { cardFaults, nodesOfType } from "./card-faults.ts";
import { aTimetable, cardStates, earlier, oneVote } from "./card-states.ts";
import { readingOf, shapeOf } from "./reading.ts";

const terminal = ["approved", "rejected", "expired", "withdrawn", "resolved-elsewhere"];

function textOf(card: object): string {
  return JSON.stringify(card);
}

function headOf(view: RequestView): string {
  return JSON.stringify(approvalCard(view).body[0]);
}

function titlesOf(view: RequestView): readonly string[] {
  return approvalCard(view).actions.map(({ title }) => title);
}

/** Whether the first lines say the word of that end; for an approved connection it is another one. */
function claims(end: "approved" | "rejected", view: RequestView): boolean {
  // "Taken away" at the start is a claim, and what is to be taken away is none.
  const word = new RegExp(`(?<!\\w)${wordsOf(view).status[end]}(?!\\w)`, view.request.live ? "" : "i");
  return word.test(headOf(view)) || word.test(cardSummary(view));
}

function inLanguage(view: RequestView, language: Language): RequestView {
  return { ...view, language };
}

describe("approvalCard in every state", () => {
  for (const [name, view] of Object.entries(cardStates)) {
    const japanese = inLanguage(view, "ja");

    it(`looks as agreed: ${name}`, (t) => t.assert.snapshot({ summary: cardSummary(view), card: approvalCard(view) }));

    it(`reads as agreed in Japanese: ${name}`, (t) =>
      t.assert.snapshot({ summary: cardSummary(japanese), reads: readingOf(approvalCard(japanese)) }));

    it(`is the same card in every language but for its words: ${name}`, () =>
      assert.deepEqual(shapeOf(approvalCard(japanese)), shapeOf(approvalCard(view))));

    for (const language of languages) {
      const said = inLanguage(view, language);
      it(`is a valid card of version 1.5 in ${language}: ${name}`, () =>
        assert.deepEqual([...cardFaults(approvalCard(said)), ...cardFaults(copyOfCard(said))], []));

      it(`says approved only when it is, in ${language}: ${name}`, () => {
        assert.equal(claims("approved", said), view.request.state === "approved");
      });

      if (view.request.live) {
        it(`says that the connection was taken away only when it was, in ${language}: ${name}`, () =>
          assert.equal(claims("rejected", said), view.request.state === "rejected"));
      }
    }

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
      assert.doesNotMatch(textOf(approvalCard(aView(change))), /Your answer|Answer until/);
    });
  }

  it("does not offer a rejection that approve-only mode would refuse", () => {
    const view = aView({}, { mode: "approve-only" });
    assert.deepEqual(titlesOf(view), ["Approve", "Open the request"]);
    assert.match(textOf(approvalCard(view)), /to reject this connection, do it in Azure/);
  });

  it("says in its first line how many approvals there are of how many", () => {
    const firstLine = (view: RequestView) => /"text":"([^"]*)"/.exec(headOf(view))?.[1];
    const group = { name: "network-oncall", group: "55555555-0000-0000-0000-000000000005", approvals: 2 };
    const reviewers = [group];
    assert.equal(firstLine(aView({ reviewers })), "Waiting for a decision: 0 of 2");
    assert.equal(firstLine(aView({ reviewers, votes: oneVote })), "Waiting for a decision: 1 of 2");
    assert.equal(firstLine(inLanguage(aView({ reviewers, votes: oneVote }), "ja")), "判断待ち: 承認 2 件中 1 件");
    // A third person in a group of two does not stand in for the other group.
    const many = ["a", "b", "c"].map((objectId) => aVote({ objectId }));
    assert.equal(firstLine(aView({ votes: many })), "Waiting for a decision: 2 of 3");
  });

  it("counts the votes of each group and says who is missing", () => {
    const text = textOf(approvalCard(aView({ votes: oneVote })));
    assert.match(text, /"network-oncall","value":"1 of 2: Megan Test"/);
    assert.match(text, /"security","value":"0 of 1"/);
    assert.match(text, /Still needed from network-oncall, security\./);
  });

  it("names nobody as missing while nobody can answer", () => {
    const held = textOf(approvalCard(aView({}, { mode: "observe" })));
    assert.match(held, /"security","value":"0 of 1"/);
    assert.doesNotMatch(held, /Still needed/);
  });

  it("shows who may answer in whose place, and since when", () => {
    const { "waiting for two groups, with stand-ins called": view } = cardStates;
    assert.ok(view);
    assert.match(
      textOf(approvalCard(view)),
      /"or security","value":"in place of network-oncall, since \{\{DATE\(2026-11-23T09:00:00Z, SHORT\)/,
    );
    const uncalled = { ...view, request: { ...view.request, timetable: aTimetable } };
    assert.match(textOf(approvalCard(uncalled)), /"or security","value":"in place of network-oncall"/);
  });

  it("says that an approval acts at once only when it is the last one", () => {
    const reviewers = [{ name: "network-oncall", group: "55555555-0000-0000-0000-000000000005", approvals: 2 }];
    const atOnce = /Approve lets this endpoint connect; Azure is told at once\./;
    assert.doesNotMatch(textOf(approvalCard(aView({ reviewers }))), atOnce);
    assert.match(textOf(approvalCard(aView({ reviewers, votes: oneVote }))), atOnce);
  });

  it("says until when, and what follows then", () => {
    const leave = textOf(approvalCard(aView({ timetable: aTimetable })));
    assert.match(
      leave,
      /Answer until \{\{DATE\(2026-11-24T09:00:00Z, SHORT\)\}\} \{\{TIME\(2026-11-24T09:00:00Z\)\}\}\./,
    );
    assert.match(leave, /this request ends, and the connection stays Pending/);
    const reject = textOf(approvalCard(aView({ timetable: { ...aTimetable, expiry: "reject" } })));
    assert.match(reject, /the connection is rejected, as its rule says/);
    const endless = textOf(approvalCard(aView({ timetable: { ...aTimetable, dueAt: null } })));
    assert.doesNotMatch(endless, /Answer until|Without a decision/);
  });

  it("is the same card after a reminder", () => {
    const reminded = { ...aTimetable, done: ["half", "nine-tenths"] } as const;
    assert.deepEqual(approvalCard(aView({ timetable: reminded })), approvalCard(aView({ timetable: aTimetable })));
  });

  it("only leads to the page where a rule wants a fresh sign-in", () => {
    const card = approvalCard(aView({ via: "page" }));
    assert.deepEqual(nodesOfType(card, "Input.Text"), []);
    assert.deepEqual(
      card.actions.map(({ type, title }) => ({ type, title })),
      [{ type: "Action.OpenUrl", title: "Sign in to decide" }],
    );
    assert.match(textOf(card), /its rule asks for a fresh sign-in/);
    const ended = aView({ via: "page", state: "approved", decided: aDecision({ door: "console" }) });
    assert.deepEqual(titlesOf(ended), ["Open the request"]);
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

  const lasting = { P30D: "30 days", PT8H: "8 hours", P1WT1H30M: "1 week 1 hour 30 minutes", never: "never" } as const;
  for (const [expiresAfter, words] of Object.entries(lasting)) {
    it(`says how long an approval lasts: ${words}`, () => {
      const decided = aDecision({ expiresAfter });
      assert.match(
        textOf(approvalCard(aView({ state: "approved", decided }))),
        new RegExp(`"Lasts","value":"${words}"`),
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

describe("The earlier requests on a card", () => {
  const cases = {
    "are said to be none when there are none": [{}, /None: this consumer never asked here before\./],
    "are said to be unreadable when they cannot be read": [
      { earlier: "unreadable" },
      /Earlier requests could not be read\.(?!.*None)/,
    ],
    "are not denied when the ledger remembers more than the list": [
      { history: { approvedBefore: false, rejectedBefore: true } },
      /This consumer was rejected here before\.(?!.*None)/,
    ],
    "tell how each ended, by whom and when": [
      { earlier: [earlier({ state: "rejected", connectionName: "pe-x" })] },
      /"pe-x","value":"rejected by Megan Test, \{\{DATE\(2026-10-02T12:30:00Z/,
    ],
    "name nobody where nobody decided": [
      { earlier: [earlier({ state: "withdrawn", decided: null })] },
      /"withdrawn, \{\{DATE/,
    ],
    "name policy where policy decided": [
      { earlier: [earlier({ decided: aDecision({ by: { kind: "robot" } }) })] },
      /approved by plgate, by policy/,
    ],
  } as const satisfies Record<string, readonly [Partial<RequestView>, RegExp]>;
  for (const [name, [change, expected]] of Object.entries(cases)) {
    it(name, () => assert.match(textOf(approvalCard(aView({}, change))), expected));
  }

  it("are not asked for where nobody knows who asks", () => {
    const text = textOf(approvalCard(aView({ consumerSubscriptionId: null }, { earlier: "unreadable" })));
    assert.doesNotMatch(text, /Earlier requests/);
  });

  it("do not count the request itself once it ended", () => {
    const history = { approvedBefore: true, rejectedBefore: false };
    const text = textOf(approvalCard(aView({ state: "approved", decided: aDecision() }, { history })));
    assert.doesNotMatch(text, /was approved here before/);
  });
});

describe("copyOfCard", () => {
  it("sends whoever would answer to the request's own card, and has no buttons but the link", () => {
    const card = copyOfCard(aView());
    assert.match(textOf(card), /This is a copy of the card and takes no answers/);
    assert.deepEqual(nodesOfType(card, "Input.Text"), []);
    assert.deepEqual(
      card.actions.map(({ type }) => type),
      ["Action.OpenUrl"],
    );
  });

  it("is the card itself once nothing is asked any more", () => {
    const view = aView({ state: "approved", decided: aDecision() });
    assert.deepEqual(copyOfCard(view), approvalCard(view));
  });
});

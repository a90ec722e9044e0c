import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findingKinds } from "../../src/ledger/standing-finding.ts";
import { bulletinText, spoken } from "../../src/teams/bulletin.ts";
import { bulletinCard } from "../../src/teams/bulletin-card.ts";
import { languages } from "../../src/words/language.ts";
import type { Bulletin } from "../../src/workflow/ports.ts";
import { hostileTexts } from "../contracts/hostile-texts.ts";
import { aRequest } from "./a-view.ts";
import { cardFaults, nodesOf, sizeOf } from "./card-faults.ts";

const { serviceId, connectionId, consumerSubscriptionId } = aRequest();

function bulletin(change: Partial<Bulletin> = {}): Bulletin {
  return {
    kind: "drift-detected",
    time: "2026-11-24T12:00:00.000Z",
    what: "Something was found.",
    serviceId,
    connectionId,
    consumerSubscriptionId,
    detail: {},
    ...change,
  };
}

const found = (kind: string, detail = {}) => bulletin({ detail: { kind, ...detail } });
const ofService = (kind: string, detail = {}) =>
  bulletin({ connectionId: null, consumerSubscriptionId: null, detail: { finding: kind, ...detail } });
const ended = (how: string) => bulletin({ kind: "approval-ended", detail: { how } });
const full = (key: string, detail = {}) =>
  ({ ...ofService("capacity", { key, ...detail }), kind: "capacity-warned" }) as const;
const ofRun = (kind: Bulletin["kind"], does: string, detail = {}, service: string | null = null) =>
  bulletin({
    ...{ kind, serviceId: service, connectionId: null, consumerSubscriptionId: null },
    detail: { run: `${does}-1a2b3c4d`, kind: does, ...detail },
  });

const who = `pe-fabrikam of ${consumerSubscriptionId} at pls-orders`;

/** Every kind of event that is told, in English. */
const told: Readonly<Record<string, readonly [Bulletin, string, next: RegExp]>> = {
  "approved outside": [
    found("approved-outside", { handling: "record" }),
    `${who} is Approved in Azure, and no decision of plgate says so.`,
    /reject it in Azure/,
  ],
  "approved outside, and adopted": [
    found("approved-outside", { handling: "adopt" }),
    `${who} was approved past plgate. Policy approves it too, so plgate takes it as its own.`,
    /nothing to do/,
  ],
  "no longer approved": [
    found("no-longer-approved"),
    `${who} is approved, and the policies in force would not approve it any more.`,
    /change the policy/,
  ],
  "ended outside": [found("ended-outside"), `${who} was approved by plgate, and somebody ended it in Azure.`, /anew/],
  "pending again": [found("pending-again"), `${who} was rejected by plgate, and is Pending again.`, /judged anew/],
  "auto-approval": [
    ofService("auto-approval", { subscriptions: [consumerSubscriptionId] }),
    "Azure itself lets subscriptions in at pls-orders, past every policy: auto-approval is on.",
    /empty the auto-approval list/,
  ],
  "visible to anyone": [
    ofService("visible-to-anyone"),
    "Anyone who knows the alias may ask for a connection to pls-orders.",
    /restrict the visibility/,
  ],
  "drift cleared": [
    bulletin({ kind: "drift-cleared", detail: { kind: "auto-approval" } }),
    "What was found at pls-orders is not so any more.",
    /nothing to do/,
  ],
  "connections nearly full": [
    full("capacity|connections|80", { used: 812, most: 1000 }),
    "pls-orders has nearly as many connections as Azure allows: 812 of 1000, over 80 percent.",
    /another service/,
  ],
  "NAT addresses nearly full": [
    full("capacity|natIps|95"),
    "pls-orders has nearly as many NAT addresses as Azure allows: over 95 percent.",
    /another service/,
  ],
  "NAT ports nearly used up": [
    full("", { limit: "natPorts", percent: 87 }),
    "The NAT ports of pls-orders are nearly used up: over 87 percent.",
    /Add a NAT address/,
  ],
  "auto-approval list nearly full": [
    full("capacity|autoApproval|80"),
    "The auto-approval list of pls-orders is nearly as long as Azure allows: over 80 percent.",
    /Take subscriptions off it/,
  ],
  "visibility list nearly full": [
    full("capacity|visibility"),
    "The visibility list of pls-orders is nearly as long as Azure allows.",
    /Take subscriptions off it/,
  ],
  "rejected outside": [ended("rejected"), `${who} was approved by plgate, and somebody rejected it in Azure.`, /anew/],
  "cut outside": [ended("disconnected"), `${who} was approved by plgate, and somebody cut it in Azure.`, /anew/],
  gone: [ended("gone"), `${who} is gone; with it its approval ended.`, /nothing to do/],
  replaced: [ended("replaced"), `Another endpoint took the place of ${who}; with it its approval ended.`, /new one/],
  "approved, and pending again": [ended("pending"), `${who} was approved by plgate, and is Pending again.`, /anew/],
  "a drain is proposed": [
    ofRun("run-proposed", "drain", {}, serviceId),
    "The draining of pls-orders is proposed, run drain-1a2b3c4d.",
    /A second person has to confirm/,
  ],
  "a review began": [
    ofRun("run-started", "recertify"),
    "The review of approvals has begun, run recertify-1a2b3c4d.",
    /cards follow/,
  ],
  "a judgement was stopped": [
    ofRun("run-stopped", "judge"),
    "The comparison of approvals with the policies in force was stopped, run judge-1a2b3c4d.",
    /stays as it is/,
  ],
  "a review is finished": [
    ofRun("run-finished", "recertify", { counts: { kept: 12, "taken-away": 3, flagged: 1, open: 0 } }),
    "The review of approvals is finished, run recertify-1a2b3c4d: 12 kept, 3 taken away, 1 confirmed by nobody.",
    /nothing more to do/,
  ],
};

function faults(card: object): readonly string[] {
  return cardFaults(card).filter((fault) => fault !== "the version is not 1.5");
}

describe("A bulletin", () => {
  for (const [name, [given, what, next]] of Object.entries(told)) {
    it(`says what is the case and what to do: ${name}`, () => {
      const said = spoken(given, "en");
      assert.equal(said.what, what);
      assert.match(said.next, next);
      assert.equal(bulletinText(given, "en"), `${said.what} ${said.next}`);
    });

    it(`says the same in Japanese: ${name}`, (t) => t.assert.snapshot(bulletinText(given, "ja")));

    for (const language of languages) {
      it(`is a notice without anything to press, in ${language}: ${name}`, () => {
        const card = bulletinCard(given, language);
        assert.deepEqual([faults(card), card.version, card.actions], [[], "1.4", []]);
        assert.ok(bulletinText(given, language).length < 600);
      });
    }
  }

  it("is in words for every kind of finding", () => {
    for (const kind of findingKinds) {
      const given = kind === "capacity" ? full("capacity|connections|80") : found(kind);
      for (const language of languages) assert.notEqual(spoken(given, language).what, given.what, kind);
    }
  });

  it("says that a drained service can be deleted only when Azure lists no connection", () => {
    const drained = (left: number) => ({ ...ofRun("run-finished", "drain", { left }, serviceId), kind: "run-drained" });
    assert.match(spoken(drained(0) as Bulletin, "en").next, /can be deleted/);
    assert.match(spoken(drained(2) as Bulletin, "en").next, /may refuse to delete/);
  });

  it("names the customer where the event does", () => {
    assert.match(
      bulletinText(found("approved-outside", { customer: "Fabrikam" }), "en"),
      /^pe-fabrikam of Fabrikam at/,
    );
  });

  it("names nobody where nobody is known", () => {
    const given = { ...found("approved-outside"), consumerSubscriptionId: null };
    assert.match(bulletinText(given, "en"), /^pe-fabrikam at pls-orders is Approved/);
  });

  const unknown: Readonly<Record<string, Bulletin>> = {
    "of an unknown kind": bulletin({ kind: "mode-changed" }),
    "of an unknown finding": found("too-green"),
    "of an unknown limit": full("capacity|colours|80"),
    "of an unknown end": ended("melted"),
    "of an unknown run": ofRun("run-started", "dance"),
    "without any detail": bulletin({ detail: null }),
    "with a list for a detail": bulletin({ detail: ["approved-outside"] }),
  };
  for (const [name, given] of Object.entries(unknown)) {
    it(`falls back to the sentence on record for an event ${name}`, () => {
      for (const language of languages) assert.equal(bulletinText(given, language), "Something was found.");
      assert.deepEqual(faults(bulletinCard(given, "en")), []);
    });
  }

  it("names the first subscriptions that Azure lets in, and says how many more there are", () => {
    const subscriptions = Array.from({ length: 7 }, (_, n) => `sub-${n}`);
    const card = JSON.stringify(bulletinCard(ofService("auto-approval", { subscriptions }), "en"));
    assert.match(card, /sub-0, sub-1, sub-2, sub-3, sub-4, … \+2/);
  });

  it("shows what others wrote as text and as nothing else, and stays small", () => {
    for (const text of [
      ...Object.values(hostileTexts),
      "[x](https://evil.example) {{DATE(1)}} \u202egnp".repeat(300),
    ]) {
      const names = { serviceId: text, connectionId: text, consumerSubscriptionId: text, what: text };
      const detail = { customer: text, run: text, key: text, counts: { [text]: 3 }, subscriptions: [text, text] };
      for (const { kind, detail: usual } of [...Object.values(told).map(([given]) => given), bulletin()]) {
        for (const language of languages)
          assertHarmless(
            { ...bulletin({ kind, ...names }), detail: { ...detail, ...Object(usual), ...detail } },
            language,
          );
      }
    }
  });
});

function assertHarmless(given: Bulletin, language: (typeof languages)[number]): void {
  const card = bulletinCard(given, language);
  const texts = JSON.stringify([...nodesOf(card)].map(({ text, facts }) => [text, facts]));
  for (const said of [texts, bulletinText(given, language)]) {
    assert.doesNotMatch(said, /\{\{|\]\(|<script|\u202e|https?:\/\/evil|<at>/);
  }
  assert.deepEqual(faults(card), []);
  assert.ok(sizeOf(card) < 6_000);
  assert.ok(bulletinText(given, language).length < 1_000);
}

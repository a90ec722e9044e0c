import type { ReviewerGroup } from "../../src/policy/evaluate.ts";
import type { Timetable } from "../../src/requests/timetable.ts";
import type { EarlierRequest, RequestView } from "../../src/workflow/ports.ts";
import { aDecision, aRequest, aView, aVote } from "./a-view.ts";
import { liveStates } from "./live-states.ts";

const network = "55555555-0000-0000-0000-000000000005";
const security = "55555555-0000-0000-0000-000000000006";
const lee = { objectId: "aaaaaaaa-0000-4000-8000-000000000002", name: "Lee Test" } as const;
const twoOfNetwork: readonly ReviewerGroup[] = [{ name: "network-oncall", group: network, approvals: 2 }];

export const oneVote = [aVote()];
const bothVotes = [aVote(), aVote({ ...lee, justification: "CHG-1234 names the customer" })];
const rejection = aDecision({ kind: "reject", reason: "Not our customer" });

export const aTimetable: Timetable = {
  askedAt: "2026-11-23T01:44:30.123Z",
  dueAt: "2026-11-24T09:00:00.000Z",
  expiry: "leave",
  reminders: [
    { step: "half", at: "2026-11-23T13:00:00.000Z" },
    { step: "nine-tenths", at: "2026-11-24T06:00:00.000Z" },
  ],
  escalations: [],
  done: [],
};

const called: Timetable = {
  ...aTimetable,
  escalations: [
    {
      step: "escalation-1",
      at: "2026-11-23T09:00:00.000Z",
      from: [network],
      to: [{ group: security, name: "security" }],
    },
  ],
  done: ["half", "escalation-1"],
};

export function earlier(change: Partial<EarlierRequest> = {}): EarlierRequest {
  const { id, connectionName } = aRequest();
  const decided = aDecision({ at: "2026-10-02T12:30:00.000Z" });
  const endpointId = null;
  return { id, connectionName, endpointId, state: "approved", updatedAt: decided.at, decided, ...change };
}

const before: readonly EarlierRequest[] = [
  earlier({ connectionName: "pe-fabrikam", state: "rejected", decided: { ...rejection, at: "2026-11-01T08:00:00Z" } }),
  earlier({ connectionName: "pe-fabrikam-test" }),
  earlier({ connectionName: "pe-old", state: "withdrawn", updatedAt: "2026-03-04T10:00:00.000Z", decided: null }),
];

function verdict() {
  const { verdict } = aRequest();
  if (!verdict) throw new Error("the example has no verdict");
  return verdict;
}

const nobodyKnown = { endpointId: null, endpointRegion: null, consumerSubscriptionId: null, consumer: null } as const;
const approvedByAll = { ...verdict(), effect: "approve", decidedBy: ["everybody"], unavailable: [] } as const;
const byNoRule = {
  ...verdict(),
  decidedBy: ["default"],
  reason: "No rule approves this request. Not available: endpoint.region.",
};
const expired = { state: "expired", timetable: aTimetable, outcome: "Nobody decided in time." } as const;

/** A view of every state, and of every turn that a card takes within one. */
export const cardStates: Readonly<Record<string, RequestView>> = {
  "just received": aView({ state: "received", reviewers: [] }),
  "waiting with none of two votes": aView({ reviewers: twoOfNetwork, timetable: aTimetable }, { earlier: before }),
  "waiting with one of two votes": aView({ reviewers: twoOfNetwork, votes: oneVote, timetable: aTimetable }),
  "waiting for two groups, with stand-ins called": aView({
    reviewers: [
      {
        name: "network-oncall",
        group: network,
        approvals: 2,
        standIns: [{ group: security, name: "security" }],
      },
      { name: "security", group: security, approvals: 1 },
    ],
    votes: oneVote,
    timetable: { ...called, expiry: "reject" },
  }),
  "waiting for an answer on the page": aView({ via: "page", timetable: aTimetable }),
  "waiting for an answer on a page that has no address": aView({ via: "page" }, { link: null }),
  "waiting for a consumer who came before": aView(
    { round: 3, consumer: null, message: null, verdict: byNoRule },
    { earlier: "unreadable", history: { approvedBefore: true, rejectedBefore: true } },
  ),
  "waiting without any reviewer": aView({ reviewers: [] }),
  "waiting in approve-only mode": aView({}, { mode: "approve-only" }),
  "waiting because nobody knows who asks": aView({ ...nobodyKnown, verdict: approvedByAll }),
  "held in observe mode": aView({ reviewers: [], held: { mode: "observe", effect: "approve" } }, { mode: "observe" }),
  "held in observe mode though people were asked before": aView({}, { mode: "observe" }),
  "held in approve-only mode": aView({ held: { mode: "approve-only", effect: "reject" } }, { mode: "approve-only" }),
  approving: aView({ state: "approving", reviewers: twoOfNetwork, votes: bothVotes, decided: aDecision() }),
  rejecting: aView({ state: "rejecting", votes: [aVote({ vote: "reject" })], decided: rejection }),
  approved: aView({
    state: "approved",
    reviewers: twoOfNetwork,
    votes: bothVotes,
    decided: aDecision({ expiresAfter: "P30D" }),
    outcome: "Approved on ARM.",
    expiresAt: "2026-12-23T02:00:00.000Z",
  }),
  rejected: aView({
    state: "rejected",
    votes: [aVote({ vote: "reject", justification: rejection.reason })],
    decided: rejection,
    outcome: "Rejected on ARM.",
  }),
  "rejected because nobody decided in time": aView({
    state: "rejected",
    timetable: { ...aTimetable, expiry: "reject" },
    decided: { ...rejection, by: { kind: "robot" }, door: "timer", reason: "Nobody decided in time." },
    outcome: "Rejected on ARM.",
  }),
  "approved by policy after a failure": aView({
    state: "approved",
    reviewers: [],
    verdict: { ...verdict(), effect: "approve" },
    decided: aDecision({ by: { kind: "robot" }, door: "timer", reason: "Registered customer." }),
    outcome: "Approved on ARM.",
  }),
  expired: aView(expired),
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
  ...liveStates,
};

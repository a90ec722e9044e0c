import type { ReviewerGroup } from "../../src/policy/evaluate.ts";
import type { ApprovalRequest, Live } from "../../src/requests/request.ts";
import { parseRequestId } from "../../src/requests/request-id.ts";
import type { Timetable } from "../../src/requests/timetable.ts";
import type { RequestView, StandingRequest } from "../../src/workflow/ports.ts";
import { aDecision, aRequest, aView, aVote } from "./a-view.ts";

const network = "55555555-0000-0000-0000-000000000005";
const twoOfNetwork: readonly ReviewerGroup[] = [{ name: "network-oncall", group: network, approvals: 2 }];
const lee = { objectId: "aaaaaaaa-0000-4000-8000-000000000002", name: "Lee Test" } as const;

/** The request of one round of the example's connection; the first approved it. */
function idOf(round: number) {
  const parsed = parseRequestId(`abcdefghijklmnop-qrstuvwxyz-${round}`);
  if (!parsed) throw new Error("the example is not a request id");
  return parsed.id;
}

/** The request that once approved the connection. */
export const anApproval: StandingRequest = {
  id: idOf(1),
  state: "approved",
  updatedAt: "2026-08-20T09:31:00.000Z",
  decided: aDecision({ at: "2026-08-20T09:30:00.000Z" }),
  expiresAt: "2026-11-24T09:00:00.000Z",
};

export const ending: Timetable = {
  askedAt: "2026-11-23T01:44:30.123Z",
  dueAt: "2026-11-24T09:00:00.000Z",
  expiry: "reject",
  reminders: [
    { step: "half", at: "2026-11-23T17:22:15.000Z" },
    { step: "nine-tenths", at: "2026-11-24T05:52:27.000Z" },
  ],
  escalations: [],
  done: [],
};
const staying: Timetable = { ...ending, expiry: "leave" };

export const lives = {
  expiry: { cause: "expiry", why: "Its approval of 90 days ends.", approval: idOf(1) },
  policy: {
    cause: "policy",
    why: "Rule only-gold rejects it since version 4 of prod-network.",
    approval: idOf(1),
  },
  drift: { cause: "drift", why: "Approved in Azure, and no decision of plgate says so.", approval: null },
  recertification: {
    cause: "recertification",
    why: "Yearly review of all approvals.",
    approval: idOf(1),
    run: "2026-q4-orders",
  },
  drain: { cause: "drain", why: "pls-orders is to be deleted.", approval: idOf(1), run: "drain-orders" },
} as const satisfies Record<string, Live>;

/** What a card shows of a connection that is approved already. */
export function aLiveView(
  request: Partial<ApprovalRequest> = {},
  change: Partial<Omit<RequestView, "request">> = {},
): RequestView {
  const live = request.live ?? lives.expiry;
  const approval = live.approval === null ? null : anApproval;
  const round = { id: idOf(3), round: 3, previous: idOf(2) };
  return aView({ live, verdict: null, reviewers: twoOfNetwork, ...round, ...request }, { approval, ...change });
}

function verdictNow(): ApprovalRequest["verdict"] {
  const { verdict } = aRequest();
  return verdict && { ...verdict, effect: "reject", decidedBy: ["only-gold"], reason: "Gold alone.", unavailable: [] };
}

const earlier = [
  {
    id: idOf(2),
    state: "approved",
    connectionName: "pe-fabrikam",
    endpointId: null,
    updatedAt: anApproval.updatedAt,
    decided: anApproval.decided,
    live: lives.expiry,
  },
] as const;

const refusal = { code: "NotApprovedToRejected", message: "No.", at: "2026-11-24T09:01:00Z", attempts: 1 };
const bothVotes = [aVote(), aVote({ ...lee, justification: "Still in use" })];
const takeAway = aDecision({ kind: "reject", reason: "They left" });
const byTime = { ...takeAway, by: { kind: "robot" }, door: "timer", at: "2026-11-24T09:00:05Z" } as const;

/** A view of every state of a live request, and of every cause. */
export const liveStates: Readonly<Record<string, RequestView>> = {
  "live, the approval ends": aLiveView({ timetable: ending }),
  "live, the approval ends, with one of two votes": aLiveView({ timetable: ending, votes: [aVote()] }, { earlier }),
  "live, policy changed its mind": aLiveView({ live: lives.policy, timetable: ending, verdict: verdictNow() }),
  "live, approved outside": aLiveView({
    live: lives.drift,
    id: idOf(1),
    round: 1,
    previous: null,
    verdict: verdictNow(),
  }),
  "live, to be confirmed": aLiveView({ live: lives.recertification, timetable: staying }),
  "live, the service is drained": aLiveView({ live: lives.drain, timetable: ending, reviewers: [] }),
  "live, answered on the page": aLiveView({ via: "page", timetable: ending }),
  "live, the approval is not on record": aLiveView({ timetable: staying }, { approval: null }),
  "live, in approve-only mode": aLiveView({ timetable: ending }, { mode: "approve-only" }),
  "live, held in approve-only mode": aLiveView(
    { held: { mode: "approve-only", effect: "reject" } },
    { mode: "approve-only" },
  ),
  "live, held in observe mode": aLiveView({ held: { mode: "observe", effect: "review" } }, { mode: "observe" }),
  "live, keeping": aLiveView({ state: "approving", votes: bothVotes, decided: aDecision() }),
  "live, kept": aLiveView({
    state: "approved",
    votes: bothVotes,
    decided: aDecision({ expiresAfter: "P90D" }),
    outcome: "Kept: Approved on ARM.",
    expiresAt: "2027-02-21T02:00:00.000Z",
  }),
  "live, taking away": aLiveView({ state: "rejecting", votes: [aVote({ vote: "reject" })], decided: takeAway }),
  "live, taken away": aLiveView({
    state: "rejected",
    votes: [aVote({ vote: "reject", justification: takeAway.reason })],
    decided: takeAway,
    outcome: "Revoked: Rejected on ARM.",
  }),
  "live, taken away because nobody kept it": aLiveView({
    state: "rejected",
    timetable: ending,
    decided: byTime,
    outcome: "Revoked: ARM shows the connection no longer.",
  }),
  "live, confirmed by nobody": aLiveView({
    live: lives.recertification,
    state: "expired",
    timetable: staying,
    outcome: "Nobody decided; the connection stays Approved.",
  }),
  "live, the connection is gone": aLiveView({ state: "withdrawn", outcome: "The connection is gone." }),
  "live, pending again": aLiveView({ state: "withdrawn", outcome: "The connection is Pending again." }),
  "live, taken back": aLiveView({ state: "withdrawn", outcome: "The run was stopped." }),
  "live, cut outside": aLiveView({
    state: "resolved-elsewhere",
    outcome: "Found Disconnected on ARM; it was decided outside plgate.",
  }),
  "live, Azure does not take it away": aLiveView({ state: "failed", decided: takeAway, failure: refusal }),
};

import type { Actor, Door } from "../decision/decision.ts";
import type { ReviewerGroup } from "../policy/evaluate.ts";
import type { RequestId, ServiceKey } from "./request-id.ts";
import type { Timetable } from "./timetable.ts";

/** Where a request stands (design.md, request states). */
export type RequestState =
  | "received"
  | "awaiting-decision"
  | "approving"
  | "rejecting"
  | "approved"
  | "rejected"
  | "expired"
  | "withdrawn"
  | "resolved-elsewhere"
  | "failed";

export const openStates = ["received", "awaiting-decision", "approving", "rejecting", "failed"] as const;

/** What policy said, in the words that a card or a list shows; facts and trace are in the audit event `evaluated`. */
export type VerdictSummary = {
  readonly effect: "approve" | "reject" | "review";
  readonly decidedBy: readonly string[];
  readonly reason: string;
  readonly unavailable: readonly string[];
  readonly expiresAfter: string | null;
  readonly policies: readonly { readonly name: string; readonly version: number; readonly sha256: string }[];
};

/** One person's word. `groups` are the reviewer groups of this request that the person was in when voting. */
export type Vote = {
  readonly objectId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly vote: "approve" | "reject";
  readonly justification: string;
  readonly groups: readonly string[];
  /** How long the voter wants the approval to last, as an ISO 8601 duration; left out: as long as policy allows. */
  readonly expiresAfter?: string;
  readonly door: Door;
  readonly at: string;
};

/** The decision in force, committed before ARM is asked. */
export type Decided = {
  readonly kind: "approve" | "reject";
  readonly reason: string;
  /** The shortest duration that policy or a voter asked for; left out: without end. */
  readonly expiresAfter?: string;
  readonly by: Actor;
  readonly door: Door;
  readonly at: string;
  /** The run in whose name it was decided; left out where none was. */
  readonly run?: string;
};

/** A decision that the mode does not let plgate carry out. */
export type Held = {
  readonly mode: "observe" | "approve-only";
  readonly effect: "approve" | "reject" | "review";
  /** Of a live request: the time that people had, which they get anew once it is let go. No time runs until then. */
  readonly timetable?: Timetable;
};

export type Failure = {
  readonly code: string;
  readonly message: string;
  readonly at: string;
  readonly attempts: number;
};

/** Why a connection that is Approved is looked at again. */
export type LiveCause = "drift" | "policy" | "expiry" | "recertification" | "drain";

/**
 * What makes a request one about a connection that is Approved already: it asks whether the connection stays. Approving keeps
 * it, rejecting takes it away; who answers, how cards and time go, and who writes to ARM are the same as for any request.
 */
export type Live = {
  readonly cause: LiveCause;
  /** One sentence of our own, for people: what was found, or why it is asked. */
  readonly why: string;
  /** The request that approved the connection; null when plgate never did. */
  readonly approval: RequestId | null;
  /** The run that asks; left out where none does. */
  readonly run?: string;
  /** When the approval ends that is asked about, as it was when it was asked; left out: without end. */
  readonly ends?: string;
  /** For how long that approval was given, as an ISO 8601 duration; there whenever `ends` is. */
  readonly lasts?: string;
  /** How it is taken away, where somebody said so; left out: as the setting says. `remove` also takes away what is not Approved any more. */
  readonly by?: "reject" | "remove";
};

/**
 * One request: a private endpoint connection that was Pending, judged once, until its end; or, with `live`, one that is Approved.
 * A connection that returns to Pending later is a new request (round + 1) that names the one before.
 * `message` and all endpoint names are the consumer's words: hostile until escaped.
 */
export type ApprovalRequest = {
  readonly v: 1;
  readonly id: RequestId;
  readonly service: ServiceKey;
  readonly serviceId: string;
  readonly serviceRegion: string | null;
  readonly connectionId: string;
  readonly connectionName: string;
  readonly endpointId: string | null;
  readonly endpointRegion: string | null;
  readonly consumerSubscriptionId: string | null;
  readonly consumer: {
    readonly name: string | null;
    readonly tier: string | null;
    readonly tenantId: string | null;
  } | null;
  readonly linkIdentifier: string | null;
  readonly message: string | null;
  readonly round: number;
  readonly previous: RequestId | null;
  readonly state: RequestState;
  readonly requestedAt: string;
  readonly updatedAt: string;
  readonly verdict: VerdictSummary | null;
  readonly reviewers: readonly ReviewerGroup[];
  /** `page`: no card takes an answer; left out: it does. */
  readonly via?: "page";
  /** Left out where people have all the time. */
  readonly timetable?: Timetable;
  /** How often policy is asked again while people are, as an ISO 8601 duration, and since when; left out: never by itself. */
  readonly recheck?: { readonly every: string; readonly since: string };
  readonly votes: readonly Vote[];
  readonly decided: Decided | null;
  readonly held: Held | null;
  readonly failure: Failure | null;
  /** True once people were to see it: from then on its card is kept current, whatever happens. */
  readonly shown: boolean;
  /** Left out: the connection was Pending when the request began. */
  readonly live?: Live;
  /** When the approval is to end, counted from the moment that ARM confirmed it. */
  readonly expiresAt?: string;
  /** How it ended, in one sentence; null while open. */
  readonly outcome: string | null;
};

/** The request with `shown` brought up to date: people are shown what they are asked, what is held from them, and what failed. */
export function withShown(request: ApprovalRequest): ApprovalRequest {
  const shown =
    request.shown || request.reviewers.length > 0 || request.held?.mode === "approve-only" || request.failure !== null;
  return { ...request, shown };
}

/** What the mode holds back. A live request keeps the time that it gave people: nobody else would know it later. */
export function heldBack(request: ApprovalRequest, { mode, effect }: Omit<Held, "timetable">): Held {
  const { live, timetable } = request;
  return { mode, effect, ...(live && timetable ? { timetable } : {}) };
}

/** The request without its time: nobody has to answer it by any moment, and policy is not asked again at any. */
export function untimed({ timetable: _, recheck: __, ...request }: ApprovalRequest): ApprovalRequest {
  return request;
}

/**
 * Whether the end of this request says something about its consumer for later ones (`history.rejectedBefore`): a rejection does, and
 * of access that was taken away only what people decided. That a time was over, or a service was emptied, is nobody's fault.
 */
export function isAgainstConsumer({
  state,
  live,
  decided,
}: Pick<ApprovalRequest, "state" | "live" | "decided">): boolean {
  if (!live) return state === "rejected";
  return decided?.kind === "reject" && decided.by.kind === "person" && live.cause !== "drain";
}

export function isOpen(request: { readonly state: RequestState }): boolean {
  return openStates.some((state) => state === request.state);
}

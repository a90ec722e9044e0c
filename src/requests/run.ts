import type { ServiceRef } from "../connection/arm-id.ts";
import type { Actor, Mode } from "../decision/decision.ts";
import { durationMinutes } from "../policy/time.ts";
import type { ApprovalRequest } from "./request.ts";
import type { RequestId, ServiceKey } from "./request-id.ts";

/** What a run does with each connection in its scope. */
export type RunKind =
  /** Asks people to confirm each approval. */
  | "recertify"
  /** Holds each approval against the policies in force, and asks about those that they would not give any more. */
  | "judge"
  /** Takes every connection away, so that the service can be deleted. */
  | "drain";

/** `proposed`: begun by one person, and waits for a second. */
export type RunState = "proposed" | "running" | "stopped" | "finished";

/** Which approvals a run is about; all given members together. Ids in lower case. */
export type RunScope = {
  readonly serviceId?: string;
  readonly subscriptionId?: string;
  readonly consumerSubscriptionId?: string;
};

/**
 * Something that is done to many connections, one service after the other, by the reviews of those services: a campaign of
 * recertification, a re-judgement, or the draining of a service. It may be stopped at any time, and goes on after any crash.
 */
export type Run = {
  readonly v: 1;
  readonly id: string;
  readonly kind: RunKind;
  readonly state: RunState;
  readonly scope: RunScope;
  /** Why, in the words of whoever began it. */
  readonly note: string;
  readonly startedBy: Actor;
  /** Of a drain: when it was proposed. */
  readonly startedAt: string;
  /** The second person of a drain. */
  readonly confirmedBy: Actor | null;
  /** By when people answer a recertification; null for the others. */
  readonly dueAt: string | null;
  /** ISO 8601 duration that each question of a re-judgement, and at least each of a recertification, leaves for an answer; null for a drain. */
  readonly grace: string | null;
  /** What happens to approvals that nobody confirmed by then. */
  readonly unanswered: "revoke" | "flag";
  /** At most so many of its requests are open at a time: at each service, of a re-judgement in all. */
  readonly cap: number;
  /** A re-judgement asks about no more connections than its dry run found; null for the others. */
  readonly most: number | null;
  /** How a drain takes connections away; null for the others. */
  readonly by: "reject" | "remove" | null;
  /** When a drain had nothing left to take away; null before, and for the others. */
  readonly drainedAt: string | null;
  readonly endedAt: string | null;
  /** What became of it, once it ended. */
  readonly counts: RunCounts | null;
};

/** What became of one connection in a run. */
export type Fate =
  /** Its request is about to be made; the id is known before. */
  | "planned"
  | "open"
  | "kept"
  | "taken-away"
  /** Nobody answered, and it stays all the same. */
  | "flagged"
  /** Its policies would approve it again: nobody was asked. */
  | "stays"
  /** The question was withdrawn: the connection went by itself, or the run was stopped. */
  | "withdrawn"
  /** Somebody beside plgate decided. */
  | "elsewhere"
  /** The time of the run was over before it could be asked about. */
  | "unasked";

/** How many connections met which fate; those without one are left out. */
export type RunCounts = Readonly<Partial<Record<Fate, number>>>;

/** The part of a run at one service, as its last review left it: derived from requests, and found out anew after any loss. */
export type RunShare = {
  readonly v: 1;
  readonly run: string;
  readonly service: ServiceKey;
  readonly serviceId: string;
  /** By connection key. `request` is null where nobody was asked. */
  readonly connections: Readonly<Record<string, { readonly request: RequestId | null; readonly fate: Fate }>>;
  /** Connections that the run has still to come to. */
  readonly waiting: number;
};

const proposalHours = 7 * 24;
export const mostRuns = 20;
const shortestAnswerMs = 24 * 3_600_000;

/** Whether the run has anything to do at this service. */
export function covers({ scope }: Pick<Run, "scope">, service: ServiceRef): boolean {
  if (scope.serviceId !== undefined && scope.serviceId !== service.id) return false;
  return scope.subscriptionId === undefined || scope.subscriptionId === service.subscriptionId.toLowerCase();
}

/** Whether it is about connections of this consumer; of one whom nobody knows only when it is about all. */
export function coversConsumer({ scope }: Pick<Run, "scope">, subscriptionId: string | undefined): boolean {
  return (
    scope.consumerSubscriptionId === undefined || scope.consumerSubscriptionId === (subscriptionId ?? "").toLowerCase()
  );
}

export function isEnded({ state }: Pick<Run, "state">): boolean {
  return state === "stopped" || state === "finished";
}

export type RunRefusal =
  /** The mode of the app does not let plgate do what the run is for. */
  | "mode"
  /** A run of this kind over this scope goes on, or waits for its second person. */
  | "goes-on"
  | "too-many"
  | "unknown-service"
  /** The policies are not those of the dry run, or cannot be read. */
  | "policies-changed"
  /** The token is not one of a dry run over this scope. */
  | "not-acknowledged"
  /** The dry run found nothing. */
  | "nothing-found";

/** Why the mode forbids such a run; undefined when it does not. A run that can only ask does not need the right to reject. */
export function modeRefusal(kind: RunKind, unanswered: Run["unanswered"], mode: Mode): string | undefined {
  if (mode === "enforce") return undefined;
  if (mode === "observe") return "plgate runs in observe: it asks nobody and changes nothing in Azure.";
  if (kind === "drain") return "plgate runs in approve-only: it may not take connections away.";
  if (unanswered === "revoke") return "plgate runs in approve-only: it may not revoke what nobody answers; flag it.";
  return undefined;
}

export type ConfirmRefusal = "unknown-run" | "not-proposed" | "same-person" | "too-old" | "mode";

/** Why this person may not confirm the run now; undefined when they may. Two persons are two object ids. */
export function confirmRefusal(run: Run, who: Actor, mode: Mode, now: Date): ConfirmRefusal | undefined {
  if (run.state !== "proposed") return "not-proposed";
  if (who.kind !== "person" || run.startedBy.kind !== "person") return "same-person";
  if (who.objectId.toLowerCase() === run.startedBy.objectId.toLowerCase()) return "same-person";
  if (isTooOld(run, now)) return "too-old";
  return modeRefusal(run.kind, run.unanswered, mode) === undefined ? undefined : "mode";
}

/** True when a proposal waited for its second person for so long that nobody should take it for a fresh one. */
export function isTooOld({ state, startedAt }: Pick<Run, "state" | "startedAt">, now: Date): boolean {
  return state === "proposed" && now.getTime() - Date.parse(startedAt) > proposalHours * 3_600_000;
}

/**
 * When the time of a question ends that the run asks now. Of a recertification that is its deadline, but nobody who is asked late
 * gets less than a day, or than the whole time of the run where that is shorter.
 */
export function endOfQuestion({ dueAt, grace }: Pick<Run, "dueAt" | "grace">, now: Date): string {
  const whole = (durationMinutes(grace ?? "P1D") ?? 24 * 60) * 60_000;
  if (dueAt === null) return new Date(now.getTime() + whole).toISOString();
  const least = now.getTime() + Math.min(whole, shortestAnswerMs);
  return new Date(Math.max(Date.parse(dueAt), least)).toISOString();
}

/** True once the run asks nobody any more. */
export function isOver({ dueAt }: Pick<Run, "dueAt">, now: Date): boolean {
  return dueAt !== null && Date.parse(dueAt) <= now.getTime();
}

/** What became of a connection by the state of its request. */
export function fateOf({ state }: Pick<ApprovalRequest, "state">): Fate {
  switch (state) {
    case "approved":
      return "kept";
    case "rejected":
      return "taken-away";
    case "expired":
      return "flagged";
    case "withdrawn":
      return "withdrawn";
    case "resolved-elsewhere":
      return "elsewhere";
    case "received":
    case "awaiting-decision":
    case "approving":
    case "rejecting":
    case "failed":
      return "open";
  }
}

export function countsOf(shares: readonly RunShare[]): RunCounts {
  const counts: Partial<Record<Fate, number>> = {};
  for (const { connections } of shares) {
    for (const { fate } of Object.values(connections)) counts[fate] = (counts[fate] ?? 0) + 1;
  }
  return counts;
}

/** How many questions of the run are open, counting those that are about to be asked. */
export function openIn({ connections }: Pick<RunShare, "connections">): number {
  return Object.values(connections).filter(({ fate }) => fate === "open" || fate === "planned").length;
}

/** How many connections people were asked about. */
export function askedIn({ connections }: Pick<RunShare, "connections">): number {
  return Object.values(connections).filter(({ request }) => request !== null).length;
}

/** True when nothing of the run is left at the service. */
export function isDone(share: RunShare): boolean {
  return share.waiting === 0 && openIn(share) === 0;
}

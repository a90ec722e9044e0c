import type { Actor } from "../decision/decision.ts";

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
  readonly startedAt: string;
  /** The second person of a drain. */
  readonly confirmedBy: Actor | null;
  /** By when people answer; null for a drain. */
  readonly dueAt: string | null;
  /** What happens to approvals that nobody confirmed by then. */
  readonly unanswered: "revoke" | "flag";
  /** At most so many of its requests are open at a time. */
  readonly cap: number;
  readonly endedAt: string | null;
};

import type { Actor, Door } from "../decision/decision.ts";
import type { RequestState } from "../requests/request.ts";

export const auditKinds = [
  "requested",
  "evaluated",
  "escalated",
  "reminded",
  "voted",
  "vote-refused",
  "decided",
  "applied",
  "link-identified",
  "failed",
  "expired",
  "withdrawn",
  "resolved-elsewhere",
  "drift-detected",
  "drift-cleared",
  "capacity-warned",
  "revoking",
  "revoked",
  "kept",
  "approval-ended",
  "run-proposed",
  "run-started",
  "run-drained",
  "run-stopped",
  "run-finished",
  "policy-published",
  "policy-activating",
  "policy-activated",
  "consumer-registered",
  "consumer-changed",
  "consumer-removed",
  "mode-changed",
  "segment-sealed",
] as const;

export type AuditKind = (typeof auditKinds)[number];

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * What the event's request is once its step is done: the state, and the SHA-256 over every word of the request.
 * It ties the request's row to the chain, so that no state can be changed without an event that explains it.
 */
export type StateAfter = { readonly state: RequestState; readonly sha256: string };

/**
 * One thing that happened, before the chain gives it its place.
 *
 * Holds what an auditor asks: who, by which door, what, why. `detail` carries the fact snapshot and trace of `evaluated`.
 * Never holds event claims, addresses or tokens (azure.md 1.3).
 */
export type NewEvent = {
  readonly kind: AuditKind;
  readonly time: string;
  readonly who: Actor;
  readonly door: Door;
  /** One sentence in our own words; consumer text goes to `detail` only. */
  readonly what: string;
  readonly why: {
    readonly rules: readonly string[];
    readonly reason: string;
    readonly justification: string | null;
  } | null;
  /** Null for what concerns no single service, such as a policy. */
  readonly serviceId: string | null;
  readonly requestId: string | null;
  readonly connectionId: string | null;
  readonly consumerSubscriptionId: string | null;
  readonly linkIdentifier: string | null;
  readonly correlation: string;
  readonly detail: Json;
  /** On the last event of a step, and there only. */
  readonly after?: StateAfter;
};

/** An event in its place in its chain: that of a service, or that of the policies. */
export type AuditEvent = NewEvent & {
  /** The form that it was written in (row-versions.ts); not hashed. */
  readonly v: number;
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
};

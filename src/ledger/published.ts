import type { RequestState } from "../requests/request.ts";
import type { AuditKind, Json, NewEvent } from "./event.ts";

/**
 * What subscribers are told of, by type (docs/events.md). `request` is about a connection that asks to be let in, `approval` about
 * one that is let in already. Types are a promise: one that is here stays and keeps its meaning.
 */
export const publishedTypes = [
  "plgate.request.received",
  "plgate.request.awaiting-decision",
  "plgate.request.held",
  "plgate.request.approved",
  "plgate.request.rejected",
  "plgate.request.expired",
  "plgate.request.withdrawn",
  "plgate.request.resolved-elsewhere",
  "plgate.request.failed",
  "plgate.approval.questioned",
  "plgate.approval.revoking",
  "plgate.approval.held",
  "plgate.approval.kept",
  "plgate.approval.revoked",
  "plgate.approval.revocation-failed",
  "plgate.approval.unanswered",
  "plgate.approval.ended",
  "plgate.drift.detected",
  "plgate.drift.cleared",
  "plgate.link.identified",
] as const;

export type PublishedType = (typeof publishedTypes)[number];
type Table = Readonly<Partial<Record<AuditKind, PublishedType>>>;

const always: Table = {
  "approval-ended": "plgate.approval.ended",
  "drift-detected": "plgate.drift.detected",
  "drift-cleared": "plgate.drift.cleared",
  "link-identified": "plgate.link.identified",
};

const ofPending: Table = {
  requested: "plgate.request.received",
  escalated: "plgate.request.awaiting-decision",
  expired: "plgate.request.expired",
  withdrawn: "plgate.request.withdrawn",
  "resolved-elsewhere": "plgate.request.resolved-elsewhere",
  failed: "plgate.request.failed",
};

// That an approved connection is looked at says `escalated` or `revoking` in the same step.
const ofLive: Table = {
  escalated: "plgate.approval.questioned",
  revoking: "plgate.approval.revoking",
  kept: "plgate.approval.kept",
  revoked: "plgate.approval.revoked",
  failed: "plgate.approval.revocation-failed",
  expired: "plgate.approval.unanswered",
  withdrawn: "plgate.approval.unanswered",
  "resolved-elsewhere": "plgate.approval.unanswered",
};

/**
 * As what subscribers are told of an event; undefined: they are not. `isLive` says whether its request is about an approved
 * connection. A decision is told when ARM has it, or at once when the mode holds it back: an intent is nobody's news.
 */
export function publishedType(
  { kind, after, detail }: Pick<NewEvent, "kind" | "after" | "detail">,
  isLive: boolean,
): PublishedType | undefined {
  // Limits that are near are for operators; that they are not any more is as little news.
  if (kind === "drift-cleared" && isAboutCapacity(detail)) return undefined;
  if (kind === "applied") return outcome(after?.state);
  if (kind === "decided" && after?.state === "awaiting-decision") {
    return isLive ? "plgate.approval.held" : "plgate.request.held";
  }
  return always[kind] ?? (isLive ? ofLive : ofPending)[kind];
}

function isAboutCapacity(detail: Json): boolean {
  return typeof detail === "object" && detail !== null && Reflect.get(detail, "kind") === "capacity";
}

function outcome(state: RequestState | undefined): PublishedType | undefined {
  if (state === "approved") return "plgate.request.approved";
  return state === "rejected" ? "plgate.request.rejected" : undefined;
}

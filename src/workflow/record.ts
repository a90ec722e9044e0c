import type { Actor, Door } from "../decision/decision.ts";
import type { AuditKind, Json, NewEvent } from "../ledger/event.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { Clock } from "./ports.ts";

/** Who acts in this run, through which door, under which correlation id, and by whose clock. */
export type Hand = {
  readonly who: Actor;
  readonly door: Door;
  readonly correlation: string;
  readonly clock: Clock;
};

type Why = NonNullable<NewEvent["why"]>;

/** An audit event about a request. `what` is our own sentence: consumer text belongs into `detail`. */
export function about(
  request: ApprovalRequest,
  kind: AuditKind,
  hand: Hand,
  what: string,
  more: { readonly why?: Partial<Why>; readonly detail?: Json } = {},
): NewEvent {
  return {
    kind,
    time: hand.clock.now().toISOString(),
    who: hand.who,
    door: hand.door,
    what,
    why: more.why ? { rules: [], reason: "", justification: null, ...more.why } : null,
    serviceId: request.serviceId.toLowerCase(),
    requestId: request.id,
    connectionId: request.connectionId,
    consumerSubscriptionId: request.consumerSubscriptionId,
    linkIdentifier: request.linkIdentifier,
    correlation: hand.correlation,
    detail: more.detail ?? {},
  };
}

/** The request after a change, with its time. */
export function changed(request: ApprovalRequest, clock: Clock, change: Partial<ApprovalRequest>): ApprovalRequest {
  return { ...request, ...change, updatedAt: clock.now().toISOString() };
}

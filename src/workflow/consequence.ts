import type { Connection, PrivateLinkService } from "../connection/connection.ts";
import { type Decision, type Mode, mayWrite } from "../decision/decision.ts";
import type { NewEvent } from "../ledger/event.ts";
import { type ApprovalRequest, type Held, heldBack, untimed, withShown } from "../requests/request.ts";
import { requestId, serviceKey } from "../requests/request-id.ts";
import { retimed, withStandIns } from "../requests/timetable.ts";
import { after, type Move } from "../requests/transitions.ts";
import { PlgateError } from "../runtime/errors.ts";
import { type Judgement, summaryOf } from "./judge.ts";
import { about, type Hand } from "./record.ts";

/** Whether the mode lets plgate do what was decided; asking people is something that only `observe` does not do. */
export function isReleased(effect: "approve" | "reject" | "review", mode: Mode): boolean {
  return effect === "review" ? mode !== "observe" : mayWrite(mode, effect);
}

/** The request of a connection that was never judged, or that came back after an end. */
export function newRequest(
  service: PrivateLinkService,
  connection: Connection,
  { gathered, verdict }: Judgement,
  previous: ApprovalRequest | undefined,
  hand: Hand,
): ApprovalRequest {
  const at = hand.clock.now().toISOString();
  const round = (previous?.round ?? 0) + 1;
  const consumer = gathered.consumer;
  return {
    v: 1,
    id: requestId(service.ref.id, connection.ref.id, round),
    service: serviceKey(service.ref.id),
    serviceId: service.ref.id,
    serviceRegion: service.region ?? null,
    connectionId: connection.ref.id,
    connectionName: connection.ref.name,
    endpointId: connection.endpoint?.id ?? null,
    endpointRegion: connection.endpointRegion ?? null,
    consumerSubscriptionId: connection.endpoint?.subscriptionId ?? null,
    consumer: consumer ? { name: consumer.name, tier: consumer.tier, tenantId: consumer.tenantId } : null,
    linkIdentifier: connection.linkIdentifier ?? null,
    message: connection.description?.slice(0, 500) ?? null,
    round,
    previous: previous?.id ?? null,
    state: "received",
    requestedAt: at,
    updatedAt: at,
    verdict: summaryOf(verdict),
    reviewers: [],
    votes: [],
    decided: null,
    held: null,
    failure: null,
    shown: false,
    outcome: null,
  };
}

export type Consequence = {
  readonly move: Move;
  readonly next: ApprovalRequest;
  readonly event: NewEvent;
  readonly notify: boolean;
};

/** What a judgement does to its request under the app's mode: decide, hold back, or ask people. */
export function consequence(
  request: ApprovalRequest,
  { decision, verdict }: Judgement,
  hand: Hand,
  mode: Mode,
): Consequence {
  const why = { rules: verdict.decidedBy, reason: decision.reason };
  if (mode !== "enforce" && !isReleased(decision.kind, mode)) {
    return holdBack(request, { mode, effect: decision.kind }, hand, why);
  }
  if (decision.kind === "review") return ask(request, decision, hand, why);
  return decidedBy(request, decision, verdict.expiresAfter, hand, { why, mode });
}

type Why = { readonly rules: readonly string[]; readonly reason: string };

/** Keeps the request waiting without asking anybody: no time runs, and what it waits for is the mode. */
export function holdBack(
  request: ApprovalRequest,
  { mode, effect }: Omit<Held, "timetable">,
  hand: Hand,
  why: Why,
): Consequence {
  const held = heldBack(request, { mode, effect });
  const next = moved(untimed(request), "hold", { held, updatedAt: hand.clock.now().toISOString() });
  const what = `Held: plgate runs in ${mode} and would ${effect}.`;
  const event = about(next, "decided", hand, what, { why, detail: { mode } });
  return { move: "hold", next, event, notify: next.shown };
}

/** Asks people; those who were asked before keep the time that they have left. */
function ask(
  { timetable: before, via: _, recheck: __, ...request }: ApprovalRequest,
  { reviewers, terms }: Extract<Decision, { kind: "review" }>,
  hand: Hand,
  why: Why,
): Consequence {
  const now = hand.clock.now();
  const timetable = retimed(before, terms, now);
  const next = moved(request, "escalate", {
    reviewers: withStandIns(reviewers, timetable),
    ...(terms.via === "page" ? { via: terms.via } : {}),
    ...(timetable ? { timetable } : {}),
    ...(terms.recheck === undefined ? {} : { recheck: { every: terms.recheck, since: now.toISOString() } }),
  });
  const event = about(next, "escalated", hand, "People are asked.", {
    why,
    detail: {
      reviewers: [...next.reviewers],
      ...(timetable ? { dueAt: timetable.dueAt, expiry: timetable.expiry } : {}),
      ...(terms.recheck === undefined ? {} : { recheck: terms.recheck }),
    },
  });
  return { move: "escalate", next, event, notify: next.shown };
}

function decidedBy(
  request: ApprovalRequest,
  decision: Exclude<Decision, { kind: "review" }>,
  expiresAfter: string | null,
  hand: Hand,
  { why, mode }: { readonly why: Why; readonly mode: string },
): Consequence {
  const move = decision.kind === "approve" ? "decide-approve" : "decide-reject";
  const at = hand.clock.now().toISOString();
  const limit = decision.kind === "approve" && expiresAfter ? { expiresAfter } : {};
  const decided = { kind: decision.kind, reason: decision.reason, ...limit, by: hand.who, door: hand.door, at };
  // What is left of a timetable says that time decided (consumer-text.ts); here policy did.
  const next = moved(untimed(request), move, { decided });
  const event = about(next, "decided", hand, `Policy decides: ${decision.kind}.`, { why, detail: { mode, ...limit } });
  return { move, next, event, notify: next.shown };
}

function moved(request: ApprovalRequest, move: Move, change: Partial<ApprovalRequest>): ApprovalRequest {
  const state = after(request.state, move);
  if (!state) throw new PlgateError(`a request in state ${request.state} cannot ${move}`, { retryable: false });
  return withShown({ ...request, ...change, state });
}

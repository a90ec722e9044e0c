import { parseConnectionId, parseServiceId } from "../connection/arm-id.ts";
import type { Mode } from "../decision/decision.ts";
import type { Step } from "../ledger/commit.ts";
import { type ApprovalRequest, heldBack, untimed } from "../requests/request.ts";
import { parseRequestId, requestId } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import { askedAnew, timeOf } from "./ask-again.ts";
import { dispatch } from "./dispatch-outbox.ts";
import type { Ports } from "./ports.ts";
import { about, type Hand } from "./record.ts";

export type ReopenOutcome =
  /** The next round is on record; the review of its service, which is on its way, judges it and asks people. */
  | { readonly kind: "reopened"; readonly request: ApprovalRequest }
  /** Only what ended because nobody answered can be asked again. */
  | { readonly kind: "not-expired"; readonly request: ApprovalRequest }
  /** The connection has a later request by now: somebody reopened this one before, or policy decided. */
  | { readonly kind: "reopened-before"; readonly request: ApprovalRequest; readonly latest: ApprovalRequest }
  | { readonly kind: "unknown-request" };

/**
 * Asks anew about a connection whose request ended because nobody answered: the way back for operators.
 *
 * Nothing is decided here. The new round begins as if the connection had just come, and the review judges it by the policies
 * of then; whether an approved connection stays the same people are asked again, with all their time. Its id follows from the round, so of several who reopen the same request one does, and the others are told.
 */
export async function reopenRequest(id: string, hand: Hand, note: string, ports: Ports): Promise<ReopenOutcome> {
  const parsed = parseRequestId(id);
  const stored = parsed && (await ports.ledger.request(parsed.id));
  if (!parsed || !stored) return { kind: "unknown-request" };
  const { request } = stored;
  if (request.state !== "expired") return { kind: "not-expired", request };
  const committed = await ports.ledger.commit(stepOf(nextRound(request, hand, ports), request, note, hand));
  if (committed.kind === "committed") {
    await dispatch(committed.outbox, ports);
    return { kind: "reopened", request: committed.stored.request };
  }
  const latest = await ports.ledger.latestOf(parsed.service, parsed.connection);
  if (!latest) throw new PlgateError(`request ${id} cannot be reopened now`, { retryable: true });
  return { kind: "reopened-before", request, latest: latest.request };
}

function nextRound(ended: ApprovalRequest, hand: Hand, { settings }: Pick<Ports, "settings">): ApprovalRequest {
  const service = parseServiceId(ended.serviceId);
  const connection = parseConnectionId(ended.connectionId);
  if (!service || !connection) throw new PlgateError(`request ${ended.id} names no connection`, { retryable: false });
  const at = hand.clock.now().toISOString();
  const round = ended.round + 1;
  const { via: _, expiresAt: __, ...known } = untimed(ended);
  const fresh: ApprovalRequest = {
    ...known,
    id: requestId(service.id, connection.id, round),
    round,
    previous: ended.id,
    state: "received",
    requestedAt: at,
    updatedAt: at,
    ...{ verdict: null, reviewers: [], votes: [], decided: null, held: null, failure: null },
    ...{ shown: false, outcome: null },
  };
  return ended.live ? askedAgain(fresh, ended, hand, settings.mode) : fresh;
}

// Whether an approved connection stays is a question for people: no policy judges it first.
function askedAgain(fresh: ApprovalRequest, ended: ApprovalRequest, hand: Hand, mode: Mode): ApprovalRequest {
  const asked = { ...fresh, reviewers: ended.reviewers, ...(ended.via ? { via: ended.via } : {}) };
  if (mode !== "observe") return askedAnew(asked, ended.timetable, hand);
  const held = heldBack(ended, { mode, effect: "review" });
  return { ...asked, state: "awaiting-decision", held };
}

function stepOf(request: ApprovalRequest, ended: ApprovalRequest, note: string, hand: Hand): Step {
  const asked = about(request, "requested", hand, "An operator wants people to be asked again.", {
    why: { justification: note },
    detail: {
      ...{ message: request.message, endpointId: request.endpointId, round: request.round },
      reopenedFrom: ended.id,
    },
  });
  const escalated = about(request, "escalated", hand, "People are asked whether the connection stays.", {
    why: { reason: request.live?.why ?? "" },
    detail: { reviewers: [...request.reviewers], ...timeOf(request) },
  });
  const events = request.live && !request.held ? [asked, escalated] : [asked];
  return { key: `${request.id}|reopen|new`, request, expected: null, events, notify: request.shown, wake: true };
}

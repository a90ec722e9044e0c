import type { Connection, PrivateLinkService } from "../connection/connection.ts";
import type { Step } from "../ledger/commit.ts";
import type { ReviewerGroup } from "../policy/evaluate.ts";
import type { ReviewTerms } from "../policy/review-terms.ts";
import { type ApprovalRequest, type Live, type VerdictSummary, withShown } from "../requests/request.ts";
import { requestId, serviceKey } from "../requests/request-id.ts";
import { timetableOf, timetableUntil, withStandIns } from "../requests/timetable.ts";
import type { Consumer } from "./ports.ts";
import { about, type Hand } from "./record.ts";

/** The question whether a connection that is Approved stays. */
export type Opening = {
  readonly live: Live;
  readonly reviewers: readonly ReviewerGroup[];
  readonly terms: ReviewTerms;
  /** A moment at which the time to answer ends, whatever `terms` say; null: as `terms` say. */
  readonly end: { readonly dueAt: string; readonly expiry: "leave" | "reject" } | null;
  /** What policy says of the connection now; null when it was not asked. */
  readonly verdict: VerdictSummary | null;
  readonly consumer: Consumer | undefined;
};

/**
 * The step that asks. When the time ends with `reject`, this is the intent to take the connection away: it is on record and on a
 * card before anything is done, and until then people may keep it (issue 6: intent, card, grace time, act, outcome).
 *
 * The id follows from the round, so of several hosts that find the same cause one asks.
 */
export function openLive(
  service: PrivateLinkService,
  connection: Connection,
  opening: Opening,
  previous: ApprovalRequest | undefined,
  hand: Hand,
): Step {
  const request = liveRequest(service, connection, opening, previous, hand);
  const { live, timetable } = { live: opening.live, timetable: request.timetable };
  const revokes = timetable?.expiry === "reject";
  const what = revokes
    ? "The connection goes when the time ends, unless it is kept."
    : "People are asked whether it stays.";
  const { cause, why, approval, run } = live;
  const asked = about(request, "requested", hand, "An approved connection is looked at again.", {
    detail: { cause, why, approval, round: request.round, ...(run ? { run } : {}) },
  });
  const event = about(request, revokes ? "revoking" : "escalated", hand, what, {
    why: { rules: request.verdict?.decidedBy ?? [], reason: why },
    detail: {
      reviewers: [...request.reviewers],
      ...(timetable ? { dueAt: timetable.dueAt, expiry: timetable.expiry } : {}),
    },
  });
  return { key: `${request.id}|live|new`, request, expected: null, events: [asked, event], notify: request.shown };
}

function liveRequest(
  service: PrivateLinkService,
  connection: Connection,
  { live, reviewers, terms, end, verdict, consumer }: Opening,
  previous: ApprovalRequest | undefined,
  hand: Hand,
): ApprovalRequest {
  const at = hand.clock.now().toISOString();
  const timetable = end ? timetableUntil(end.dueAt, end.expiry, terms, at) : timetableOf(terms, at);
  return withShown({
    v: 1,
    ...subjectOf(service, connection),
    ...historyOf(connection, previous),
    id: requestId(service.ref.id, connection.ref.id, (previous?.round ?? 0) + 1),
    consumer: consumer ? { name: consumer.name, tier: consumer.tier, tenantId: consumer.tenantId } : null,
    state: "awaiting-decision",
    requestedAt: at,
    updatedAt: at,
    verdict,
    reviewers: withStandIns(reviewers, timetable),
    ...(terms.via === "page" ? { via: terms.via } : {}),
    ...(timetable ? { timetable } : {}),
    ...{ votes: [], decided: null, held: null, failure: null, shown: false, live, outcome: null },
  });
}

function subjectOf(service: PrivateLinkService, connection: Connection) {
  return {
    service: serviceKey(service.ref.id),
    serviceId: service.ref.id,
    serviceRegion: service.region ?? null,
    connectionId: connection.ref.id,
    connectionName: connection.ref.name,
    endpointId: connection.endpoint?.id ?? null,
    endpointRegion: connection.endpointRegion ?? null,
    consumerSubscriptionId: connection.endpoint?.subscriptionId ?? null,
  };
}

function historyOf(connection: Connection, previous: ApprovalRequest | undefined) {
  return {
    round: (previous?.round ?? 0) + 1,
    previous: previous?.id ?? null,
    linkIdentifier: connection.linkIdentifier ?? previous?.linkIdentifier ?? null,
    // What ARM shows as description is our own by now; the consumer's words are in the request before.
    message: previous?.message ?? null,
  };
}

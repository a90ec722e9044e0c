import type { Connection } from "../connection/connection.ts";
import type { Step } from "../ledger/commit.ts";
import type { Json, NewEvent } from "../ledger/event.ts";
import type { Finding, FindingKind } from "../ledger/standing-finding.ts";
import type { DriftTerms } from "../policy/drift-terms.ts";
import { plainTerms, type ReviewTerms } from "../policy/review-terms.ts";
import { endOf } from "../requests/expiry.ts";
import { type LiveApproval, standingOf } from "../requests/live-approval.ts";
import { type ApprovalRequest, isOpen, type LiveCause } from "../requests/request.ts";
import { mayBeginRevocation, type Stage } from "./drift-handling.ts";
import { aboutService, type Found } from "./findings.ts";
import { evaluation, type Judgement, judgementDetail, summaryOf } from "./judge.ts";
import { lacksLink } from "./late-links.ts";
import { type Opening, openLive } from "./open-live.ts";
import type { Ports, StoredRequest } from "./ports.ts";
import { about, type Hand } from "./record.ts";
import type { Review } from "./review.ts";

/** An approval that policy does not carry, before anything is done about it. */
export type Drifted = {
  readonly connection: Connection;
  readonly judgement: Judgement;
  readonly terms: DriftTerms;
  readonly kind: FindingKind;
  readonly cause: Extract<LiveCause, "drift" | "policy">;
  /** The finding's key, and the one that stands under it. */
  readonly key: string;
  readonly standing: Finding | undefined;
  /** Our own sentence. */
  readonly what: string;
  /** The approval that it is about; null: there is none. */
  readonly approval: Pick<LiveApproval, "requestId"> | null;
};

type Handled = { readonly stage: Stage; readonly mark: string; readonly isNew: boolean; readonly tell: boolean };

/** What is put on record where nobody is asked. */
export function foundOf(drifted: Drifted, { stage, mark, isNew, tell }: Handled, review: Review): Found {
  const { connection, judgement, terms } = drifted;
  const { hand, service } = review;
  const finding = findingOf(drifted, mark, hand);
  const what = isNew || tell ? finding.what : `Policies or mode changed, and it stands as found: ${finding.what}`;
  const reviewers: Json = JSON.parse(JSON.stringify(terms.reviewers));
  const detail = { kind: drifted.kind, handling: stage, reviewers, judgement: judgementDetail(judgement) };
  const event = aboutService("drift-detected", hand, service.ref.id, what, detail, {
    connectionId: connection.ref.id,
    consumerSubscriptionId: connection.endpoint?.subscriptionId ?? null,
    linkIdentifier: connection.linkIdentifier ?? null,
  });
  return { finding, event, tell };
}

/**
 * Asks people whether the connection stays; with `revoke` it goes when the grace is over, unless they keep it. What was found is
 * part of that step, and its card is how people are told. An escalation never takes anything away by itself, whatever deadlines
 * policy has for it.
 */
export async function ask(
  drifted: Drifted,
  wanted: "escalate" | "revoke",
  mark: string,
  review: Review,
  ports: Ports,
): Promise<void> {
  const stage = wanted === "revoke" && !mayBeginRevocation(review) ? "capped" : wanted;
  if (stage === "capped") {
    const { connection, kind } = drifted;
    const said = { service: review.service.ref.id, connection: connection.ref.id, kind };
    ports.log.error("too many revocations are under way at a service; people are only asked", said);
  }
  const previous = await latestOf(drifted, review);
  if (review.mustStop()) return;
  const opening = openingOf(drifted, stage, review);
  const step = openLive(review.service, drifted.connection, opening, previous, review.hand);
  const [asked = [], ...rest] = step.events;
  const found = detected(step.request, drifted, stage, review.hand);
  const judged = evaluation(step.request, drifted.judgement, review.hand);
  const finding = findingOf(drifted, mark, review.hand);
  review.found = true;
  await review.note(ports.ledger.commit({ ...step, events: [found, ...[asked].flat(), judged, ...rest], finding }));
}

/**
 * Takes over what policy would approve: an approval of plgate from now on, with all that follows from one. ARM shows already what
 * was decided, so nothing is written there. Told once, in the step that does it.
 */
export async function adopt(drifted: Drifted, review: Review, ports: Ports): Promise<LiveApproval | undefined> {
  const { connection, judgement } = drifted;
  const { hand } = review;
  const previous = await latestOf(drifted, review);
  if (review.mustStop()) return undefined;
  const opening = openingOf(drifted, "adopt", review);
  const { request: asked, ...step } = openLive(review.service, connection, opening, previous, hand);
  const request = adopted(asked, judgement, hand);
  const why = { rules: judgement.verdict.decidedBy, reason: judgement.decision.reason };
  const expiresAt = request.expiresAt ? { expiresAt: request.expiresAt } : {};
  const events = [
    detected(request, drifted, "adopt", hand),
    ...step.events.filter(({ kind }) => kind === "requested"),
    evaluation(request, judgement, hand),
    about(request, "decided", hand, "Policy decides: approve.", { why, detail: { mode: ports.settings.mode } }),
    about(request, "kept", hand, outcome, { why, detail: { status: connection.rawStatus, ...expiresAt } }),
  ];
  const link = lacksLink(connection, request) ? ({ link: "awaited" } as const) : {};
  const all: Step = { ...step, request, events, notify: false, tell: true, ...link };
  const stored = await review.note(ports.ledger.commit(all));
  if (stored && "link" in link) review.lookForLinkAgain(new Date(stored.request.updatedAt));
  return stored && standingOf(stored.request);
}

const outcome = "Adopted: Approved on ARM, and policy approves it.";

function adopted(asked: ApprovalRequest, { verdict, decision }: Judgement, hand: Hand): ApprovalRequest {
  const now = hand.clock.now();
  const limit = verdict.expiresAfter ? { expiresAfter: verdict.expiresAfter } : {};
  const end = verdict.expiresAfter ? endOf(now, verdict.expiresAfter)?.toISOString() : undefined;
  const by = { by: hand.who, door: hand.door, at: now.toISOString() };
  return {
    ...asked,
    ...{ state: "approved", reviewers: [], shown: false, outcome },
    decided: { kind: "approve", reason: decision.reason, ...limit, ...by },
    ...(end ? { expiresAt: end } : {}),
  };
}

function openingOf(
  drifted: Drifted,
  stage: "escalate" | "revoke" | "capped" | "adopt",
  { hand, standing }: Review,
): Opening {
  const { connection, judgement, terms, cause, what, approval } = drifted;
  const reason = judgement.verdict.reason;
  const asked = stage === "adopt" ? plainTerms : termsOf(terms.terms, stage);
  const due = stage === "revoke" ? endOf(hand.clock.now(), terms.grace)?.toISOString() : undefined;
  const live = { cause, why: reason ? `${what} ${reason}` : what, approval: approval?.requestId ?? null };
  return {
    // Kept, the approval goes on for as long as it was to last.
    live: approval ? standing.asked(connection.ref.id, live) : live,
    reviewers: stage === "adopt" ? [] : terms.reviewers,
    terms: asked,
    end: due ? { dueAt: due, expiry: "reject" } : null,
    verdict: summaryOf(judgement.verdict),
    consumer: judgement.gathered.consumer,
  };
}

function termsOf(terms: ReviewTerms, stage: "escalate" | "revoke" | "capped"): ReviewTerms {
  if (stage === "capped") return { ...terms, deadlines: [] };
  return { ...terms, deadlines: terms.deadlines.map((deadline) => ({ ...deadline, expiry: "leave" })) };
}

function detected(request: ApprovalRequest, { kind, what, terms }: Drifted, handling: string, hand: Hand): NewEvent {
  const reviewers: Json = JSON.parse(JSON.stringify(terms.reviewers));
  return about(request, "drift-detected", hand, what, { detail: { kind, handling, reviewers } });
}

/** The identity of what stands goes on, so that its age is that of the first time. */
function findingOf({ kind, connection, key, what, standing }: Drifted, mark: string, hand: Hand): Finding {
  const since = standing?.since ?? hand.clock.now().toISOString();
  return { v: 1, key, kind, connectionId: connection.ref.id, since, mark, what };
}

async function latestOf({ connection }: Drifted, review: Review): Promise<ApprovalRequest | undefined> {
  const latest: StoredRequest | undefined =
    review.open.endedOn(connection.ref.id) ?? (await review.latest.of(connection));
  if (latest && isOpen(latest.request)) review.doubt = "a request was opened by another host";
  return latest?.request;
}

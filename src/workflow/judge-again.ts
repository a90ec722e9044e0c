import { type Connection, isSameConsumer } from "../connection/connection.ts";
import type { Step } from "../ledger/commit.ts";
import { durationMinutes } from "../policy/time.ts";
import { sameReviewers } from "../requests/quorum.ts";
import { type ApprovalRequest, untimed } from "../requests/request.ts";
import { evaluation, type Judgement, summaryOf } from "./judge.ts";
import type { Ledger, StoredRequest } from "./ports.ts";
import { changed, type Hand } from "./record.ts";

/**
 * Whether nobody answered in time what this connection still waits for. It is not asked again by itself: that would be a
 * deadline without end.
 */
export function hasLapsed(latest: ApprovalRequest, connection: Connection): boolean {
  return latest.state === "expired" && !latest.live && isSameConsumer(connection, latest);
}

/** Other policies, and still nothing but people for it: on record, so that these policies are asked once. */
export function stillLapsed({ request, etag }: StoredRequest, judgement: Judgement, hand: Hand): Step {
  const next = { ...request, verdict: summaryOf(judgement.verdict) };
  const events = [evaluation(next, judgement, hand)];
  return { key: `${request.id}|lapsed|${etag}`, request: next, expected: etag, events, notify: false };
}

/**
 * A request that waits, with its new verdict, before anything follows from that.
 *
 * The same people asked again keep their votes and what is left of their time; others begin anew. Votes that were given on a
 * card do not count where policy now wants them on the signed-in page. What was held begins with all its time, since nobody
 * could answer while it was.
 */
export function judgedAnew(request: ApprovalRequest, judgement: Judgement, hand: Hand): ApprovalRequest {
  const { decision, verdict, gathered } = judgement;
  const { votes, reviewers, held, state } = request;
  const asksTheSame = decision.kind === "review" && sameReviewers(decision.reviewers, reviewers);
  const isStricter = decision.kind === "review" && decision.terms.via === "page" && request.via !== "page";
  const { consumer } = gathered;
  const known = consumer ? { name: consumer.name, tier: consumer.tier, tenantId: consumer.tenantId } : null;
  return changed(asksTheSame && held === null ? request : untimed(request), hand.clock, {
    held: null,
    votes: asksTheSame && !isStricter ? votes : [],
    verdict: summaryOf(verdict),
    // A request that was reopened knows its consumer only as of then.
    ...(state === "received" ? { consumer: known } : {}),
  });
}

/**
 * When policy was asked again about the requests that wait with `recheck`. Only this worker knows, because nothing is put on record
 * while the answer stays the same: after a restart, or on another host, a request may be judged once more than it says.
 */
export class Rechecks {
  readonly #judgedAt = new Map<string, number>();

  isDue(request: ApprovalRequest, now: number): boolean {
    const next = this.#nextAt(request);
    return next !== undefined && next <= now;
  }

  /** When a review should look at the request for this reason; one that was due and was not reached comes again a turn later. */
  nextLook(request: ApprovalRequest, now: number): number | undefined {
    const next = this.#nextAt(request);
    return next === undefined || next > now ? next : now + everyMs(request);
  }

  note({ id }: ApprovalRequest, now: number): void {
    this.#judgedAt.delete(id);
    this.#judgedAt.set(id, now);
    // A map remembers the order of insertion: its first key was judged longest ago.
    const [oldest] = this.#judgedAt.keys();
    if (this.#judgedAt.size > rechecksKept && oldest !== undefined) this.#judgedAt.delete(oldest);
  }

  #nextAt(request: ApprovalRequest): number | undefined {
    const { recheck, state, held, live } = request;
    if (!recheck || state !== "awaiting-decision" || held || live) return undefined;
    return Math.max(Date.parse(recheck.since), this.#judgedAt.get(request.id) ?? 0) + everyMs(request);
  }
}

const rechecksKept = 10_000;

function everyMs({ recheck }: ApprovalRequest): number {
  return (durationMinutes(recheck?.every ?? "") ?? Number.POSITIVE_INFINITY) * 60_000;
}

const rechecksOfWorker = new WeakMap<object, Rechecks>();

/** What this worker knows of the requests in one ledger. */
export function rechecksOf(ledger: Ledger): Rechecks {
  const known = rechecksOfWorker.get(ledger) ?? new Rechecks();
  rechecksOfWorker.set(ledger, known);
  return known;
}

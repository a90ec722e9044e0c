import type { Connection } from "../connection/connection.ts";
import { driftTermsOf } from "../policy/evaluate.ts";
import type { ReviewerGroup } from "../policy/reviewers.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import { endOfQuestion, type Run } from "../requests/run.ts";
import { gatherFacts } from "./gather-facts.ts";
import { summaryOf } from "./judge.ts";
import type { Doubtful } from "./judge-for-run.ts";
import type { Opening } from "./open-live.ts";
import type { Ports } from "./ports.ts";
import type { Review } from "./review.ts";

/** An approved connection that a run asks about, what plgate knows of its approval, and what is doubted about it. */
export type Question = {
  readonly connection: Connection;
  readonly approval: LiveApproval | undefined;
  /** Undefined in a recertification, which doubts nothing. */
  readonly doubtful: Doubtful | undefined;
};

/**
 * How a run asks: the people whom policy names for the case, else those whom it names for drift, until the end that the run sets.
 * Unanswered, a connection is taken away only where the run says so, somebody could have answered, and no mere doubt is the reason.
 */
export async function openingOf(run: Run, question: Question, review: Review, ports: Ports): Promise<Opening> {
  const { connection, approval, doubtful } = question;
  const { fallbackReviewers } = ports.settings;
  const gathered = doubtful?.gathered ?? (await gatherFacts(review.service, connection, review.open.all, ports));
  const drift = driftTermsOf(review.policies.inForce, gathered.facts, { fallbackReviewers });
  const reviewers = reviewersOf(doubtful, drift.reviewers);
  if (reviewers.length === 0) ports.log.error("nobody is named who could answer; nothing is revoked", { run: run.id });
  return {
    live: {
      cause: run.kind === "judge" ? "policy" : "recertification",
      why: doubtful ? whyDoubtful(doubtful) : `Recertification: ${run.note}`,
      approval: approval?.requestId ?? (await review.latest.of(connection))?.request.id ?? null,
      run: run.id,
    },
    reviewers,
    terms: drift.terms,
    end: {
      dueAt: endOfQuestion(run, ports.clock.now()),
      expiry: mayRevoke(run, doubtful, reviewers) ? "reject" : "leave",
    },
    verdict: doubtful ? summaryOf(doubtful.verdict) : null,
    consumer: gathered.consumer,
  };
}

function reviewersOf(doubtful: Doubtful | undefined, others: readonly ReviewerGroup[]): readonly ReviewerGroup[] {
  const named = doubtful?.verdict.reviewers ?? [];
  return named.length > 0 ? named : others;
}

function mayRevoke({ unanswered }: Run, doubtful: Doubtful | undefined, reviewers: readonly ReviewerGroup[]): boolean {
  if (unanswered !== "revoke" || reviewers.length === 0) return false;
  return doubtful === undefined || doubtful.verdict.effect === "reject";
}

function whyDoubtful({ verdict }: Doubtful): string {
  const says = verdict.effect === "reject" ? "would reject it" : "would ask people";
  return `The policies in force would not approve it any more but ${says}: ${verdict.reason}`;
}

import type { ReviewerGroup, Verdict } from "../policy/evaluate.ts";
import { plainTerms, type ReviewTerms } from "../policy/review-terms.ts";

/** Through which door a step came in. `event` and `timer` are the robot's own, `outside` is somebody beside plgate. */
export type Door = "event" | "timer" | "teams" | "api" | "console" | "cli" | "outside";

/** Who did something. A person is known by object id and tenant; the name is only for people to read. */
export type Actor =
  | { readonly kind: "robot" }
  | { readonly kind: "person"; readonly objectId: string; readonly tenantId: string; readonly name: string }
  | { readonly kind: "outside" };

export const robot: Actor = { kind: "robot" };

/** The app's own mode, applied after the decision and never before: it changes no verdict (policy.md 4). */
export type Mode = "observe" | "approve-only" | "enforce";

/** What shall happen to one pending connection, before the app's mode is asked. */
export type Decision =
  | { readonly kind: "approve"; readonly reason: string }
  | { readonly kind: "reject"; readonly reason: string }
  | {
      readonly kind: "review";
      readonly reason: string;
      readonly reviewers: readonly ReviewerGroup[];
      readonly terms: ReviewTerms;
    };

export type Standing = {
  /** False when the service is Failed, Canceled or of unknown state: nothing is decided without people then (seeds.md). */
  readonly serviceSucceeded: boolean;
  /** False when the connection names no private endpoint that can be parsed (azure.md 0.16). */
  readonly consumerKnown: boolean;
  readonly fallbackReviewers: readonly ReviewerGroup[];
};

/**
 * Turns the verdict into a decision. Policy may be overruled in one direction only: towards people.
 * A reject holds only for a consumer who is known, because a rejection is final in Azure (azure.md 3.4).
 */
export function decide(verdict: Verdict, standing: Standing): Decision {
  if (verdict.effect === "review") {
    return { kind: "review", reason: verdict.reason, reviewers: verdict.reviewers, terms: verdict.terms };
  }
  if (!standing.consumerKnown) {
    return toPeople("Azure does not say which private endpoint asks.", verdict, standing);
  }
  if (!standing.serviceSucceeded) {
    return toPeople("The Private Link Service itself is not in a good state.", verdict, standing);
  }
  return { kind: verdict.effect, reason: verdict.reason };
}

/** Whether the mode lets plgate write this decision to ARM. */
export function mayWrite(mode: Mode, kind: "approve" | "reject"): boolean {
  switch (mode) {
    case "observe":
      return false;
    case "approve-only":
      return kind === "approve";
    case "enforce":
      return true;
  }
}

function toPeople(why: string, verdict: Verdict, standing: Standing): Decision {
  return {
    kind: "review",
    reason: `${why} Policy alone would say ${verdict.effect}: ${verdict.reason}`,
    reviewers: standing.fallbackReviewers,
    terms: plainTerms,
  };
}

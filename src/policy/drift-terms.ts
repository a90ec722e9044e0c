import { plainTerms, type ReviewTerms } from "./review-terms.ts";
import type { ReviewerGroup } from "./reviewers.ts";

export const driftHandlings = ["record", "escalate", "revoke"] as const;

/** What policy wants when ARM differs from what plgate decided. */
export type DriftHandling = (typeof driftHandlings)[number];

export type DriftTerms = {
  /** `record`: tell it once. `escalate`: ask people whether the connection stays. `revoke`: it goes after `grace`, unless they keep it. */
  readonly handling: DriftHandling;
  /** ISO 8601 duration between the intent to revoke and the act. */
  readonly grace: string;
  readonly reviewers: readonly ReviewerGroup[];
  /** How people are asked. */
  readonly terms: ReviewTerms;
};

/** Where a policy says `revoke` and no grace. */
export const usualGrace = "P1D";

/** Where no policy says anything. */
export function plainDrift(reviewers: readonly ReviewerGroup[]): DriftTerms {
  return { handling: "record", grace: usualGrace, reviewers, terms: plainTerms };
}

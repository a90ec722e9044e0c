import type { CompiledPolicy } from "./compile.ts";
import { type DriftHandling, type DriftTerms, usualGrace } from "./drift-terms.ts";
import { compareText } from "./faults.ts";
import type { ReviewTree } from "./parse-review.ts";
import type { ReviewerGroup } from "./reviewers.ts";
import { askedBy } from "./settle.ts";
import { durationMinutes } from "./time.ts";
import type { Truth } from "./truth.ts";

/** A policy, and whether it covers the service. */
export type Coverage = { readonly policy: CompiledPolicy; readonly matches: Truth };

/**
 * What all policies together say of drift. A policy that says nothing of it has no say; those that say the same are followed, and
 * where they differ people are asked. One of which nobody knows whether it covers the service takes nothing away: it can only ask.
 *
 * The longest grace counts. Asked are the people of those that want it; where drift is only recorded they are those of
 * `defaultReview`, for whoever asks about an approval for another reason. The order of `all` never matters.
 */
export function settleDrift(all: readonly Coverage[], fallback: readonly ReviewerGroup[]): DriftTerms {
  const covering = all.filter(({ matches }) => matches !== false);
  const said = covering.flatMap(({ policy: { drift }, matches }) => (drift ? [{ ...drift, matches }] : []));
  const handling = together(said.map(wanted));
  const asking = said.filter((one) => one.handling !== "record").map(({ review }) => review);
  const reviews = handling === "record" ? covering.map(({ policy }) => policy.defaultReview) : asking;
  return {
    handling,
    grace: longest(said.map(({ grace }) => grace)),
    ...askedBy(reviews.map(withoutRecheck), fallback),
  };
}

function wanted({ handling, matches }: { readonly handling: DriftHandling; readonly matches: Truth }): DriftHandling {
  return handling === "revoke" && matches !== true ? "escalate" : handling;
}

function together(handlings: readonly DriftHandling[]): DriftHandling {
  const [first = "record", ...others] = new Set(handlings);
  return others.length === 0 ? first : "escalate";
}

function longest(graces: readonly string[]): string {
  const sorted = graces.toSorted((one, other) => minutesOf(other) - minutesOf(one) || compareText(one, other));
  return sorted[0] ?? usualGrace;
}

function minutesOf(duration: string): number {
  return durationMinutes(duration) ?? 0;
}

/** Whether an approval stays was asked for its own reason: no policy answers that while it waits. */
function withoutRecheck({ reviewers, terms: { recheck: _, ...terms } }: ReviewTree): ReviewTree {
  return { reviewers, terms };
}

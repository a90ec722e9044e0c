import { compareText } from "./faults.ts";
import { mostTermsOfRequest } from "./limits.ts";
import { type CountedHours, type Deadline, type Escalation, plainTerms, type ReviewTerms } from "./review-terms.ts";
import type { StandIn } from "./reviewers.ts";
import { durationMinutes } from "./time.ts";

/**
 * The terms of several reviews at once: on the page if any of them says so, and all of their deadlines and escalations.
 * One deadline that leaves the connection Pending makes all of them leave it, and of several rechecks the most frequent counts.
 * The order of `all` never matters.
 */
export function unionOfTerms(all: Iterable<ReviewTerms>): ReviewTerms {
  const [first = plainTerms, ...others] = new Set(all);
  // Most policies have one way of asking: nothing is merged then.
  if (others.length === 0) return first;
  const every = [first, ...others];
  const deadlines = every.flatMap((terms) => terms.deadlines);
  const expiry = deadlines.some((deadline) => deadline.expiry === "leave") ? "leave" : "reject";
  return {
    via: every.some(({ via }) => via === "page") ? "page" : "card",
    deadlines: once(
      deadlines.map((deadline) => ({ ...deadline, expiry })),
      placeOfDeadline,
    ),
    escalations: once(
      every.flatMap((terms) => terms.escalations),
      placeOfEscalation,
    ),
    ...mostFrequent(every),
  };
}

function mostFrequent(every: readonly ReviewTerms[]): Pick<ReviewTerms, "recheck"> {
  const [recheck] = every
    .flatMap((terms) => terms.recheck ?? [])
    .sort((one, other) => minutesOf(one) - minutesOf(other) || compareText(one, other));
  return recheck === undefined ? {} : { recheck };
}

function minutesOf(duration: string): number {
  return durationMinutes(duration) ?? Number.POSITIVE_INFINITY;
}

/** The terms of a rule that could not be told: nothing is rejected by what may not hold. */
export function leaving(terms: ReviewTerms): ReviewTerms {
  if (terms.deadlines.every(({ expiry }) => expiry === "leave")) return terms;
  return { ...terms, deadlines: terms.deadlines.map((deadline) => ({ ...deadline, expiry: "leave" })) };
}

/** True when the same is asked of people in the same time: P1D is PT24H, and the names of windows and groups are words. */
export function sameTerms(one: ReviewTerms, other: ReviewTerms): boolean {
  return one === other || meaningOf(one) === meaningOf(other);
}

function meaningOf({ via, deadlines, escalations, recheck }: ReviewTerms): string {
  const times = deadlines.map((deadline) => `${placeOfDeadline(deadline).same} ${deadline.expiry}`);
  const steps = escalations.map((escalation) => placeOfEscalation(escalation).same);
  return JSON.stringify([
    via,
    times.sort(compareText),
    steps.sort(compareText),
    recheck === undefined ? null : minutesOf(recheck),
  ]);
}

/** Where something stands in the order of time, what makes two of them one, and which of the two is shown. */
type Place = { readonly minutes: number; readonly same: string; readonly shown: string };

function placeOfDeadline({ within, hours }: Deadline): Place {
  const minutes = minutesOf(within);
  return { minutes, same: JSON.stringify([minutes, hoursOf(hours)]), shown: `${hours?.name ?? ""} ${within}` };
}

function placeOfEscalation({ after, hours, from, to }: Escalation): Place {
  const minutes = minutesOf(after);
  const same = JSON.stringify([minutes, hoursOf(hours), from, to.map(groupOf)]);
  const shown = JSON.stringify([hours?.name ?? "", after, to.map(({ name }) => name)]);
  return { minutes, same, shown };
}

function hoursOf(hours: CountedHours | null): unknown {
  return hours && [hours.timezone, hours.from, hours.to, hours.days];
}

function groupOf({ group, channels }: StandIn): unknown {
  return [group, channels ?? []];
}

/** In the order of time, each once, and no more than a request can hold. */
function once<Item>(items: readonly Item[], placeOf: (item: Item) => Place): readonly Item[] {
  const placed = items.map((item) => ({ item, ...placeOf(item) }));
  placed.sort((a, b) => a.minutes - b.minutes || compareText(a.same, b.same) || compareText(a.shown, b.shown));
  const different = placed.filter(({ same }, at) => placed[at - 1]?.same !== same);
  return different.slice(0, mostTermsOfRequest).map(({ item }) => item);
}

import { compareText } from "./faults.ts";
import type { PolicyFindings, RuleFinding } from "./judge-policy.ts";
import { leaving, unionOfTerms } from "./merge-terms.ts";
import type { ReviewTree } from "./parse-review.ts";
import type { Effect } from "./parse-rules.ts";
import { plainTerms, type ReviewTerms } from "./review-terms.ts";
import { type ReviewerGroup, unionOfReviewers } from "./reviewers.ts";

/** What the rules decide together, before anything else is asked. */
export type Settlement = {
  readonly effect: Effect;
  readonly decidedBy: readonly string[];
  readonly reason: string;
  readonly reviewers: readonly ReviewerGroup[];
  readonly terms: ReviewTerms;
  readonly expiresAfter: string | null;
  readonly unavailable: readonly string[];
};

/**
 * The decision procedure (policy.md 4) over the rules of all policies at once: reject, else review, else approve, else
 * people. A rule that cannot be told can only lead to people; an approve rule that cannot be told counts for nothing
 * but a shorter expiry. The order of `findings` never matters.
 */
export function settle(
  findings: readonly RuleFinding[],
  policies: readonly PolicyFindings[],
  fallback: readonly ReviewerGroup[],
): Settlement {
  const rejects = findings.filter(({ rule, counts }) => rule.effect === "reject" && counts === true);
  if (rejects.length > 0) return { ...decided("reject", rejects), reason: becauseOf(rejects) };
  const reviews = findings.filter(leadsToPeople);
  if (reviews.length > 0) return settleReview(reviews, fallback);
  const approves = findings.filter(({ rule, counts }) => rule.effect === "approve" && counts === true);
  if (approves.length > 0) {
    return { ...decided("approve", approves), reason: becauseOf(approves), expiresAfter: shortestExpiry(findings) };
  }
  return settleByDefault(findings, policies, fallback);
}

function byName(one: RuleFinding, other: RuleFinding): number {
  return compareText(one.policy.name, other.policy.name) || compareText(one.rule.id, other.rule.id);
}

function leadsToPeople({ rule, counts }: RuleFinding): boolean {
  if (rule.effect === "review") return counts !== false;
  return rule.effect === "reject" && counts === null;
}

function decided(effect: Effect, by: readonly RuleFinding[]): Omit<Settlement, "reason"> {
  const decidedBy = sortedUnique(by.map(({ rule }) => rule.id));
  return { effect, decidedBy, reviewers: [], terms: plainTerms, expiresAfter: null, unavailable: [] };
}

function settleReview(by: readonly RuleFinding[], fallback: readonly ReviewerGroup[]): Settlement {
  const untold = by.filter(({ counts }) => counts === null);
  const told = by.filter(({ counts }) => counts === true);
  const sentences = [becauseOf(told), ...untold.toSorted(byName).map(whyUntold)];
  return {
    ...decided("review", by),
    reason: shorten(sentences.filter((sentence) => sentence !== "").join(" ")),
    ...askedBy(by.map(askingOf), fallback),
    unavailable: sortedUnique(untold.flatMap(({ lost }) => lost)),
  };
}

function whyUntold({ rule, lost, trace }: RuleFinding): string {
  const facts = sortedUnique(lost);
  if (facts.length === 0)
    return `Rule ${rule.id} could not be told because of an error (${trace.error ?? "in an exemption"}).`;
  return `Rule ${rule.id} could not be told because ${facts.join(", ")} was not available.`;
}

function settleByDefault(
  findings: readonly RuleFinding[],
  policies: readonly PolicyFindings[],
  fallback: readonly ReviewerGroup[],
): Settlement {
  const matching = policies.filter(({ matches }) => matches !== false);
  const unavailable = sortedUnique(findings.filter(({ counts }) => counts === null).flatMap(({ lost }) => lost));
  const nothing = matching.length === 0 ? "No policy covers this service." : "No rule approves this request.";
  const missing = unavailable.length === 0 ? "" : ` Not available: ${unavailable.join(", ")}.`;
  return {
    effect: "review",
    decidedBy: ["default"],
    reason: shorten(`${nothing}${missing}`),
    ...askedBy(
      matching.map(({ policy }) => policy.defaultReview),
      fallback,
    ),
    expiresAfter: null,
    unavailable,
  };
}

function askingOf({ rule: { reviewers, terms }, counts }: RuleFinding): ReviewTree {
  return { reviewers, terms: counts === true ? terms : leaving(terms) };
}

/** All that the reviews ask, together; the fallback group, on no terms, when they name nobody. */
export function askedBy(reviews: readonly ReviewTree[], fallback: readonly ReviewerGroup[]): ReviewTree {
  const asking = reviews.filter(({ reviewers }) => reviewers.length > 0);
  if (asking.length === 0) return { reviewers: unionOfReviewers([fallback]), terms: plainTerms };
  return {
    reviewers: unionOfReviewers(asking.map(({ reviewers }) => reviewers)),
    terms: unionOfTerms(asking.map(({ terms }) => terms)),
  };
}

/** Rules that cannot be told shorten too, so that losing knowledge never lengthens an approval. */
function shortestExpiry(findings: readonly RuleFinding[]): string | null {
  const expiries = findings
    .filter(({ rule, counts }) => rule.effect === "approve" && counts !== false)
    .flatMap(({ rule }) => rule.expiresAfter ?? [])
    .sort((a, b) => a.minutes - b.minutes || compareText(a.text, b.text));
  return expiries[0]?.text ?? null;
}

/** Only what the policy's author wrote. */
function becauseOf(findings: readonly RuleFinding[]): string {
  const sentences = new Set(findings.toSorted(byName).map(({ rule }) => rule.because));
  return shorten([...sentences].join(" "));
}

const longestReason = 2_000;

/** A reason is shown on a card and stored in one column; the trace has all of it. */
function shorten(reason: string): string {
  return reason.length <= longestReason ? reason : `${reason.slice(0, longestReason - 2)} …`;
}

function sortedUnique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compareText);
}

import type { ReviewerGroup } from "../policy/evaluate.ts";
import type { Vote } from "./request.ts";

export type Tally =
  | { readonly kind: "waiting"; readonly missing: readonly { readonly name: string; readonly votes: number }[] }
  | { readonly kind: "approve" }
  | { readonly kind: "reject"; readonly by: Vote };

/**
 * Counts the votes: one reject by a reviewer ends it, an approval needs n different people of *each* group or of its
 * stand-ins. Somebody in two groups counts in both (policy.md 4, Review). Without any group nobody can approve.
 */
export function tally(reviewers: readonly ReviewerGroup[], votes: readonly Vote[]): Tally {
  const rejected = votes.find((vote) => vote.vote === "reject");
  if (rejected) return { kind: "reject", by: rejected };
  const missing = reviewers
    .map((group) => ({ name: group.name, votes: group.approvals - approvalsOf(group, votes) }))
    .filter(({ votes: left }) => left > 0);
  if (missing.length > 0 || reviewers.length === 0) return { kind: "waiting", missing };
  return { kind: "approve" };
}

/** The votes after one more: a person has one vote, the latest word counts. */
export function withVote(votes: readonly Vote[], vote: Vote): readonly Vote[] {
  return [...votes.filter((other) => !sameVoter(other, vote)), vote];
}

/**
 * Whether the same groups are asked for the same number of approvals; names are only for people, channels say where they
 * are asked, and stand-ins came with time.
 */
export function sameReviewers(one: readonly ReviewerGroup[], other: readonly ReviewerGroup[]): boolean {
  const words = (groups: readonly ReviewerGroup[]) =>
    groups.map(({ group, approvals }) => `${group} ${approvals}`).sort();
  return words(one).join() === words(other).join();
}

export function sameVoter(
  one: { readonly objectId: string; readonly tenantId: string },
  other: { readonly objectId: string; readonly tenantId: string },
): boolean {
  return (
    one.objectId.toLowerCase() === other.objectId.toLowerCase() &&
    one.tenantId.toLowerCase() === other.tenantId.toLowerCase()
  );
}

function approvalsOf(group: ReviewerGroup, votes: readonly Vote[]): number {
  const answering = [group.group, ...(group.standIns ?? []).map((standIn) => standIn.group)].map(lower);
  const people = votes
    .filter((vote) => vote.vote === "approve" && vote.groups.map(lower).some((one) => answering.includes(one)))
    .map((vote) => `${vote.tenantId}|${vote.objectId}`.toLowerCase());
  return new Set(people).size;
}

function lower(text: string): string {
  return text.toLowerCase();
}

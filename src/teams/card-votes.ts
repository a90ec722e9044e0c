import type { ReviewerGroup } from "../policy/evaluate.ts";
import { tally } from "../requests/quorum.ts";
import type { Vote } from "../requests/request.ts";

/** The approvals that a group has by now, and whose they are. */
export type Count = { readonly given: number; readonly by: readonly Vote[] };

/** Counts by the quorum's own rule, so that the card never shows more or less than what decides. */
export function countOf(group: ReviewerGroup, votes: readonly Vote[]): Count {
  const by = votes.filter((vote) => vote.vote === "approve" && counts(group, vote));
  return { given: by.length, by };
}

function counts(group: ReviewerGroup, vote: Vote): boolean {
  return tally([{ ...group, approvals: 1 }], [vote]).kind === "approve";
}

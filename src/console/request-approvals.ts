import { sameVoter } from "../requests/quorum.ts";
import type { ApprovalRequest, Vote } from "../requests/request.ts";
import type { Language } from "../words/language.ts";
import { requestWords } from "../words/page-request.ts";
import { type Fill, foreign, html } from "./html.ts";
import { moment, section, table } from "./pieces.ts";

type Group = ApprovalRequest["reviewers"][number];

/** Whoever looks, as votes know people. */
type Reader = { readonly objectId: string; readonly tenantId: string };

const nameLimit = 80;
const wordsLimit = 1_000;

/** Who has to agree, and who has. */
export function approvals({ reviewers, votes }: ApprovalRequest, reader: Reader, language: Language): Fill {
  if (reviewers.length === 0 && votes.length === 0) return undefined;
  const words = requestWords[language].approvals;
  const standIns = reviewers.some((group) => (group.standIns ?? []).length > 0);
  const groups = reviewers.map((group) => [
    foreign(group.name, nameLimit),
    group.approvals,
    given(group, votes),
    ...(standIns ? [(group.standIns ?? []).map(({ name }) => html`${foreign(name, nameLimit)} `)] : []),
  ]);
  const columns = [words.group, words.needed, words.given, ...(standIns ? [words.standIns] : [])];
  return section(
    "approvals",
    requestWords[language].sections.approvals,
    groups.length > 0 && table(words.caption, columns, groups),
    html`<p class="quiet">${words.ends}</p>`,
    votes.length === 0 ? html`<p>${words.noVotes}</p>` : votesTable(votes, reader, language),
  );
}

function given({ group, standIns = [] }: Group, votes: readonly Vote[]): number {
  const counted = [group, ...standIns.map((one) => one.group)];
  return votes.filter(({ vote, groups }) => vote === "approve" && groups.some((one) => counted.includes(one))).length;
}

function votesTable(votes: readonly Vote[], reader: Reader, language: Language): Fill {
  const { approvals: words, answers, doors } = requestWords[language];
  const rows = votes.map((vote) => [
    html`${foreign(vote.name, nameLimit, vote.objectId)}${sameVoter(vote, reader) && ` (${words.you})`}`,
    { value: answers[vote.vote], tone: vote.vote === "approve" ? "good" : "bad" } as const,
    foreign(vote.justification, wordsLimit),
    moment(vote.at, language),
    doors[vote.door],
  ]);
  return table(words.votes, [words.person, words.answer, words.words, words.when, words.through], rows);
}

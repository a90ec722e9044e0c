import { sameVoter } from "../requests/quorum.ts";
import type { ApprovalRequest, Vote } from "../requests/request.ts";
import type { Language } from "../words/language.ts";
import { requestWordsFor } from "../words/page-live.ts";
import { type Fill, foreign, html } from "./html.ts";
import { moment, section, table } from "./pieces.ts";

type Group = ApprovalRequest["reviewers"][number];

/** Whoever looks, as votes know people. */
type Reader = { readonly objectId: string; readonly tenantId: string };

const nameLimit = 80;
const wordsLimit = 1_000;

/** Who has to agree, and who has. */
export function approvals(request: ApprovalRequest, reader: Reader, language: Language): Fill {
  const { reviewers, votes } = request;
  if (reviewers.length === 0 && votes.length === 0) return undefined;
  const { approvals: words, sections } = requestWordsFor(request, language);
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
    sections.approvals,
    groups.length > 0 && table(words.caption, columns, groups),
    html`<p class="quiet">${words.ends}</p>`,
    votes.length === 0 ? html`<p>${words.noVotes}</p>` : votesTable(request, reader, language),
  );
}

function given({ group, standIns = [] }: Group, votes: readonly Vote[]): number {
  const counted = [group, ...standIns.map((one) => one.group)];
  return votes.filter(({ vote, groups }) => vote === "approve" && groups.some((one) => counted.includes(one))).length;
}

function votesTable(request: ApprovalRequest, reader: Reader, language: Language): Fill {
  const { approvals: words, answers, doors } = requestWordsFor(request, language);
  const rows = request.votes.map((vote) => [
    html`${foreign(vote.name, nameLimit, vote.objectId)}${sameVoter(vote, reader) && ` (${words.you})`}`,
    { value: answers[vote.vote], tone: vote.vote === "approve" ? "good" : "bad" } as const,
    foreign(vote.justification, wordsLimit),
    moment(vote.at, language),
    doors[vote.door],
  ]);
  return table(words.votes, [words.person, words.answer, words.words, words.when, words.through], rows);
}

import { sameId } from "../connection/arm-id.ts";
import type { ReviewerGroup } from "../policy/evaluate.ts";
import type { ApprovalRequest, Vote } from "../requests/request.ts";
import type { CardWords } from "../words/card-words.ts";
import type { RequestView } from "../workflow/ports.ts";
import { type CardElement, type Fact, factSet, paragraph, title } from "./adaptive-card.ts";
import { possibleAnswers } from "./card-status.ts";
import { brief, justificationText, listed, listLimit, moment } from "./card-text.ts";
import { countOf } from "./card-votes.ts";

const votersLimit = 2;
const standInLimit = 2;
const spokenLimit = 3;

/** Who has to agree, who may agree in their place, who has, and what they wrote. */
export function approvals(view: RequestView, words: CardWords): readonly CardElement[] {
  const { reviewers, votes } = view.request;
  if (reviewers.length === 0) return [];
  const shown = reviewers.slice(0, listLimit);
  const hidden = reviewers.length - shown.length;
  return [
    title(words.approvalsTitle),
    ...factSet([
      ...shown.flatMap((group) => [groupRow(group, votes, words), ...standInRows(group, view.request, words)]),
      ...(hidden > 0 ? [{ title: words.more, value: words.moreGroups(hidden) }] : []),
    ]),
    ...stillNeeded(view, words),
    ...factSet(votes.slice(-spokenLimit).map((vote) => spoken(vote, words))),
  ];
}

function groupRow(group: ReviewerGroup, votes: readonly Vote[], words: CardWords): Fact {
  const { given, by } = countOf(group, votes);
  const names = by.map(({ name }) => name);
  const voters = names.length > 0 ? listed(names, words, votersLimit) : null;
  return { title: brief(group.name, words), value: words.given(given, group.approvals, voters) };
}

/** A line for each moment at which stand-ins were called, the first two. */
function standInRows(group: ReviewerGroup, request: ApprovalRequest, words: CardWords): readonly Fact[] {
  const standIns = group.standIns ?? [];
  const called = Map.groupBy(standIns, ({ group: standIn }) => sinceWhen(group, standIn, request));
  return [...called].slice(0, standInLimit).map(([since, those]) => ({
    title: words.orGroup(
      listed(
        those.map(({ name }) => name),
        words,
        standInLimit,
      ),
    ),
    value: words.inPlaceOf(brief(group.name, words), since === null ? null : moment(since, words)),
  }));
}

/** When the stand-in was called: by the first step that was done for this group. */
function sinceWhen(group: ReviewerGroup, standIn: string, { timetable }: ApprovalRequest): string | null {
  const holds = (groups: readonly string[], one: string) => groups.some((other) => sameId(one, other));
  const called = timetable?.escalations.find(
    ({ step, from, to }) =>
      timetable.done.includes(step) && holds(from, group.group) && to.some((one) => sameId(one.group, standIn)),
  );
  return called?.at ?? null;
}

function stillNeeded(view: RequestView, words: CardWords): readonly CardElement[] {
  if (possibleAnswers(view).length === 0) return [];
  const { reviewers, votes } = view.request;
  const missing = reviewers.filter((group) => countOf(group, votes).given < group.approvals);
  if (missing.length === 0) return [];
  const groups = missing.map(({ name }) => name);
  return [paragraph(words.stillNeeded(listed(groups, words)), { spacing: "Small" })];
}

function spoken({ name, vote, justification }: Vote, words: CardWords): Fact {
  return { title: brief(name, words), value: words.vote[vote](justificationText(justification, words)) };
}

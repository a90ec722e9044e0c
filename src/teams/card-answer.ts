import type { CardWords } from "../words/card-words.ts";
import type { RequestView } from "../workflow/ports.ts";
import { type CardElement, paragraph, type TextInput, title } from "./adaptive-card.ts";
import { atDeadline, possibleAnswers } from "./card-status.ts";
import { liveWordsOf, moment } from "./card-text.ts";
import { countOf } from "./card-votes.ts";

/** Most characters of a reviewer's justification: what ARM takes as a description (teams.md 6). */
export const justificationLimit = 140;

/** What an answer does, what happens without one, and the field for the reason; or why the card takes none. */
export function answer(view: RequestView, hasLink: boolean, words: CardWords): readonly CardElement[] {
  const answers = possibleAnswers(view);
  if (answers.length === 0) return [];
  const isOnPage = view.request.via === "page";
  return [
    title(words.answerTitle),
    ...(isOnPage ? [paragraph(hasLink ? words.onPage : words.onPageWithoutLink)] : []),
    ...effects(view, words).map((text) => paragraph(text, { spacing: "Small" })),
    ...(isOnPage ? [] : [justification(words)]),
  ];
}

function effects(view: RequestView, words: CardWords): readonly string[] {
  const { timetable } = view.request;
  return [
    missingApprovals(view) === 1 ? words.lastApproval : words.oneApproval,
    possibleAnswers(view).includes("reject") ? words.rejection : words.noRejection,
    ...(timetable?.dueAt ? [afterDeadline(view, words)[timetable.expiry](moment(timetable.dueAt, words))] : []),
  ];
}

function afterDeadline(view: RequestView, { afterDeadline: usual }: CardWords): CardWords["afterDeadline"] {
  return atDeadline(view)?.kind === "held" ? { ...usual, reject: liveWordsOf(view).afterDeadlineHeld } : usual;
}

function missingApprovals({ request }: RequestView): number {
  const missing = request.reviewers.map((group) => group.approvals - countOf(group, request.votes).given);
  return missing.reduce((sum, count) => sum + Math.max(0, count), 0);
}

function justification(words: CardWords): TextInput {
  const { label, placeholder, missing } = words.justification;
  return {
    type: "Input.Text",
    id: "justification",
    label,
    placeholder,
    isMultiline: true,
    maxLength: justificationLimit,
    isRequired: true,
    errorMessage: missing,
  };
}

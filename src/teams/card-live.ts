import type { ApprovalRequest } from "../requests/request.ts";
import type { CardWords } from "../words/card-words.ts";
import type { RequestView, StandingRequest } from "../workflow/ports.ts";
import { type CardElement, type Fact, factSet, paragraph, title } from "./adaptive-card.ts";
import { decider } from "./card-ending.ts";
import { brief, liveWordsOf, messageText, moment } from "./card-text.ts";

/** Why an approved connection is looked at again: the cause in the reader's words, then what was found, as it is on record. */
export function whyLookedAt(view: RequestView, words: CardWords): readonly CardElement[] {
  const { live } = view.request;
  if (!live) return [];
  const found = messageText(live.why);
  return [
    title(words.whyTitle),
    paragraph(liveWordsOf(view).causes[live.cause]),
    ...(found ? [paragraph(found, { spacing: "Small" })] : []),
  ];
}

/** Since when the connection is approved, by whom and by which request. */
export function standingApproval(view: RequestView, words: CardWords): readonly CardElement[] {
  const { live } = view.request;
  if (!live) return [];
  const { approvalTitle, neverApproved, approval: labels } = liveWordsOf(view);
  const run = live.run ? [{ title: labels.run, value: brief(live.run, words) }] : [];
  const known = view.approval ? approvalFacts(view.approval, view, words) : nameOf(live, view, words);
  return [
    title(approvalTitle),
    ...(known.length > 0 ? [] : [paragraph(neverApproved)]),
    ...factSet([...known, ...run]),
  ];
}

function approvalFacts(standing: StandingRequest, view: RequestView, words: CardWords): readonly Fact[] {
  const { approval: labels } = liveWordsOf(view);
  const { id, decided, updatedAt, expiresAt, live } = standing;
  return [
    { title: live ? labels.kept : labels.approved, value: moment(decided?.at ?? updatedAt, words) },
    ...(decided ? [{ title: labels.by, value: decider(decided, words) }] : []),
    { title: labels.request, value: brief(id, words) },
    ...(expiresAt ? [{ title: labels.ends, value: moment(expiresAt, words) }] : []),
  ];
}

/** All that is known of an approval that is not in the ledger any more. */
function nameOf(
  { approval }: NonNullable<ApprovalRequest["live"]>,
  view: RequestView,
  words: CardWords,
): readonly Fact[] {
  return approval === null ? [] : [{ title: liveWordsOf(view).approval.request, value: brief(approval, words) }];
}

import { type ApprovalRequest, isOpen } from "../requests/request.ts";
import type { RequestView } from "../workflow/ports.ts";
import {
  type AdaptiveCard,
  type CardAction,
  type CardElement,
  type ExecuteAction,
  paragraph,
  type TextInput,
  title,
} from "./adaptive-card.ts";
import { approvals, connectionFacts, consumerWords, decision, ending, policyWords } from "./card-sections.ts";
import { namesOf, possibleAnswers, shortName, statusOf, type Verb } from "./card-status.ts";

/** Most characters of a reviewer's justification: what ARM takes as a description (teams.md 6). */
export const justificationLimit = 140;

/**
 * The card of one request as it stands: pure, the same view gives the same card.
 *
 * A card asks only while an answer would count: with the decision on record it has neither inputs nor buttons but the link,
 * and it says "Approved" only when Azure confirmed it. Its buttons carry the request's id and nothing else that is believed.
 * Everything that others wrote went through `plainText`.
 */
export function approvalCard(view: RequestView): AdaptiveCard {
  const { request } = view;
  const answers = possibleAnswers(view);
  return {
    type: "AdaptiveCard",
    version: "1.5",
    fallbackText: cardSummary(view),
    body: [
      head(view),
      ...ending(request),
      ...decision(request),
      ...connectionFacts(view),
      ...consumerWords(request),
      ...policyWords(view),
      ...approvals(view),
      ...question(answers),
      paragraph(`Request ${request.id}`, { isSubtle: true, size: "Small", spacing: "Medium" }),
    ],
    actions: [...answers.map((verb) => button(verb, request)), ...linkTo(view.link)],
    ...refreshOf(request),
  };
}

/** The same for a second post of the card, which must not be answered: it has no buttons but the link. */
export function copyOfCard(view: RequestView): AdaptiveCard {
  const { actions, body, ...card } = approvalCard(view);
  const asked = question(possibleAnswers(view)).length;
  return {
    ...card,
    body: [...body.slice(0, body.length - 1 - asked), ...body.slice(-1)],
    actions: actions.filter(({ type }) => type === "Action.OpenUrl"),
  };
}

/** The card in one line of plain text, for notifications and for clients that show no cards. */
export function cardSummary(view: RequestView): string {
  const { service, endpoint } = namesOf(view.request);
  const customer = view.request.consumer?.name;
  return `${statusOf(view).words}: ${endpoint}${customer ? ` of ${shortName(customer)}` : ""} to ${service}`;
}

function head(view: RequestView): CardElement {
  const { words, tone, sentence } = statusOf(view);
  return {
    type: "Container",
    style: tone,
    bleed: true,
    items: [
      paragraph(words, { style: "heading", size: "Large", weight: "Bolder" }),
      paragraph(sentence, { spacing: "Small" }),
    ],
  };
}

function question(answers: readonly Verb[]): readonly CardElement[] {
  if (answers.length === 0) return [];
  const input: TextInput = {
    type: "Input.Text",
    id: "justification",
    label: "Why do you decide so?",
    placeholder: "Kept in the audit under your name",
    isMultiline: true,
    maxLength: justificationLimit,
    isRequired: true,
    errorMessage: "A decision needs a justification.",
  };
  const onlyApprove = answers.includes("reject")
    ? []
    : [paragraph("plgate runs in approve-only mode: to reject this connection, do it in Azure.", { isSubtle: true })];
  return [title("Your answer"), ...onlyApprove, input];
}

function button(verb: Verb, { id }: ApprovalRequest): ExecuteAction {
  const look =
    verb === "approve"
      ? ({ title: "Approve", style: "positive" } as const)
      : ({ title: "Reject", style: "destructive" } as const);
  return {
    type: "Action.Execute",
    ...look,
    verb,
    data: { requestId: id },
    fallback: { type: "Action.Submit", ...look, data: { requestId: id, verb } },
  };
}

function linkTo(link: string | null): readonly CardAction[] {
  if (link === null || !/^https?:$/.test(URL.parse(link)?.protocol ?? "")) return [];
  return [{ type: "Action.OpenUrl", title: "Open the request", url: link }];
}

/** A menu entry that asks for the present state, while there may be a newer one. No user ids: nothing refreshes by itself. */
function refreshOf(request: ApprovalRequest): Pick<AdaptiveCard, "refresh"> {
  if (!isOpen(request)) return {};
  const data = { requestId: request.id };
  return { refresh: { action: { type: "Action.Execute", title: "Refresh", verb: "refresh", data }, userIds: [] } };
}

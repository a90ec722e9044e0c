import { type ApprovalRequest, isOpen } from "../requests/request.ts";
import type { CardWords } from "../words/card-words.ts";
import type { RequestView } from "../workflow/ports.ts";
import {
  type AdaptiveCard,
  type CardAction,
  type CardElement,
  type ExecuteAction,
  paragraph,
} from "./adaptive-card.ts";
import { answer } from "./card-answer.ts";
import { approvals } from "./card-approvals.ts";
import { ending } from "./card-ending.ts";
import { standingApproval, whyLookedAt } from "./card-live.ts";
import { consumerFacts, consumerWords, earlierRequests, serviceFacts } from "./card-sections.ts";
import { answersHere, namesOf, possibleAnswers, stateWords, statusOf, type Verb } from "./card-status.ts";
import { shortName, wordsOf } from "./card-text.ts";
import { policyWords } from "./card-why.ts";

export { justificationLimit } from "./card-answer.ts";

/**
 * The card of one request as it stands: pure, the same view gives the same card.
 *
 * Read from the top it says who asks, to what, why people are asked, and what each answer does. It asks only while an
 * answer would count, and takes none where the request is decided on the page. It says "Approved" only when Azure
 * confirmed it. Of a connection that is approved already it asks whether it stays, and says so in other words. Its buttons carry the request's id and nothing else that is believed. Everything that others wrote went
 * through `plainText`.
 */
export function approvalCard(view: RequestView): AdaptiveCard {
  const words = wordsOf(view);
  const links = linksOf(view, words);
  return {
    ...shell(view, words, [...details(view, words), ...answer(view, links.length > 0, words)]),
    actions: [...answersHere(view).map((verb) => button(verb, view.request, words)), ...links],
  };
}

/** The same for a second post of the card, which must not be answered: it says so and has no buttons but the link. */
export function copyOfCard(view: RequestView): AdaptiveCard {
  const words = wordsOf(view);
  const note = possibleAnswers(view).length > 0 ? [paragraph(words.copy)] : [];
  return { ...shell(view, words, [...note, ...details(view, words)]), actions: linksOf(view, words) };
}

/** The card in one line of plain text, for notifications and for clients that show no cards. */
export function cardSummary(view: RequestView): string {
  const words = wordsOf(view);
  const { service, endpoint } = namesOf(view.request, words);
  const customer = view.request.consumer?.name;
  return words.summary(stateWords(view, words), endpoint, customer ? shortName(customer, words) : null, service);
}

function shell(view: RequestView, words: CardWords, parts: readonly CardElement[]): Omit<AdaptiveCard, "actions"> {
  const { id, round } = view.request;
  const name = paragraph(words.request(id, round), { isSubtle: true, size: "Small", spacing: "Medium" });
  return {
    type: "AdaptiveCard",
    version: "1.5",
    fallbackText: cardSummary(view),
    body: [head(view, words), ...parts, name],
    ...refreshOf(view.request, words),
  };
}

function head(view: RequestView, words: CardWords): CardElement {
  const { words: status, tone, sentences } = statusOf(view, words);
  return {
    type: "Container",
    style: tone,
    bleed: true,
    items: [
      paragraph(status, { style: "heading", size: "Large", weight: "Bolder" }),
      ...sentences.filter((text) => text !== "").map((text) => paragraph(text, { spacing: "Small" })),
    ],
  };
}

function details(view: RequestView, words: CardWords): readonly CardElement[] {
  return [
    ...ending(view, words),
    ...whyLookedAt(view, words),
    ...standingApproval(view, words),
    ...policyWords(view, words),
    ...consumerFacts(view, words),
    ...consumerWords(view, words),
    ...earlierRequests(view, words),
    ...serviceFacts(view, words),
    ...approvals(view, words),
  ];
}

function button(verb: Verb, { id }: ApprovalRequest, words: CardWords): ExecuteAction {
  const look = { title: words.buttons[verb], style: verb === "approve" ? "positive" : "destructive" } as const;
  return {
    type: "Action.Execute",
    ...look,
    verb,
    data: { requestId: id },
    fallback: { type: "Action.Submit", ...look, data: { requestId: id, verb } },
  };
}

function linksOf(view: RequestView, { buttons }: CardWords): readonly CardAction[] {
  const { link, request } = view;
  if (link === null || !/^https?:$/.test(URL.parse(link)?.protocol ?? "")) return [];
  const isDecidedThere = request.via === "page" && possibleAnswers(view).length > 0;
  if (isDecidedThere) return [{ type: "Action.OpenUrl", title: buttons.signIn, url: link, style: "positive" }];
  return [{ type: "Action.OpenUrl", title: buttons.open, url: link }];
}

/** A menu entry that asks for the present state, while there may be a newer one. No user ids: nothing refreshes by itself. */
function refreshOf(request: ApprovalRequest, { buttons }: CardWords): Pick<AdaptiveCard, "refresh"> {
  if (!isOpen(request)) return {};
  const data = { requestId: request.id };
  return {
    refresh: { action: { type: "Action.Execute", title: buttons.refresh, verb: "refresh", data }, userIds: [] },
  };
}

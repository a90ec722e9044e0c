import { parseEndpointId, parseServiceId } from "../connection/arm-id.ts";
import { mayWrite } from "../decision/decision.ts";
import type { ApprovalRequest, Held, RequestState } from "../requests/request.ts";
import type { CardWords, FoundInAzure, WithdrawnBecause } from "../words/card-words.ts";
import type { RequestView } from "../workflow/ports.ts";
import type { Tone } from "./adaptive-card.ts";
import { liveWordsOf, moment, shortName } from "./card-text.ts";
import { countOf } from "./card-votes.ts";

export type Verb = "approve" | "reject";

/** The first thing that a reader sees: a few words, a colour that agrees with them, and what they mean. */
export type Status = { readonly words: string; readonly tone: Tone; readonly sentences: readonly string[] };

/** `held`: it would go, and the mode keeps plgate from it. */
type AtDeadline = { readonly kind: "stays" | "goes" | "held"; readonly at: string };

const tones: Readonly<Record<RequestState, Tone>> = {
  received: "emphasis",
  "awaiting-decision": "warning",
  approving: "accent",
  rejecting: "accent",
  approved: "good",
  rejected: "attention",
  expired: "emphasis",
  withdrawn: "emphasis",
  "resolved-elsewhere": "emphasis",
  failed: "attention",
};

/** Service and endpoint by their names alone, as a sentence needs them. */
export function namesOf(
  request: Pick<ApprovalRequest, "endpointId" | "connectionName" | "serviceId">,
  words: CardWords,
): { readonly service: string; readonly endpoint: string } {
  return {
    service: shortName(parseServiceId(request.serviceId)?.name ?? request.serviceId, words),
    endpoint: endpointName(request, words),
  };
}

export function endpointName(
  { endpointId, connectionName }: Pick<ApprovalRequest, "endpointId" | "connectionName">,
  words: CardWords,
): string {
  const endpoint = endpointId ? parseEndpointId(endpointId)?.name : undefined;
  return shortName(endpoint ?? connectionName, words);
}

/**
 * Why a waiting request takes no answers, if it takes none. A mode that writes nothing makes answers pointless
 * even where nothing is held yet: the workflow refuses them.
 */
export function heldBack({ request, mode }: RequestView): Held | undefined {
  if (request.state !== "awaiting-decision") return undefined;
  if (request.held) return request.held;
  return mode === "observe" ? { mode, effect: request.verdict?.effect ?? "review" } : undefined;
}

/** The answers that count, here or on the page: none once the decision is made, and none that the mode would not carry out. */
export function possibleAnswers(view: RequestView): readonly Verb[] {
  const { request, mode } = view;
  if (request.state !== "awaiting-decision" || heldBack(view) || request.reviewers.length === 0) return [];
  return (["approve", "reject"] as const).filter((verb) => mayWrite(mode, verb));
}

/** Those of the answers that the card itself takes. */
export function answersHere(view: RequestView): readonly Verb[] {
  return view.request.via === "page" ? [] : possibleAnswers(view);
}

/** The state in a few words, without how many approvals there are. */
export function stateWords(view: RequestView, words: CardWords): string {
  if (heldBack(view)) return words.status.held;
  return atDeadline(view)?.kind === "goes" ? liveWordsOf(view).goes : words.status[view.request.state];
}

/** What becomes of an approved connection when the time to answer is over; undefined where it waits for no moment. */
export function atDeadline({ request, mode }: RequestView): AtDeadline | undefined {
  const { live, state, timetable } = request;
  if (!live || state !== "awaiting-decision" || !timetable?.dueAt) return undefined;
  if (timetable.expiry === "leave") return { kind: "stays", at: timetable.dueAt };
  return { kind: mayWrite(mode, "reject") ? "goes" : "held", at: timetable.dueAt };
}

export function statusOf(view: RequestView, words: CardWords): Status {
  const held = heldBack(view);
  const state = stateWords(view, words);
  if (held) return { words: state, tone: "emphasis", sentences: [asks(view, words), heldSentence(held, view, words)] };
  const tone = tones[view.request.state];
  const isAsking = possibleAnswers(view).length > 0;
  return { words: isAsking ? tallied(state, view, words) : state, tone, sentences: sentencesOf(view, words) };
}

function tallied(state: string, { request }: RequestView, words: CardWords): string {
  const counts = request.reviewers.map((group) => ({ ...countOf(group, request.votes), needed: group.approvals }));
  const given = counts.reduce((sum, count) => sum + Math.min(count.given, count.needed), 0);
  const needed = counts.reduce((sum, count) => sum + count.needed, 0);
  return words.tallied(state, given, needed);
}

function sentencesOf(view: RequestView, words: CardWords): readonly string[] {
  const { request } = view;
  const { endpoint, service } = namesOf(request, words);
  const kind = request.decided?.kind === "reject" ? "reject" : "approve";
  switch (request.state) {
    case "received":
      return [asks(view, words)];
    case "awaiting-decision":
      return [asks(view, words), untilWhen(view, words)];
    case "approving":
      return [words.applying.approve];
    case "rejecting":
      return [words.applying.reject];
    case "approved":
      return [words.confirmed.approve(endpoint, service)];
    case "rejected":
      return [words.confirmed.reject(endpoint, service)];
    case "expired":
      return [words.expired];
    case "withdrawn":
      return [words.withdrawn[withdrawnBecause(request)]];
    case "resolved-elsewhere":
      return [words.elsewhere[foundInAzure(request)]];
    case "failed":
      return [words.failed[kind]];
  }
}

function asks({ request }: RequestView, words: CardWords): string {
  const { endpoint, service } = namesOf(request, words);
  return words.asks(whoAsks(request, words), endpoint, service);
}

function whoAsks({ consumer, consumerSubscriptionId }: ApprovalRequest, words: CardWords): string {
  if (consumerSubscriptionId === null) return words.unknownConsumer;
  if (consumer === null) return words.unregistered;
  return consumer.name === null ? words.nameless : shortName(consumer.name, words);
}

function untilWhen(view: RequestView, words: CardWords): string {
  const { request } = view;
  if (request.live) return untilItGoes(view, words);
  if (request.reviewers.length === 0) return words.noReviewers;
  const dueAt = request.timetable?.dueAt;
  return dueAt ? words.answerUntil(moment(dueAt, words)) : "";
}

/** Time takes a connection away also where nobody can answer. */
function untilItGoes(view: RequestView, words: CardWords): string {
  const end = atDeadline(view);
  const nobody = view.request.reviewers.length === 0 ? words.noReviewers : "";
  const { goesAt, heldAt, question } = liveWordsOf(view);
  if (!end) return nobody || question;
  const at = moment(end.at, words);
  return [{ stays: words.answerUntil, goes: goesAt, held: heldAt }[end.kind](at), nobody].filter(Boolean).join(" ");
}

function heldSentence({ mode, effect }: Held, { request }: RequestView, words: CardWords): string {
  return words.held(request.votes.length > 0 ? "reviewers" : "policy", effect, mode);
}

/*
 * The ledger keeps how a request ended in one English sentence of our own. What it says is read out of it here, so that it
 * can be said in any language; the sentence itself is never shown.
 */

function withdrawnBecause({ outcome }: ApprovalRequest): WithdrawnBecause {
  switch (outcome) {
    case "The connection is gone.":
      return "connection-gone";
    case "The service is gone.":
      return "service-gone";
    case "Another endpoint took its place.":
      return "replaced";
    case "The connection is Pending again.":
      return "pending-again";
    default:
      return "other";
  }
}

function foundInAzure({ outcome }: ApprovalRequest): FoundInAzure {
  switch (/^Found (\w+) on ARM/.exec(outcome ?? "")?.[1]) {
    case "Approved":
      return "approved";
    case "Rejected":
      return "rejected";
    case "Disconnected":
      return "disconnected";
    default:
      return "other";
  }
}

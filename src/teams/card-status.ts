import { parseEndpointId, parseServiceId } from "../connection/arm-id.ts";
import { mayWrite } from "../decision/decision.ts";
import type { ApprovalRequest, Held } from "../requests/request.ts";
import type { RequestView } from "../workflow/ports.ts";
import type { Tone } from "./adaptive-card.ts";
import { plainText } from "./plain-text.ts";

export type Verb = "approve" | "reject";

/** The first thing that a reader sees: one word or two, a colour that agrees with them, and what it means. */
export type Status = { readonly words: string; readonly tone: Tone; readonly sentence: string };

const nameLimit = 80;

export function shortName(text: string | null): string {
  return plainText(text ?? "", nameLimit) || "not known";
}

/** Service and endpoint by their names alone, as a sentence needs them. */
export function namesOf(request: ApprovalRequest): { readonly service: string; readonly endpoint: string } {
  const endpoint = request.endpointId ? parseEndpointId(request.endpointId)?.name : undefined;
  return {
    service: shortName(parseServiceId(request.serviceId)?.name ?? request.serviceId),
    endpoint: shortName(endpoint ?? request.connectionName),
  };
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

/** The answers that the card may ask for: none once the decision is made, and none that the mode would not carry out. */
export function possibleAnswers(view: RequestView): readonly Verb[] {
  const { request, mode } = view;
  if (request.state !== "awaiting-decision" || heldBack(view) || request.reviewers.length === 0) return [];
  return (["approve", "reject"] as const).filter((verb) => mayWrite(mode, verb));
}

export function statusOf(view: RequestView): Status {
  const held = heldBack(view);
  if (held)
    return { words: "Held, plgate does not write", tone: "emphasis", sentence: heldSentence(held, view.request) };
  return statusOfState(view.request);
}

function statusOfState(request: ApprovalRequest): Status {
  const { service, endpoint } = namesOf(request);
  const who = `The private endpoint ${endpoint}`;
  switch (request.state) {
    case "received":
      return { words: "Received", tone: "emphasis", sentence: `${who} asks to connect to ${service}.` };
    case "awaiting-decision":
      return { words: "Waiting for a decision", tone: "warning", sentence: waitingSentence(request, who, service) };
    case "approving":
      return { words: "Approving", tone: "accent", sentence: applying("approval") };
    case "rejecting":
      return { words: "Rejecting", tone: "accent", sentence: applying("rejection") };
    case "approved":
      return { words: "Approved", tone: "good", sentence: `${who} may connect to ${service}; Azure confirmed it.` };
    case "rejected":
      return { words: "Rejected", tone: "attention", sentence: `${who} was turned down; Azure confirmed it.` };
    case "expired":
      return { words: "Expired", tone: "emphasis", sentence: "Nobody decided in time." };
    case "withdrawn":
      return { words: "Withdrawn", tone: "emphasis", sentence: "There is nothing left to decide." };
    case "resolved-elsewhere":
      return { words: "Decided outside plgate", tone: "emphasis", sentence: "Somebody decided directly in Azure." };
    case "failed":
      return { words: "Failed, an operator is needed", tone: "attention", sentence: failedSentence(request) };
  }
}

function waitingSentence(request: ApprovalRequest, who: string, service: string): string {
  const asks = `${who} asks to connect to ${service}.`;
  if (request.reviewers.length > 0) return asks;
  return `${asks} No reviewer group is named, so nobody can answer: name one in the policy or as the fallback.`;
}

function applying(what: "approval" | "rejection"): string {
  return `The ${what} is on record and is being applied in Azure. It does not hold until Azure confirms it.`;
}

function failedSentence(request: ApprovalRequest): string {
  return `Azure did not carry out the ${request.decided?.kind === "reject" ? "rejection" : "approval"}.`;
}

function heldSentence({ mode, effect }: Held, { votes }: ApprovalRequest): string {
  const source = votes.length > 0 ? "its reviewers" : "policy";
  const would = effect === "review" ? "ask people about" : effect;
  const holds = mode === "observe" ? "observe mode and writes nothing" : "approve-only mode and rejects nothing";
  return `By ${source} plgate would ${would} this connection. But plgate runs in ${holds}: it stays Pending until somebody decides it in Azure.`;
}

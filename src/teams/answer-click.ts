import type { ApprovalRequest } from "../requests/request.ts";
import { type RefusalCode, refusalText } from "../words/answers.ts";
import type { Language } from "../words/language.ts";
import type { StoredRequest } from "../workflow/ports.ts";
import type { AdaptiveCard } from "./adaptive-card.ts";

/** The whole body of the answer to an invoke; HTTP says 200 around each of them (teams.md 2.4). */
export type InvokeAnswer =
  | { readonly statusCode: 200; readonly type: "application/vnd.microsoft.card.adaptive"; readonly value: AdaptiveCard }
  | { readonly statusCode: 200; readonly type: "application/vnd.microsoft.activity.message"; readonly value: string }
  | {
      readonly statusCode: 400;
      readonly type: "application/vnd.microsoft.error";
      readonly value: { readonly code: "BadRequest"; readonly message: string };
    };

/** What came of a click, as the workflow's `decideManually` tells it. */
export type ClickOutcome =
  | { readonly kind: "recorded"; readonly stored: StoredRequest }
  | { readonly kind: "ended"; readonly stored: StoredRequest }
  | { readonly kind: "refused"; readonly why: RefusalCode };

/**
 * The answer that the clicker sees. A late or second click is no mistake: it gets the card as it stands now.
 * A refusal leaves the card alone and is told to the clicker only, in their own language.
 */
export async function answerTo(
  outcome: ClickOutcome,
  toCard: (request: ApprovalRequest) => AdaptiveCard | Promise<AdaptiveCard>,
  language: Language,
  seen: Pick<ApprovalRequest, "live"> = {},
): Promise<InvokeAnswer> {
  switch (outcome.kind) {
    case "recorded":
    case "ended":
      return cardAnswer(await toCard(outcome.stored.request));
    case "refused":
      return messageAnswer(refusalText(outcome.why, language, seen.live ? "live" : "request"));
  }
}

/** Replaces the card in place. */
export function cardAnswer(card: AdaptiveCard): InvokeAnswer {
  return { statusCode: 200, type: "application/vnd.microsoft.card.adaptive", value: card };
}

/** Says something to the clicker alone and leaves the card as it is. Only our own sentences go here. */
export function messageAnswer(sentence: string): InvokeAnswer {
  return { statusCode: 200, type: "application/vnd.microsoft.activity.message", value: sentence };
}

/** For a click that no card of ours makes. */
export function badRequest(why: string): InvokeAnswer {
  return { statusCode: 400, type: "application/vnd.microsoft.error", value: { code: "BadRequest", message: why } };
}

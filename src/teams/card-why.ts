import type { VerdictSummary } from "../requests/request.ts";
import type { CardWords } from "../words/card-words.ts";
import { factInWords } from "../words/facts.ts";
import type { Language } from "../words/language.ts";
import type { RequestView } from "../workflow/ports.ts";
import { type CardElement, factSet, paragraph, title } from "./adaptive-card.ts";
import { heldBack } from "./card-status.ts";
import { listed, listLimit, liveWordsOf, mediumName, sentence } from "./card-text.ts";

/** Why policy left it to people, or what it said: the rule's sentence, the rules, and what policy could not know. */
export function policyWords(view: RequestView, words: CardWords): readonly CardElement[] {
  const { verdict, state, live } = view.request;
  if (!verdict) return [];
  const asked = state === "awaiting-decision" && !live && !heldBack(view);
  const reason = reasonOf(verdict, view.language, words);
  const rules = verdict.decidedBy.filter((rule) => rule !== "default");
  return [
    title(asked ? words.whyTitle : words.policyTitle),
    ...(live ? [paragraph(liveWordsOf(view).policyNow[verdict.effect](sentence(reason, words)))] : []),
    ...(live ? [] : [paragraph(sentence(asked ? whyAsked(verdict, reason, view, words) : reason, words))]),
    ...factSet([
      ...(rules.length > 0 ? [{ title: words.rules, value: listed(rules, words) }] : []),
      ...(verdict.unavailable.length > 0 ? [{ title: words.unreadFacts, value: unread(verdict, view, words) }] : []),
    ]),
  ];
}

/**
 * Policy may have said approve or reject and still not be followed, when it cannot be known who asks or how the service
 * is (decision.ts): then its own reason would explain the opposite of what happens.
 */
function whyAsked({ effect }: VerdictSummary, reason: string, { request }: RequestView, words: CardWords): string {
  if (effect === "review") return reason;
  return words.overruled(request.consumerSubscriptionId ? "service" : "consumer", effect, reason);
}

function unread({ unavailable }: VerdictSummary, { language }: RequestView, words: CardWords): string {
  const shown = unavailable.slice(0, listLimit).map((fact) => mediumName(factInWords(fact, language), words));
  return words.listed(shown, unavailable.length - shown.length);
}

const untold = /Rule (\S{1,100}) could not be told because (.{1,1000}?) was not available\./g;

/** The authors' sentences as they wrote them; those that the evaluation adds (settle.ts) in the reader's language. */
function reasonOf({ reason, decidedBy }: VerdictSummary, language: Language, words: CardWords): string {
  if (decidedBy.every((rule) => rule === "default")) {
    // What was not available stands below.
    if (reason.startsWith("No policy is in force.")) return words.noPolicyInForce;
    if (reason.startsWith("No policy covers this service.")) return words.noPolicy;
    if (reason.startsWith("No rule approves this request.")) return words.noRule;
  }
  return reason.replace(untold, (_, rule: string, facts: string) => {
    const named = facts.split(", ").map((fact) => factInWords(fact, language));
    return words.notTold(rule, words.listed(named, 0));
  });
}

import type { Actor } from "../decision/decision.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { Language } from "../words/language.ts";
import { requestWordsFor } from "../words/page-live.ts";
import { livePage } from "../words/page-live-words.ts";
import { requestWords } from "../words/page-request.ts";
import { type Fill, foreign, html } from "./html.ts";
import { factList, moment, section } from "./pieces.ts";

const nameLimit = 80;
const sentenceLimit = 1_000;

/** How it was decided: who, where, when and why. */
export function decision(request: ApprovalRequest, language: Language): Fill {
  const { decided } = request;
  if (!decided) return undefined;
  const words = requestWordsFor(request, language);
  const facts = [
    { name: words.decision.answer, value: words.answers[decided.kind] },
    { name: words.decision.by, value: html`${actor(decided.by, language)}, ${words.doors[decided.door]}` },
    { name: words.decision.when, value: moment(decided.at, language) },
    { name: words.decision.why, value: foreign(decided.reason, sentenceLimit, words.policy.noReason) },
    ...(decided.expiresAfter ? [{ name: words.decision.lasts, value: decided.expiresAfter }] : []),
  ];
  return section("decision", words.sections.decision, factList(facts));
}

/** How it ended, or why it could not yet. */
export function outcome(request: ApprovalRequest, language: Language): Fill {
  const words = requestWords[language];
  const { failure, expiresAt, updatedAt } = request;
  if (request.state === "failed" && failure) {
    const { title, sentence } = livePage[language].trouble;
    const facts = [
      { name: words.outcome.code, value: foreign(failure.code, nameLimit, words.notKnown) },
      { name: words.outcome.message, value: foreign(failure.message, sentenceLimit, words.notKnown) },
      { name: words.outcome.tried, value: moment(failure.at, language) },
      { name: words.outcome.attempts, value: failure.attempts },
    ];
    const toDo = request.live && html`<h3>${title}</h3><p>${sentence}</p>`;
    return section("trouble", words.sections.trouble, toDo, factList(facts));
  }
  if (!request.outcome) return undefined;
  const facts = [
    { name: words.sections.outcome, value: foreign(request.outcome, sentenceLimit) },
    { name: words.outcome.seen, value: moment(updatedAt, language) },
    ...(expiresAt ? [{ name: words.decision.ends, value: moment(expiresAt, language) }] : []),
  ];
  return section("outcome", words.sections.outcome, factList(facts));
}

/** Who did something, by the name that is on record. */
export function actor(who: Actor, language: Language): Fill {
  const words = requestWords[language];
  if (who.kind === "person") return foreign(who.name, nameLimit, who.objectId);
  return words.actors[who.kind];
}

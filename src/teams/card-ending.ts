import type { Actor } from "../decision/decision.ts";
import { type ApprovalRequest, type Decided, type Failure, isOpen } from "../requests/request.ts";
import type { CardWords, Obstacle } from "../words/card-words.ts";
import type { RequestView } from "../workflow/ports.ts";
import { type CardElement, factSet, paragraph, title } from "./adaptive-card.ts";
import { brief, lasting, moment, sentence, shortName } from "./card-text.ts";

/** What an operator has to do, how it was decided, and how it ended: each as far as it came. */
export function ending({ request }: RequestView, words: CardWords): readonly CardElement[] {
  const facts = [...decisionFacts(request, words), ...endFacts(request, words)];
  const operator = request.state === "failed" && request.failure ? failed(request.failure, words) : [];
  if (facts.length === 0) return operator;
  return [...operator, title(request.decided ? words.decidedTitle : words.endedTitle), ...factSet(facts)];
}

/** Who decided, in a word or two. */
export function decider({ by }: Decided, words: CardWords): string {
  return by.kind === "person" ? brief(by.name, words) : actorName(by, words);
}

function decisionFacts(request: ApprovalRequest, words: CardWords) {
  const { decided } = request;
  if (!decided) return [];
  const { ending: labels } = words;
  return [
    { title: labels.answer, value: words.answers[decided.kind] },
    { title: labels.by, value: byWhom(decided, words) },
    { title: labels.when, value: moment(decided.at, words) },
    { title: labels.why, value: whyDecided(request, decided, words) },
    ...(decided.expiresAfter ? [{ title: labels.lasts, value: lasting(decided.expiresAfter, words) }] : []),
  ];
}

function byWhom({ by, door }: Decided, words: CardWords): string {
  return by.kind === "robot" ? words.robot : words.through[door](actorName(by, words));
}

/** Policy rejects what it left to people only when they let the time pass; it has no sentence of its own for that. */
function whyDecided(request: ApprovalRequest, { by, kind, reason, at }: Decided, words: CardWords): string {
  const { verdict, live, timetable } = request;
  // Of an approved connection policy need not have been asked.
  const wasDue = live ? Date.parse(at) >= Date.parse(timetable?.dueAt ?? "") : verdict?.effect === "review";
  return by.kind === "robot" && kind === "reject" && wasDue ? words.nobodyInTime : sentence(reason, words);
}

function endFacts(request: ApprovalRequest, words: CardWords) {
  const { state, updatedAt, expiresAt } = request;
  if (isOpen(request)) return [];
  const { ending: labels } = words;
  const isConfirmed = state === "approved" || state === "rejected";
  return [
    { title: isConfirmed ? labels.confirmed : labels.ended, value: moment(updatedAt, words) },
    ...(expiresAt ? [{ title: labels.ends, value: moment(expiresAt, words) }] : []),
  ];
}

function failed({ code, message, at, attempts }: Failure, words: CardWords): readonly CardElement[] {
  return [
    title(words.operatorTitle),
    paragraph(words.nextStep[obstacleIn(code)]),
    ...factSet([
      { title: words.azureSaid, value: words.said(brief(code, words), sentence(message, words)) },
      { title: words.lastTried, value: words.tried(moment(at, words), attempts) },
    ]),
    paragraph(words.triesAgain, { isSubtle: true, size: "Small" }),
  ];
}

function obstacleIn(code: string): Obstacle {
  if (/authoriz|forbidden|denied/i.test(code)) return "role";
  if (/lock/i.test(code)) return "lock";
  return /policy/i.test(code) ? "azure-policy" : "other";
}

function actorName(actor: Actor, words: CardWords): string {
  switch (actor.kind) {
    case "robot":
      return words.robot;
    case "person":
      return shortName(actor.name, words);
    case "outside":
      return words.somebodyOutside;
  }
}

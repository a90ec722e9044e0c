import type { AuditEvent } from "../ledger/event.ts";
import { sameVoter } from "../requests/quorum.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import { refusalText } from "../words/answers.ts";
import { pageWords } from "../words/page.ts";
import { pageWordsFor, requestWordsFor } from "../words/page-live.ts";
import { livePage } from "../words/page-live-words.ts";
import type { RequestLine, RequestView } from "../workflow/ports.ts";
import { type Attempt, answerForm, type Chair } from "./answer-form.ts";
import { history } from "./history.ts";
import { type Fill, foreign, type Html, html } from "./html.ts";
import { type Judged, judgementTrace } from "./judgement-trace.ts";
import { type Frame, layout } from "./layout.ts";
import { atDeadline, heldBack, openAnswers } from "./open-answers.ts";
import { moment } from "./pieces.ts";
import { approvals } from "./request-approvals.ts";
import { connection, consumerWords, earlierRequests, namesOf, policyWords } from "./request-facts.ts";
import { whyLookedAt } from "./request-live.ts";
import { decision, outcome } from "./request-outcome.ts";

/** Everything that the page shows, and who looks at it. */
export type RequestPage = {
  readonly frame: Frame;
  readonly view: RequestView;
  /** Oldest first. */
  readonly events: readonly AuditEvent[];
  readonly judged: Judged;
  /** Undefined: the list cannot be read now. */
  readonly earlier: readonly RequestLine[] | undefined;
  readonly chair: Chair;
  /** What the reader just sent and why it was not taken. */
  readonly attempt?: Attempt | undefined;
  /** The reader just answered. */
  readonly answered?: boolean;
};

/** The page of one request: what the card shows, the whole record, and the form for who may decide. */
export function requestPage(page: RequestPage): Html {
  const { frame, view, events, judged, earlier, attempt } = page;
  const { language } = frame;
  const { request } = view;
  const { asks } = requestWordsFor(request, language);
  const { endpoint, service } = namesOf(request, language);
  const heading = html`${asks.before} ${foreign(endpoint, 80)} ${asks.between} ${foreign(service, 80)}${asks.after}`;
  return layout({ ...frame, request: request.id }, { tab: `${endpoint} → ${service}`, heading }, [
    attempt ? undefined : recorded(page),
    refusal(page),
    status(view, language),
    openAnswers(view).length > 0 && html`<p><a href="#answer">${pageWordsFor(request, language).form.jump}</a></p>`,
    whyLookedAt(view, frame),
    connection(view, language),
    consumerWords(request, language),
    policyWords(view, language),
    approvals(request, page.chair, language),
    decision(request, language),
    outcome(request, language),
    answerForm(page),
    earlierRequests(request, view.history, earlier, frame),
    judgementTrace(judged, request, language),
    history(events, request, language),
  ]);
}

const tones: Readonly<Record<ApprovalRequest["state"], "good" | "bad" | "wait">> = {
  received: "wait",
  "awaiting-decision": "wait",
  approving: "wait",
  rejecting: "wait",
  approved: "good",
  rejected: "bad",
  expired: "wait",
  withdrawn: "wait",
  "resolved-elsewhere": "wait",
  failed: "bad",
};

function status(view: RequestView, language: Frame["language"]): Html {
  const { state, updatedAt } = view.request;
  const tone = heldBack(view) ? "wait" : tones[state];
  const said = standingWords(view, language);
  return html`<div class="status ${tone}"><strong>${said.state}</strong>
<p>${said.sentence} <span class="quiet">${moment(updatedAt, language)}</span></p></div>`;
}

/** Where the request stands, in a word and in a sentence. */
function standingWords(view: RequestView, language: Frame["language"]) {
  const words = requestWordsFor(view.request, language);
  const { state } = view.request;
  if (heldBack(view)) return { state: words.held, sentence: words.heldSentence };
  if (atDeadline(view) === "goes") return livePage[language].goes;
  return { state: words.states[state], sentence: words.stateSentences[state] };
}

/** After an answer the reader hears what is on record: not what was asked for, but what the ledger says. */
function recorded({ answered, view: { request }, chair, frame }: RequestPage): Fill {
  const own = request.votes.find((vote) => sameVoter(vote, chair));
  if (!answered || !own) return undefined;
  const words = pageWordsFor(request, frame.language).recorded;
  const next = request.state === "awaiting-decision" ? words.waiting : undefined;
  const applying = request.state === "approving" || request.state === "rejecting";
  return html`<div class="notice good" role="status" tabindex="-1" autofocus><h2>${words.title}</h2>
<p>${words[own.vote]} ${next}${applying && words.applying}</p>
${applying && html`<p><a href="${frame.origin}/api/requests/${request.id}">${words.lookAgain}</a></p>`}</div>`;
}

function refusal({ attempt, view: { request }, frame: { language } }: RequestPage): Fill {
  if (!attempt || attempt.faults.length > 0) return undefined;
  const { refused, sentence } = attempt;
  const why = refused ? refusalText(refused, language, request.live ? "live" : "request") : sentence;
  return html`<div class="notice bad" role="alert" tabindex="-1" autofocus><h2>${pageWords[language].refused.title}</h2>
<p>${why}</p></div>`;
}

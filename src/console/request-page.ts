import type { AuditEvent } from "../ledger/event.ts";
import { sameVoter } from "../requests/quorum.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import { pageWords } from "../words/page.ts";
import { requestWords } from "../words/page-request.ts";
import type { RequestLine, RequestView } from "../workflow/ports.ts";
import { type Attempt, answerForm, type Chair } from "./answer-form.ts";
import { history } from "./history.ts";
import { type Fill, foreign, type Html, html } from "./html.ts";
import { type Judged, judgementTrace } from "./judgement-trace.ts";
import { type Frame, layout } from "./layout.ts";
import { heldBack, openAnswers } from "./open-answers.ts";
import { moment } from "./pieces.ts";
import { approvals } from "./request-approvals.ts";
import { connection, consumerWords, earlierRequests, namesOf, policyWords } from "./request-facts.ts";
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
  const words = requestWords[language];
  const { endpoint, service } = namesOf(request, language);
  const who = foreign(endpoint, 80);
  const heading = html`${who} ${words.asks} ${foreign(service, 80)}`;
  return layout({ ...frame, request: request.id }, { tab: `${endpoint} → ${service}`, heading }, [
    attempt ? undefined : recorded(page),
    refusal(attempt, frame),
    status(view, language),
    openAnswers(view).length > 0 && html`<p><a href="#answer">${pageWords[language].form.jump}</a></p>`,
    connection(view, language),
    consumerWords(request, language),
    policyWords(view, language),
    approvals(request, page.chair, language),
    decision(request, language),
    outcome(request, language),
    answerForm(page),
    earlierRequests(request, view.history, earlier, frame),
    judgementTrace(judged, request, language),
    history(events, language),
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
  const words = requestWords[language];
  const { state, updatedAt } = view.request;
  const held = heldBack(view);
  return html`<div class="status ${held ? "wait" : tones[state]}"><strong>${held ? words.held : words.states[state]}</strong>
<p>${held ? words.heldSentence : words.stateSentences[state]} <span class="quiet">${moment(updatedAt, language)}</span></p></div>`;
}

/** After an answer the reader hears what is on record: not what was asked for, but what the ledger says. */
function recorded({ answered, view: { request }, chair, frame }: RequestPage): Fill {
  const own = request.votes.find((vote) => sameVoter(vote, chair));
  if (!answered || !own) return undefined;
  const words = pageWords[frame.language].recorded;
  const next = request.state === "awaiting-decision" ? words.waiting : undefined;
  const applying = request.state === "approving" || request.state === "rejecting";
  return html`<div class="notice good" role="status" tabindex="-1" autofocus><h2>${words.title}</h2>
<p>${words[own.vote]} ${next}${applying && words.applying}</p>
${applying && html`<p><a href="${frame.origin}/api/requests/${request.id}">${words.lookAgain}</a></p>`}</div>`;
}

function refusal(attempt: Attempt | undefined, { language }: Frame): Fill {
  if (!attempt || attempt.faults.length > 0) return undefined;
  return html`<div class="notice bad" role="alert" tabindex="-1" autofocus><h2>${pageWords[language].refused.title}</h2>
<p>${attempt.sentence}</p></div>`;
}

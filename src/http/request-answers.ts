import type { HttpResponseInit } from "@azure/functions";
import type { AuditEvent } from "../ledger/event.ts";
import { refusalText } from "../words/answers.ts";
import type { ManualOutcome, RefusalReason } from "../workflow/decide-manually.ts";
import type { RequestView } from "../workflow/ports.ts";
import { json, problem } from "./respond.ts";

/** The status of an answer that tells of a refusal, to programs and to people. */
export const statusOf: Readonly<Record<RefusalReason, number>> = {
  "no-identity": 403,
  "other-tenant": 403,
  "unknown-request": 404,
  "too-late": 409,
  "not-votable": 409,
  "page-only": 403,
  "stale-sign-in": 403,
  "no-justification": 400,
  "own-request": 403,
  guest: 403,
  "not-a-reviewer": 403,
  "directory-unavailable": 503,
  "registry-unavailable": 503,
};

/** What a vote over HTTP is answered with; a request that has ended shows its state (design.md, interfaces). */
export function answerDecision(outcome: ManualOutcome): HttpResponseInit {
  switch (outcome.kind) {
    case "recorded":
      return json(200, { ...outcome.stored.request, tally: outcome.tally });
    case "ended":
      return problem(409, `The request is ${outcome.stored.request.state}; nothing is left to decide.`, {
        state: outcome.stored.request.state,
        request: outcome.stored.request,
      });
    case "refused":
      // Machines read the code; the sentence is for whoever reads their log.
      return problem(statusOf[outcome.why], refusalText(outcome.why, "en"), { reason: outcome.why });
  }
}

/** A request with everything that is known about it: facts and trace stand in the history, under `evaluated`. */
export function answerDetail(view: RequestView, history: readonly AuditEvent[]): HttpResponseInit {
  return json(200, { ...view.request, mode: view.mode, consumerHistory: view.history, history });
}

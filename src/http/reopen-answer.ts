import type { HttpResponseInit } from "@azure/functions";
import type { ReopenOutcome } from "../workflow/reopen-request.ts";
import { json, problem } from "./respond.ts";

/** What `POST /requests/{id}/reopen` is answered with. */
export function answerReopening(outcome: ReopenOutcome): HttpResponseInit {
  switch (outcome.kind) {
    case "reopened":
      return json(200, outcome.request);
    case "not-expired": {
      const { id, state } = outcome.request;
      return problem(409, `The request is ${state}; only an expired one can be reopened.`, { state, latest: id });
    }
    case "reopened-before": {
      const { id, state } = outcome.latest;
      return problem(409, `The connection has a later request by now, which is ${state}.`, { state, latest: id });
    }
    case "unknown-request":
      return problem(404, "There is no such request.");
  }
}

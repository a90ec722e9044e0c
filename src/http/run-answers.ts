import type { HttpResponseInit } from "@azure/functions";
import { writeContinuation } from "../intake/run.ts";
import type { Preview } from "../workflow/preview-judgement.ts";
import type { ConfirmOutcome, StartOutcome, StopOutcome } from "../workflow/runs.ts";
import type { RunProgress } from "../workflow/show-run.ts";
import { json, problem } from "./respond.ts";

const noRun = "There is no such run.";

/** What `POST /runs` is answered with. */
export function answerStart(outcome: StartOutcome): HttpResponseInit {
  if (outcome.kind === "started") return json(201, outcome.run);
  const { why: reason, detail, run } = outcome;
  if (reason === "unknown-service") return problem(404, detail, { reason });
  return problem(409, detail, { reason, ...(run ? { run } : {}) });
}

/** What `POST /runs/{id}/confirm` is answered with. */
export function answerConfirmation(outcome: ConfirmOutcome): HttpResponseInit {
  if (outcome.kind === "confirmed") return json(200, outcome.run);
  const { why: reason, detail, run } = outcome;
  if (reason === "unknown-run") return problem(404, detail);
  return problem(reason === "same-person" ? 403 : 409, detail, { reason, ...(run ? { run } : {}) });
}

/** What `POST /runs/{id}/stop` is answered with. */
export function answerStop(outcome: StopOutcome): HttpResponseInit {
  switch (outcome.kind) {
    case "stopped":
      return json(200, outcome.run);
    case "ended-before":
      return problem(409, `The run is ${outcome.run.state} already.`, { reason: "ended", run: outcome.run });
    case "unknown-run":
      return problem(404, noRun);
  }
}

/** What `GET /runs/{id}` is answered with. */
export function answerProgress(progress: RunProgress | undefined): HttpResponseInit {
  return progress ? json(200, progress) : problem(404, noRun);
}

/** What `POST /runs/preview` is answered with. */
export function answerPreview(preview: Preview): HttpResponseInit {
  switch (preview.kind) {
    case "page": {
      const { kind: _, next, ...page } = preview;
      return json(200, { ...page, after: next === null ? null : writeContinuation(next) });
    }
    case "unavailable":
      return problem(503, "The policies in force cannot be read now; try again.");
    case "policies-changed":
      return problem(409, "Other policies came into force meanwhile; begin the dry run anew.", {
        reason: "policies-changed",
      });
  }
}

import { app } from "@azure/functions";
import { answerDecision } from "../src/http/request-answers.ts";
import { problem } from "../src/http/respond.ts";
import { readJson, route } from "../src/http/route.ts";
import { readDecision } from "../src/intake/decision.ts";
import { openApp } from "../src/open-app.ts";
import { decideManually } from "../src/workflow/decide-manually.ts";

/** `POST /requests/{id}/decision`: one person's vote. 200, 400, 403 not a reviewer, 404, 409 already ended. */
export const decideRequest = route("Approver", openApp, async ({ request, caller, log, correlation }, plgate) => {
  const body = await readJson(request);
  if (!body.ok) return body.answer;
  const input = readDecision(body.value);
  if (!input.ok) return problem(400, input.problem);
  const outcome = await decideManually(
    {
      requestId: request.params["id"] ?? "",
      vote: input.value.decision,
      justification: input.value.justification,
      ...(input.value.expiresAfter ? { expiresAfter: input.value.expiresAfter } : {}),
      person: caller,
      door: "api",
      correlation,
    },
    plgate.ports(log),
  );
  return answerDecision(outcome);
});

app.http("decide-request", {
  methods: ["POST"],
  authLevel: "anonymous",
  route: "requests/{id}/decision",
  handler: decideRequest,
});

import { app } from "@azure/functions";
import { problem } from "../src/http/respond.ts";
import { readJson, route } from "../src/http/route.ts";
import { answerPreview } from "../src/http/run-answers.ts";
import { readRunPreview } from "../src/intake/run.ts";
import { openApp } from "../src/open-app.ts";
import { previewJudgement } from "../src/workflow/preview-judgement.ts";

// An answer comes before any proxy on the way gives up; the caller asks for the rest.
const budgetMs = 15_000;

/** `POST /runs/preview`: which approvals the policies in force would not give any more. Reads only. */
export const previewRun = route("Approver", openApp, async ({ request, log }, plgate) => {
  const body = await readJson(request);
  if (!body.ok) return body.answer;
  const input = readRunPreview(body.value);
  if (!input.ok) return problem(400, input.problem);
  const { scope, from } = input.value;
  return answerPreview(await previewJudgement(scope, from, budgetMs, plgate.ports(log)));
});

app.http("run-preview", { methods: ["POST"], authLevel: "anonymous", route: "runs/preview", handler: previewRun });

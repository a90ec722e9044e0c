import { app } from "@azure/functions";
import { route } from "../src/http/route.ts";
import { answerProgress } from "../src/http/run-answers.ts";
import { openApp } from "../src/open-app.ts";
import { showRun } from "../src/workflow/show-run.ts";

/** `GET /runs/{id}`: one run and how far it is. */
export const runDetail = route("Reader", openApp, async ({ request, log }, plgate) => {
  return answerProgress(await showRun(request.params["id"] ?? "", plgate.ports(log)));
});

app.http("run-detail", { methods: ["GET"], authLevel: "anonymous", route: "runs/{id}", handler: runDetail });

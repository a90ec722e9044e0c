import { app } from "@azure/functions";
import { handOf } from "../src/http/hand.ts";
import { problem } from "../src/http/respond.ts";
import { readJson, route } from "../src/http/route.ts";
import { answerStart } from "../src/http/run-answers.ts";
import { readRunStart } from "../src/intake/run.ts";
import { openApp } from "../src/open-app.ts";
import { startRun } from "../src/workflow/runs.ts";

/** `POST /runs`: begins a recertification or a re-judgement, or proposes a drain to a second person. */
export const beginRun = route("Approver", openApp, async (call, plgate) => {
  const body = await readJson(call.request);
  if (!body.ok) return body.answer;
  const input = readRunStart(body.value);
  if (!input.ok) return problem(400, input.problem);
  const ports = plgate.ports(call.log);
  return answerStart(await startRun(input.value, handOf(call, ports), ports));
});

app.http("run-start", { methods: ["POST"], authLevel: "anonymous", route: "runs", handler: beginRun });

import { app } from "@azure/functions";
import { handOf } from "../src/http/hand.ts";
import { problem } from "../src/http/respond.ts";
import { readJson, route } from "../src/http/route.ts";
import { answerStop } from "../src/http/run-answers.ts";
import { readRunNote } from "../src/intake/run.ts";
import { openApp } from "../src/open-app.ts";
import { stopRun } from "../src/workflow/runs.ts";

/** `POST /runs/{id}/stop`: ends a run at once; its open questions are withdrawn. */
export const stopARun = route("Approver", openApp, async (call, plgate) => {
  const body = await readJson(call.request);
  if (!body.ok) return body.answer;
  const input = readRunNote(body.value);
  if (!input.ok) return problem(400, input.problem);
  const ports = plgate.ports(call.log);
  const id = call.request.params["id"] ?? "";
  return answerStop(await stopRun(id, input.value.note, handOf(call, ports), ports));
});

app.http("run-stop", { methods: ["POST"], authLevel: "anonymous", route: "runs/{id}/stop", handler: stopARun });

import { app } from "@azure/functions";
import { handOf } from "../src/http/hand.ts";
import { answerReopening } from "../src/http/reopen-answer.ts";
import { problem } from "../src/http/respond.ts";
import { readJson, route } from "../src/http/route.ts";
import { readReopening } from "../src/intake/reopening.ts";
import { openApp } from "../src/open-app.ts";
import { reopenRequest } from "../src/workflow/reopen-request.ts";

/** `POST /requests/{id}/reopen`: has people asked again about what nobody answered. 200, 400, 404, 409 not to be reopened. */
export const reopen = route("Approver", openApp, async (call, plgate) => {
  const body = await readJson(call.request);
  if (!body.ok) return body.answer;
  const input = readReopening(body.value);
  if (!input.ok) return problem(400, input.problem);
  const ports = plgate.ports(call.log);
  const id = call.request.params["id"] ?? "";
  return answerReopening(await reopenRequest(id, handOf(call, ports), input.value.note, ports));
});

app.http("reopen-request", {
  methods: ["POST"],
  authLevel: "anonymous",
  route: "requests/{id}/reopen",
  handler: reopen,
});

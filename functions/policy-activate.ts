import { app } from "@azure/functions";
import { answerActivation, personOf } from "../src/http/policy-answers.ts";
import { problem } from "../src/http/respond.ts";
import { readJson, route } from "../src/http/route.ts";
import { policyNameIn, readPolicyActivation } from "../src/intake/policy-upload.ts";
import { openApp } from "../src/open-app.ts";
import { policyOffice } from "../src/workflow/activation.ts";
import { activatePolicy } from "../src/workflow/administer-policies.ts";

/** `POST /policies/{name}/activate`: puts a published version in force, newer or older than the one that is. */
export const activate = route("PolicyAuthor", openApp, async ({ request, caller, log, correlation }, plgate) => {
  const name = policyNameIn(request.params["name"]);
  if (!name) return problem(404, "There is no such version.");
  const body = await readJson(request);
  if (!body.ok) return body.answer;
  const input = readPolicyActivation(body.value);
  if (!input.ok) return problem(400, input.problem);
  const { version, note } = input.value;
  const ports = plgate.ports(log);
  const hand = { who: personOf(caller), door: "api", correlation, clock: ports.clock } as const;
  const change = { hand, author: caller.name, note };
  return answerActivation(await activatePolicy(name, version, change, policyOffice(ports)));
});

app.http("policy-activate", {
  methods: ["POST"],
  authLevel: "anonymous",
  route: "policies/{name}/activate",
  handler: activate,
});

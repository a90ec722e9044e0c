import { app } from "@azure/functions";
import { answerPublication, personOf } from "../src/http/policy-answers.ts";
import { problem } from "../src/http/respond.ts";
import { readJson, route } from "../src/http/route.ts";
import { policyNameIn, readPolicyUpload } from "../src/intake/policy-upload.ts";
import { openApp } from "../src/open-app.ts";
import { policyOffice } from "../src/workflow/activation.ts";
import { publishPolicy } from "../src/workflow/administer-policies.ts";

// A policy and its tests at their limit, and room for what JSON escapes.
const mostKiB = 1024;

/** `PUT /policies/{name}`: 201 a new version, 200 nothing changed, 400 with every fault, 409 kept but not in force. */
export const putPolicy = route("PolicyAuthor", openApp, async ({ request, caller, log, correlation }, plgate) => {
  const name = policyNameIn(request.params["name"]);
  if (!name) return problem(404, "No policy can be called so.");
  const body = await readJson(request, mostKiB);
  if (!body.ok) return body.answer;
  const input = readPolicyUpload(body.value);
  if (!input.ok) return problem(400, input.problem);
  const { source, tests, file = `${name}.yaml`, note, acknowledge, activate } = input.value;
  const ports = plgate.ports(log);
  const hand = { who: personOf(caller), door: "api", correlation, clock: ports.clock } as const;
  const beside = tests === undefined ? undefined : { source: tests, file: file.replace(/\.ya?ml$/, ".test$&") };
  return answerPublication(
    await publishPolicy(
      { name, source, file, tests: beside, acknowledge, activate },
      { hand, author: caller.name, note },
      policyOffice(ports),
    ),
  );
});

app.http("policy-publish", { methods: ["PUT"], authLevel: "anonymous", route: "policies/{name}", handler: putPolicy });

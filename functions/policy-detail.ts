import { app } from "@azure/functions";
import { json, problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { policyNameIn } from "../src/intake/policy-upload.ts";
import { openApp } from "../src/open-app.ts";
import { showPolicy } from "../src/workflow/show-policy.ts";

/** `GET /policies/{name}`: one policy with its versions, the newest first. */
export const policyDetail = route("Reader", openApp, async ({ request, log }, plgate) => {
  const name = policyNameIn(request.params["name"]);
  const found = name && (await showPolicy(name, plgate.ports(log)));
  if (!found) return problem(404, "There is no such policy.");
  return json(200, { ...found.line, versions: found.versions });
});

app.http("policy-detail", {
  methods: ["GET"],
  authLevel: "anonymous",
  route: "policies/{name}",
  handler: policyDetail,
});

import { app } from "@azure/functions";
import { json, problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { policyNameIn, versionIn } from "../src/intake/policy-upload.ts";
import { openApp } from "../src/open-app.ts";
import { showVersion } from "../src/workflow/show-policy.ts";

/** `GET /policies/{name}/versions/{version}`: one version with its source, byte for byte. */
export const policyVersion = route("Reader", openApp, async ({ request, log }, plgate) => {
  const name = policyNameIn(request.params["name"]);
  const version = versionIn(request.params["version"]);
  const found = name && version && (await showVersion(name, version, plgate.ports(log)));
  return found ? json(200, found) : problem(404, "There is no such version.");
});

app.http("policy-version", {
  methods: ["GET"],
  authLevel: "anonymous",
  route: "policies/{name}/versions/{version}",
  handler: policyVersion,
});

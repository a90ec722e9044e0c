import { app } from "@azure/functions";
import { openApp } from "../src/compose.ts";
import { parseServiceId } from "../src/connection/arm-id.ts";
import { json, problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { verifyAudit } from "../src/workflow/verify-audit.ts";

/** `GET /audit/verify?service=`: walks one chain, or all of them, and names the first break. */
export const verify = route("Reader", openApp, async ({ request, log }, plgate) => {
  const asked = request.query.get("service");
  const service = asked === null ? undefined : parseServiceId(asked);
  if (asked !== null && !service) return problem(400, "service: is the resource id of a Private Link Service");
  return json(200, await verifyAudit(service, plgate.ports(log)));
});

app.http("audit-verify", { methods: ["GET"], authLevel: "anonymous", route: "audit/verify", handler: verify });

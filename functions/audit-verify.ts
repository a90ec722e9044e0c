import { app } from "@azure/functions";
import { answerVerdict } from "../src/http/audit-answers.ts";
import { problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { readVerifyQuery } from "../src/intake/queries.ts";
import { openApp } from "../src/open-app.ts";
import { verifyAudit } from "../src/workflow/verify-audit.ts";

/** The platform cuts an answer off after 230 seconds. */
const budgetMs = 150_000;

/** `GET /audit/verify`: walks one chain, or all of them, and names what does not hold. */
export const verify = route("Reader", openApp, async ({ request }, plgate) => {
  const wish = readVerifyQuery(request.query);
  if (!wish.ok) return problem(400, wish.problem);
  const end = performance.now() + budgetMs;
  const verdict = await verifyAudit(wish.value, plgate.audit, undefined, () => performance.now() < end);
  return answerVerdict(request.url, verdict);
});

app.http("audit-verify", { methods: ["GET"], authLevel: "anonymous", route: "audit/verify", handler: verify });

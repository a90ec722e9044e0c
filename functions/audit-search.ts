import { app } from "@azure/functions";
import { answerAudit } from "../src/http/audit-answers.ts";
import { route } from "../src/http/route.ts";
import { openApp } from "../src/open-app.ts";

/** `GET /audit`: what happened, newest first, by any of its filters; a page, or all of it as a file. */
export const searchAudit = route("Reader", openApp, (call, plgate) => answerAudit(call, plgate.ports(call.log)));

app.http("audit-search", { methods: ["GET"], authLevel: "anonymous", route: "audit", handler: searchAudit });

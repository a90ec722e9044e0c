import { app } from "@azure/functions";
import { openApp } from "../src/compose.ts";
import { list, nextLink, problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { readAuditQuery } from "../src/intake/queries.ts";

/** `GET /audit`: what happened, newest first, by any of its filters. */
export const searchAudit = route("Reader", openApp, async ({ request, log }, plgate) => {
  const query = readAuditQuery(request.query);
  if (!query.ok) return problem(400, query.problem);
  const page = await plgate.ports(log).index.searchAudit(query.value);
  return list(page.entries, nextLink(request.url, page.next), page.since === null ? {} : { since: page.since });
});

app.http("audit-search", { methods: ["GET"], authLevel: "anonymous", route: "audit", handler: searchAudit });

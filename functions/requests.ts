import { app } from "@azure/functions";
import { list, nextLink, problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { readRequestQuery } from "../src/intake/queries.ts";
import { openApp } from "../src/open-app.ts";

/** `GET /requests`: the requests, newest first; `status=open` for what waits. */
export const listRequests = route("Reader", openApp, async ({ request, log }, plgate) => {
  const query = readRequestQuery(request.query);
  if (!query.ok) return problem(400, query.problem);
  const page = await plgate.ports(log).index.searchRequests(query.value);
  return list(page.requests, nextLink(request.url, page.next));
});

app.http("requests", { methods: ["GET"], authLevel: "anonymous", route: "requests", handler: listRequests });

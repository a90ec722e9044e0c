import { app, type HttpHandler } from "@azure/functions";
import { pageRoute, wantsPage } from "../src/http/page-route.ts";
import { answerDetail } from "../src/http/request-answers.ts";
import { answerPage } from "../src/http/request-page.ts";
import { problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { openApp } from "../src/open-app.ts";
import { parseRequestId } from "../src/requests/request-id.ts";
import { viewOf } from "../src/workflow/view-of.ts";

const asJson = route("Reader", openApp, async ({ request, log }, plgate) => {
  const id = parseRequestId(request.params["id"] ?? "")?.id;
  const ports = plgate.ports(log);
  const stored = id ? await ports.ledger.request(id) : undefined;
  if (!id || !stored) return problem(404, "There is no such request.");
  const [view, history] = await Promise.all([viewOf(stored.request, ports), ports.ledger.eventsOf(id)]);
  return answerDetail(view, history);
});

const asPage = pageRoute(openApp, (visit, plgate) => answerPage(visit, plgate.desk(visit.log)));

/** `GET /requests/{id}`: one request with facts, trace, votes and history, straight from the ledger; a page for browsers. */
export const showRequest: HttpHandler = (request, context) =>
  wantsPage(request) ? asPage(request, context) : asJson(request, context);

app.http("request-detail", { methods: ["GET"], authLevel: "anonymous", route: "requests/{id}", handler: showRequest });

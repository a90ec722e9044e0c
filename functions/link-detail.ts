import { app } from "@azure/functions";
import { answerLink } from "../src/http/link-answer.ts";
import { problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { readLinkIdentifier } from "../src/intake/link-identifier.ts";
import { openApp } from "../src/open-app.ts";
import { showLink } from "../src/workflow/show-link.ts";

/** `GET /links/{linkId}`: whose traffic carries this LinkID in its PROXY header, and how they were let in. */
export const linkDetail = route("Reader", openApp, async ({ request, log }, plgate) => {
  const link = readLinkIdentifier(request.params["linkId"]);
  if (!link.ok) return problem(400, link.problem);
  return answerLink(await showLink(link.value, plgate.ports(log)));
});

app.http("link-detail", { methods: ["GET"], authLevel: "anonymous", route: "links/{linkId}", handler: linkDetail });

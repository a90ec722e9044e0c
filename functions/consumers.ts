import { app } from "@azure/functions";
import { list, nextLink, problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { readConsumerQuery } from "../src/intake/queries.ts";
import { openApp } from "../src/open-app.ts";

/** `GET /consumers`: the registry, by subscription id. */
export const listConsumers = route("Reader", openApp, async ({ request, log }, plgate) => {
  const query = readConsumerQuery(request.query);
  if (!query.ok) return problem(400, query.problem);
  const page = await plgate.ports(log).consumers.page(query.value);
  return list(page.consumers, nextLink(request.url, page.next));
});

app.http("consumers", { methods: ["GET"], authLevel: "anonymous", route: "consumers", handler: listConsumers });

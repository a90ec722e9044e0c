import { app } from "@azure/functions";
import { json, problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { readSubscriptionId } from "../src/intake/consumer.ts";
import { openApp } from "../src/open-app.ts";

/** `GET /consumers/{subscriptionId}`: what is known of one consumer. */
export const showConsumer = route("Reader", openApp, async ({ request, log }, plgate) => {
  const id = readSubscriptionId(request.params["subscriptionId"]);
  if (!id.ok) return problem(400, id.problem);
  const consumer = await plgate.ports(log).consumers.find(id.value);
  return consumer ? json(200, consumer) : problem(404, "This subscription is not registered.");
});

app.http("consumer-detail", {
  methods: ["GET"],
  authLevel: "anonymous",
  route: "consumers/{subscriptionId}",
  handler: showConsumer,
});

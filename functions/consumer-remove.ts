import { app } from "@azure/functions";
import { openApp } from "../src/compose.ts";
import { nothing, problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { readSubscriptionId } from "../src/intake/consumer.ts";

/** `DELETE /consumers/{subscriptionId}`: forgets the consumer; 204 even when nobody knew them. */
export const removeConsumer = route("PolicyAuthor", openApp, async ({ request, log }, plgate) => {
  const id = readSubscriptionId(request.params["subscriptionId"]);
  if (!id.ok) return problem(400, id.problem);
  await plgate.ports(log).consumers.remove(id.value);
  return nothing();
});

app.http("consumer-remove", {
  methods: ["DELETE"],
  authLevel: "anonymous",
  route: "consumers/{subscriptionId}",
  handler: removeConsumer,
});

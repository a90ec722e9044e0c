import { app } from "@azure/functions";
import { handOf } from "../src/http/hand.ts";
import { nothing, problem } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { readSubscriptionId } from "../src/intake/consumer.ts";
import { openApp } from "../src/open-app.ts";
import { registryOffice } from "../src/workflow/dispatch-outbox.ts";
import { removeConsumer } from "../src/workflow/register-consumer.ts";

/** `DELETE /consumers/{subscriptionId}`: forgets the consumer; 204 even when nobody knew them. */
export const deleteConsumer = route("PolicyAuthor", openApp, async (call, plgate) => {
  const id = readSubscriptionId(call.request.params["subscriptionId"]);
  if (!id.ok) return problem(400, id.problem);
  const ports = plgate.ports(call.log);
  await removeConsumer(id.value, handOf(call, ports), registryOffice(ports));
  return nothing();
});

app.http("consumer-remove", {
  methods: ["DELETE"],
  authLevel: "anonymous",
  route: "consumers/{subscriptionId}",
  handler: deleteConsumer,
});

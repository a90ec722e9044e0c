import { app } from "@azure/functions";
import { handOf } from "../src/http/hand.ts";
import { json, problem } from "../src/http/respond.ts";
import { readJson, route } from "../src/http/route.ts";
import { readConsumerBody } from "../src/intake/consumer.ts";
import { openApp } from "../src/open-app.ts";
import { registryOffice } from "../src/workflow/dispatch-outbox.ts";
import { registerConsumer } from "../src/workflow/register-consumer.ts";

/** `PUT /consumers/{subscriptionId}`: the whole entry. 201 for somebody new, 200 with the entry as it is now, 400, 413. */
export const putConsumer = route("PolicyAuthor", openApp, async (call, plgate) => {
  const { request } = call;
  const body = await readJson(request);
  if (!body.ok) return body.answer;
  const input = readConsumerBody(request.params["subscriptionId"] ?? "", body.value);
  if (!input.ok) return problem(400, input.problem);
  const ports = plgate.ports(call.log);
  const done = await registerConsumer(input.value, handOf(call, ports), registryOffice(ports));
  return json(done === "registered" ? 201 : 200, input.value);
});

app.http("consumer-register", {
  methods: ["PUT"],
  authLevel: "anonymous",
  route: "consumers/{subscriptionId}",
  handler: putConsumer,
});

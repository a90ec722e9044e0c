import type { HttpResponseInit } from "@azure/functions";
import { robot } from "../../src/decision/decision.ts";
import { json, list, nextLink, nothing, problem } from "../../src/http/respond.ts";
import { readConsumerBody, readSubscriptionId } from "../../src/intake/consumer.ts";
import { readConsumerQuery } from "../../src/intake/queries.ts";
import { registerConsumer } from "../../src/workflow/register-consumer.ts";
import { consumer, customer, provider } from "../builders.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeConsumers } from "../fakes/consumers.ts";
import { FakeLedger } from "../fakes/ledger.ts";

type Answer = readonly [operation: string, name: string, answer: HttpResponseInit];

/** What the registry answers with, good and bad. */
export async function consumerAnswers(): Promise<readonly Answer[]> {
  const consumers = new FakeConsumers();
  const clock = new FakeClock();
  const office = { consumers, ledger: new FakeLedger(clock), follow: async () => undefined };
  const hand = { who: robot, door: "api", correlation: "c-1", clock } as const;
  const put = async (name: string, path: string, body: unknown): Promise<Answer> => {
    const read = readConsumerBody(path, body);
    if (!read.ok) return ["putConsumer", name, problem(400, read.problem)];
    const done = await registerConsumer(read.value, { ...hand, correlation: name }, office);
    return ["putConsumer", name, json(done === "registered" ? 201 : 200, read.value)];
  };
  const puts = [
    await put("somebody new", customer, { name: "Contoso", tier: "gold", tags: { team: "sre" } }),
    await put("known", customer.toUpperCase(), consumer({ tenantId: provider })),
    await put("as it is", customer, consumer({ tenantId: provider })),
    await put("nothing known", provider, {}),
    await put("faults everywhere", "x", { name: 7, quota: 5 }),
  ];
  const { consumers: some, next } = await consumers.page({ top: 1 });
  const url = "http://127.0.0.1/api/consumers?top=1";
  return [
    ...puts,
    ["listConsumers", "a page", list(some, nextLink(url, next))],
    ["listConsumers", "the last page", list((await consumers.page({ top: 9 })).consumers, nextLink(url, null))],
    ["listConsumers", "a wrong query", refused(readConsumerQuery(new URLSearchParams({ top: "0", tier: "gold" })))],
    ["showConsumer", "known", json(200, await consumers.find(customer))],
    ["showConsumer", "unknown", problem(404, "This subscription is not registered.")],
    ["showConsumer", "no id", refused(readSubscriptionId("contoso"))],
    ["removeConsumer", "done", nothing()],
    ["removeConsumer", "no id", refused(readSubscriptionId("contoso"))],
  ];
}

function refused(read: { readonly ok: true } | { readonly ok: false; readonly problem: string }): HttpResponseInit {
  if (read.ok) throw new Error("this should have been refused");
  return problem(400, read.problem);
}

import { app } from "@azure/functions";
import { problem } from "../src/http/respond.ts";
import { readJson, route } from "../src/http/route.ts";
import { answerSimulation } from "../src/http/simulate-answer.ts";
import { readJudgement } from "../src/intake/judgement.ts";
import { readSimulation } from "../src/intake/simulation.ts";
import { openApp } from "../src/open-app.ts";
import { simulate } from "../src/workflow/simulate.ts";

// Four policies at their limit; and an answer before any proxy on the way gives up.
const mostKiB = 1024;
const budgetMs = 20_000;

/** `POST /policies/simulate`: what other policies would decide, on facts, a request or the last judgements. Reads only. */
export const simulatePolicies = route("PolicyAuthor", openApp, async ({ request, log }, plgate) => {
  const body = await readJson(request, mostKiB);
  if (!body.ok) return body.answer;
  const input = readSimulation(body.value);
  if (!input.ok) return problem(400, input.problem);
  const means = { ports: plgate.ports(log), readDetail: readJudgement, budgetMs };
  return answerSimulation(await simulate(input.value, means));
});

app.http("policy-simulate", {
  methods: ["POST"],
  authLevel: "anonymous",
  route: "policies/simulate",
  handler: simulatePolicies,
});

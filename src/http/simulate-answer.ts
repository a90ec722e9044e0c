import type { HttpResponseInit } from "@azure/functions";
import type { Simulated } from "../workflow/simulate.ts";
import { json, problem } from "./respond.ts";

/** What a simulation is answered with; a broken policy with every finding. */
export function answerSimulation(simulated: Simulated): HttpResponseInit {
  const { kind, ...answer } = simulated;
  if (!("problem" in answer)) return json(200, answer);
  const { problem: detail, ...more } = answer;
  return problem(statusOf[kind], detail, more);
}

const statusOf: Readonly<Record<Simulated["kind"], number>> = {
  ...{ facts: 200, request: 200, history: 200 },
  ...{ refused: 400, "no-judgement": 404, unavailable: 503 },
};

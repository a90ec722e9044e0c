import type { HttpResponseInit } from "@azure/functions";
import { problem } from "../../src/http/respond.ts";
import { answerSimulation } from "../../src/http/simulate-answer.ts";
import { readJudgement } from "../../src/intake/judgement.ts";
import { readSimulation } from "../../src/intake/simulation.ts";
import { simulate } from "../../src/workflow/simulate.ts";
import { connection } from "../builders.ts";
import { aHistory, historyPolicy, historySource, historyVersions } from "../workflow/a-history.ts";
import { requestOf, review, type Stage, stage } from "../workflow/stage.ts";

type Answer = readonly [operation: string, name: string, answer: HttpResponseInit];

/** What simulations are answered with, good and bad. */
export async function simulateAnswers(): Promise<readonly Answer[]> {
  const versions = await historyVersions();
  const say = async (name: string, ports: Stage, body: unknown): Promise<Answer> => {
    const input = readSimulation(body);
    if (!input.ok) return ["simulatePolicies", name, problem(400, input.problem)];
    const means = { ports: { ...ports, versions }, readDetail: readJudgement, budgetMs: 20_000 };
    return ["simulatePolicies", name, answerSimulation(await simulate(input.value, means))];
  };
  const ports = stage();
  await review(ports);
  const requestId = (await requestOf(ports, connection()))?.id;
  const history = await aHistory(2, 21);
  history.policies.set([historyPolicy(1)]);
  const broken = stage();
  broken.policies.set([], [{ policy: "stage", message: "damaged" }]);
  const facts = {
    values: { "time.now": "2026-11-24T10:00:00Z", "consumer.tier": "gold" },
    absent: [],
    unavailable: {},
  };
  return [
    await say("facts", ports, { facts }),
    await say("facts under a policy with exemptions and shadow", ports, {
      facts,
      policies: [{ source: historySource(1) }],
    }),
    await say("facts under a policy that says how people are asked", ports, { facts, policies: [{ source: asking }] }),
    await say("a request under such a policy", ports, { requestId, policies: [{ source: asking }] }),
    await say("a request", ports, { requestId, policies: [{ name: "history", version: 1 }] }),
    await say("a history", history, { last: 100, policies: [{ name: "history", version: 3 }] }),
    await say("no history", stage([]), { last: 100 }),
    await say("nothing", ports, {}),
    await say("a broken policy", ports, { facts, policies: [{ source: "name: 5" }] }),
    await say("no such version", ports, { facts, policies: [{ name: "history", version: 9 }] }),
    await say("no such request", ports, { requestId: "nothing" }),
    await say("policies that cannot be trusted", broken, { facts }),
  ];
}

const asking = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: asking
windows: { office: { days: [mon], from: "08:00", to: "18:00", timezone: Europe/Stockholm } }
reviewers:
  oncall: { entraGroup: 55555555-0000-4000-8000-000000000005, channel: Network }
  leads: { entraGroup: 55555555-0000-4000-8000-000000000007, channels: [Leads, leads-feed] }
rules:
  - id: ask
    effect: review
    because: Ask.
    review: { by: [oncall], via: page, within: P1D, hours: office, expiry: reject, escalate: { after: PT4H, to: [leads] } }
`;

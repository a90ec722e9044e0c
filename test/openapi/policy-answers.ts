import type { HttpResponseInit } from "@azure/functions";
import { answerActivation, answerPublication } from "../../src/http/policy-answers.ts";
import { json, list, problem } from "../../src/http/respond.ts";
import { readPolicyActivation, readPolicyUpload } from "../../src/intake/policy-upload.ts";
import { mostActivePolicies } from "../../src/policy/limits.ts";
import { policyOffice } from "../../src/workflow/activation.ts";
import { activatePolicy, type Change, publishPolicy } from "../../src/workflow/administer-policies.ts";
import { showPolicy, showVersion } from "../../src/workflow/show-policy.ts";
import { megan, type Stage, stage, tenant } from "../workflow/stage.ts";

type Answer = readonly [operation: string, name: string, answer: HttpResponseInit];

const who = { kind: "person", objectId: megan, tenantId: tenant, name: "Megan Test" } as const;
const tests = `apiVersion: plgate/v1
kind: ApprovalPolicyTest
policy: stage.yaml
facts: { time.now: 2026-11-24T10:00:00Z, consumer: { tier: gold } }
cases: [{ name: gold, expect: approve }]
`;

/** What publishing, activating and showing policies is answered with, good and bad. */
export async function policyAnswers(): Promise<readonly Answer[]> {
  const ports = stage();
  const answers: readonly Answer[] = [
    await put("the first", ports, { source: policy("One."), tests, note: "CHG-1" }),
    await put("nothing new", ports, { source: policy("One."), note: "CHG-1" }),
    await put("for a second person", ports, { source: policy("Two."), note: "CHG-2", activate: false }),
    await put("errors", ports, { source: "name: 5", note: "CHG-3" }),
    await put("a failing test", ports, { source: policy(), tests: tests.replace("approve }", "reject }"), note: "x" }),
    await put("a broken test file", ports, { source: policy("Three."), tests: "{", note: "x" }),
    await put("an open warning", ports, { source: guarded(), note: "x" }),
    await put("an acknowledged warning", ports, { source: guarded(), note: "x", acknowledge: ["known-guard"] }),
    await put("another name", ports, { source: policy("One.", "other"), note: "x" }),
    await put("a wrong body", ports, { source: 7, note: "", acknowledge: ["never"] }),
    ["publishPolicy", "a name that none can have", problem(404, "No policy can be called so.")],
    await activate("an older one", ports, { version: 1, note: "CHG-4" }),
    await activate("the same", ports, { version: 1, note: "CHG-4" }),
    await activate("no version", ports, { version: 99, note: "CHG-4" }),
    await activate("a wrong body", ports, { version: 0 }),
    await broken(),
    ...(await full()),
  ];
  return [...answers, ...(await shown(ports))];
}

async function shown(ports: Stage): Promise<readonly Answer[]> {
  const found = await showPolicy("stage", ports);
  return [
    ["listPolicies", "one", list(await ports.policies.list(), undefined)],
    ["listPolicies", "none", list([], undefined)],
    ["showPolicy", "known", json(200, { ...found?.line, versions: found?.versions })],
    ["showPolicy", "unknown", problem(404, "There is no such policy.")],
    ["showPolicyVersion", "known", json(200, await showVersion("stage", 1, ports))],
    ["showPolicyVersion", "unknown", problem(404, "There is no such version.")],
  ];
}

async function broken(): Promise<Answer> {
  const ports = stage();
  await put("one", ports, { source: policy("One."), note: "x" });
  await put("two", ports, { source: policy("Two."), note: "x" });
  ports.versions.forge("stage", 1, "name: 5");
  return activate("what does not compile any more", ports, { version: 1, note: "x" });
}

async function full(): Promise<readonly Answer[]> {
  const ports = stage();
  for (let n = 0; n < mostActivePolicies; n += 1) {
    const active = { version: 1, sha256: "1".repeat(64) };
    const by = { author: "", note: "", at: "2026-11-24T10:00:00.000Z" };
    await ports.versions.point({ name: `p${n}`, active, previous: null, activation: 0, by }, null);
  }
  return [
    await put("one too many", ports, { source: policy(), note: "x" }),
    await activate("one too many", ports, { version: 1, note: "x" }),
  ];
}

async function put(name: string, ports: Stage, body: unknown): Promise<Answer> {
  const input = readPolicyUpload(body);
  if (!input.ok) return ["publishPolicy", name, problem(400, input.problem)];
  const { source, tests: beside, file = "stage.yaml", acknowledge, activate: atOnce } = input.value;
  const draft = {
    source,
    file,
    // Tests are asked for elsewhere; here the other answers are.
    acknowledge: [...acknowledge, "untested" as const],
    tests: beside === undefined ? undefined : { source: beside, file: "t.yaml" },
  };
  const wish = { ...draft, name: "stage", activate: atOnce };
  return ["publishPolicy", name, answerPublication(await publishPolicy(wish, change(ports), policyOffice(ports)))];
}

async function activate(name: string, ports: Stage, body: unknown): Promise<Answer> {
  const input = readPolicyActivation(body);
  if (!input.ok) return ["activatePolicy", name, problem(400, input.problem)];
  const outcome = await activatePolicy("stage", input.value.version, change(ports), policyOffice(ports));
  return ["activatePolicy", name, answerActivation(outcome)];
}

function change({ clock }: Stage): Change {
  return { hand: { who, door: "api", correlation: "c-1", clock }, author: who.name, note: "CHG-1" };
}

function guarded(): string {
  return policy().replace("effect: approve", "effect: review").replace("gold }", "{ known: true } }");
}

function policy(because = "One.", name = "stage"): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: ${name}
defaultReview: { by: [oncall] }
reviewers: { oncall: { entraGroup: 55555555-0000-0000-0000-000000000005 } }
rules:
  - { id: gold, effect: approve, because: "${because}", when: { consumer.tier: gold } }
`;
}

/**
 * The contestants of the policy benchmark, each made from the same rules, and the proof that they agree.
 *
 * The peers get every advantage that does not change the answer: facts flattened and typed beforehand, named lists as
 * sets behind an operator of ours (their own `in` walks the list), the time zone worked out by our function. What they
 * cannot express: a fact that is unavailable (no third truth value), the line of a rule, exemptions, shadow rules,
 * reviewers, expiry, and a review by default. They are asked only which rules hold; the effect is settled here.
 */
import { Environment } from "@marcbachmann/cel-js";
import { Engine } from "json-rules-engine";
import type { Facts } from "../src/connection/facts.ts";
import { compilePolicy } from "../src/policy/compile.ts";
import { evaluate } from "../src/policy/evaluate.ts";
import { policyLimits } from "../src/policy/limits.ts";
import { inOffice } from "./policy-by-hand.ts";
import { type FlatFacts, flatTypes, flatten, requests } from "./policy-requests.ts";
import { type BenchRule, policySource } from "./policy-rules.ts";

export type Lists = ReadonlyMap<string, readonly string[]>;

/** Judges all requests once. */
export type Pass = () => void | Promise<void>;

export type Contestant = {
  readonly pass: Pass;
  /** For each request the ids of the rules that hold, sorted. */
  readonly holding: () => Promise<readonly string[]>;
};

export type Maker = (rules: readonly BenchRule[], lists: Lists) => Contestant;

const flat: readonly FlatFacts[] = requests.map(flatten);
const enough = { ...policyLimits, listEntries: 200_000, fileBytes: 16 * 1024 * 1024 };

/** plgate compiles `source`, with the limits of lists and files raised; throws the first fault. */
export function evaluatorOf(source: string): (request: Facts) => ReturnType<typeof evaluate> {
  const result = compilePolicy(source, "bench.yaml", { limits: enough });
  if (!result.ok) throw new Error(JSON.stringify(result.faults[0]));
  const policies = [{ policy: result.policy, version: 1 }];
  return (request) => evaluate(policies, request, { fallbackReviewers: [] });
}

export const plgate: Maker = (rules, lists) => {
  const judge = evaluatorOf(policySource(rules, lists));
  return {
    pass: () => {
      for (const request of requests) judge(request);
    },
    holding: async () =>
      requests.map((request) =>
        idsOf(
          judge(request).trace.filter(({ matched }) => matched === true),
          "rule",
        ),
      ),
  };
};

function idsOf<Key extends string>(found: readonly Readonly<Record<Key, string>>[], key: Key): string {
  return found
    .map((one) => one[key])
    .toSorted()
    .join(" ");
}

/** It asks every condition of every rule (all have one priority) and returns each with the value it saw. */
export const jsonRulesEngine: Maker = (rules, lists) => {
  const sets = setsOf(lists);
  const engine = new Engine([], { allowUndefinedFacts: false });
  engine.addOperator<string, string>("listed", (value, name) => sets.get(name)?.has(value) === true);
  engine.addOperator<string, string>("startsWith", (value, start) => value.startsWith(start));
  engine.addOperator<string, string>("includesText", (value, part) => value.includes(part));
  engine.addOperator<number, boolean>("inOffice", (now, wanted) => inOffice(now) === wanted);
  engine.addRule({ name: "match", conditions: { all: [matchJson] }, event: { type: "match" } });
  for (const { id, effect, json } of rules) {
    // Through text, as a stored rule would be.
    const conditions: { all: typeof json } = JSON.parse(JSON.stringify({ all: json }));
    engine.addRule({ name: id, conditions, event: { type: effect } });
  }
  return {
    pass: async () => {
      for (const request of flat) await engine.run(request);
    },
    holding: async () => {
      const runs: string[] = [];
      for (const request of flat) runs.push(whenMatched(idsOf((await engine.run(request)).results, "name")));
      return runs;
    },
  };
};

const matchJson = { fact: "service_tags_env", operator: "equal", value: "prod" };

/** The rule `match` must hold too; plgate counts it into every rule. */
function whenMatched(ids: string): string {
  const all = ids.split(" ");
  return all.includes("match") ? all.filter((id) => id !== "match").join(" ") : "";
}

function setsOf(lists: Lists): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map([...lists].map(([name, entries]) => [name, new Set(entries)]));
}

type Ask = (request: FlatFacts) => unknown;

function celParser(lists: Lists): (expression: string) => Ask {
  const sets = setsOf(lists);
  const environment = new Environment()
    .registerFunction("listed(string, string): bool", (name: string, value: string) => sets.get(name)?.has(value))
    .registerFunction("inOffice(double): bool", inOffice);
  for (const [name, type] of flatTypes) environment.registerVariable(name, type);
  return (expression) => {
    const parsed = environment.parse(expression);
    const checked = parsed.check();
    if (checked.error) throw checked.error;
    return parsed;
  };
}

const matchCel = `service_tags_env == "prod"`;

function celContestant(judge: (request: FlatFacts) => readonly { readonly id: string }[]): Contestant {
  return {
    pass: () => {
      for (const request of flat) judge(request);
    },
    holding: async () => flat.map((request) => whenMatched(idsOf(judge(request), "id"))),
  };
}

/** One expression a condition, all of them asked and their answers kept: as much of a trace as CEL allows. */
export const celEachCondition: Maker = (rules, lists) => {
  const parse = celParser(lists);
  const asked = [{ id: "match", cel: [matchCel] }, ...rules].map(({ id, cel }) => ({
    id,
    parts: cel.map((part) => (typeof part === "string" ? [part] : part).map(parse)),
  }));
  return celContestant((request) => {
    const trace = asked.map(({ id, parts }) => ({ id, answers: parts.map((any) => any.map((ask) => ask(request))) }));
    return trace.filter(({ answers }) => answers.every((any) => any.includes(true)));
  });
};

/** One expression a rule, as one would write it for speed: short circuit, and nothing to show why. */
export const celWholeRules: Maker = (rules, lists) => {
  const parse = celParser(lists);
  const asked = [{ id: "match", cel: [matchCel] }, ...rules].map(({ id, cel }) => {
    const parts = cel.map((part) => `(${typeof part === "string" ? part : part.join(" || ")})`);
    return { id, ask: parse(parts.join(" && ")) };
  });
  return celContestant((request) => asked.filter(({ ask }) => ask(request) === true));
};

/** What the rules that hold decide: reject, else review, else approve, else people. */
export function settled(ids: string, rules: readonly BenchRule[]): BenchRule["effect"] {
  const holding = new Set(ids.split(" "));
  const effects = rules.filter(({ id }) => holding.has(id)).map(({ effect }) => effect);
  return (["reject", "review", "approve"] as const).find((effect) => effects.includes(effect)) ?? "review";
}

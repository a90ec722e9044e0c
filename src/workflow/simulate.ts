import type { Facts } from "../connection/facts.ts";
import { evaluate, type PolicyInForce, type Verdict } from "../policy/evaluate.ts";
import type { PolicyFault } from "../policy/faults.ts";
import { changeOf, notHeldFor, type Outcome, outcomeOf } from "../policy/replay.ts";
import { type Candidate, layOver, takeCandidate } from "./candidates.ts";
import type { Ports } from "./ports.ts";
import { type ReplayedHistory, replayHistory } from "./replay-history.ts";
import { judgementsOf, type ReadDetail } from "./stored-judgements.ts";

/** What is tried, on what. Exactly one of `facts`, `requestId` and `last` is there. */
export type Simulation = {
  readonly policies: readonly ({ readonly source: string } | { readonly name: string; readonly version: number })[];
  /** Leaves the other policies in force out. */
  readonly alone: boolean;
  readonly facts?: Facts | undefined;
  readonly requestId?: string | undefined;
  readonly last?: number | undefined;
};

export type Simulated =
  | { readonly kind: "facts"; readonly verdict: Verdict }
  | {
      readonly kind: "request";
      readonly requestId: string;
      /** When the judgement was made whose facts were judged again. */
      readonly at: string;
      readonly recorded: Outcome;
      readonly verdict: Verdict;
      readonly change: string | null;
      readonly notHeld: readonly string[];
    }
  | ({ readonly kind: "history" } & ReplayedHistory)
  /** A policy that was handed in is broken, or there is no such version. */
  | { readonly kind: "refused"; readonly problem: string; readonly faults: readonly PolicyFault[] }
  | { readonly kind: "no-judgement"; readonly problem: string }
  /** What is in force cannot be trusted, and so nothing can be laid over it. */
  | { readonly kind: "unavailable"; readonly problem: string };

type Means = {
  readonly ports: Pick<Ports, "policies" | "versions" | "index" | "ledger" | "clock" | "settings">;
  readonly readDetail: ReadDetail<{ readonly facts: Facts; readonly verdict: Outcome }>;
  /** A replay ends here, with what it has by then. */
  readonly budgetMs: number;
};

/** Judges facts, a request on record, or the last judgements as if other policies were in force. Reads only. */
export async function simulate(simulation: Simulation, means: Means): Promise<Simulated> {
  const { policies, alone, facts, requestId, last = 0 } = simulation;
  const inForce = await means.ports.policies.current();
  // Alone they are judged by themselves, and a history still has to be compared with something.
  if (inForce.problems.length > 0 && (!alone || last > 0)) {
    const said = inForce.problems.map(({ policy, message }) => `${policy}: ${message}`).join("; ");
    return { kind: "unavailable", problem: `The policies in force have problems: ${said}` };
  }
  const tried = await takeAll(policies, means.ports);
  if (!tried.ok) return { kind: "refused", ...tried.why };
  const after = layOver(alone ? [] : inForce.inForce, tried.policies);
  if (facts) return { kind: "facts", verdict: judged(after, facts, means) };
  if (requestId !== undefined) return judgeRequest(requestId, after, means);
  return { kind: "history", ...(await replayLast(last, { before: inForce.inForce, after }, means)) };
}

function judged(policies: readonly PolicyInForce[], facts: Facts, { ports }: Means): Verdict {
  return evaluate(policies, facts, { fallbackReviewers: ports.settings.fallbackReviewers });
}

async function judgeRequest(id: string, policies: readonly PolicyInForce[], means: Means): Promise<Simulated> {
  const request = await judgementsOf(id, means.readDetail, means.ports.ledger);
  const last = request?.judgements.at(-1);
  if (!request || !last) return { kind: "no-judgement", problem: "No such request was judged." };
  if (!last.read.ok) return { kind: "no-judgement", problem: `Its judgement cannot be read: ${last.read.problem}.` };
  const { facts, verdict: recorded } = last.read.value;
  const verdict = judged(policies, facts, means);
  const notHeld = notHeldFor([verdict], facts);
  const change = changeOf(recorded, verdict);
  return { kind: "request", requestId: id, at: last.at, recorded: outcomeOf(recorded), verdict, change, notHeld };
}

function replayLast(
  last: number,
  sides: Parameters<typeof replayHistory>[0],
  { ports, readDetail, budgetMs }: Means,
): Promise<ReplayedHistory> {
  const end = ports.clock.now().getTime() + budgetMs;
  const { fallbackReviewers } = ports.settings;
  const goOn = () => ports.clock.now().getTime() < end;
  return replayHistory(sides, { last }, { ports, readDetail, options: { fallbackReviewers }, goOn });
}

type TakenAll =
  | { readonly ok: true; readonly policies: readonly PolicyInForce[] }
  | { readonly ok: false; readonly why: { readonly problem: string; readonly faults: readonly PolicyFault[] } };

async function takeAll(wished: Simulation["policies"], { versions }: Means["ports"]): Promise<TakenAll> {
  const candidates = wished.map((one, at): Candidate => {
    if ("source" in one) return { kind: "source", source: one.source, file: `policies[${at}]` };
    return { kind: "version", ...one };
  });
  const taken = await Promise.all(candidates.map((candidate) => takeCandidate(candidate, versions)));
  const problems = taken.flatMap((one) => (one.ok ? [] : [one]));
  if (problems.length > 0) {
    const problem = problems.map((one) => one.problem).join("; ");
    return { ok: false, why: { problem, faults: problems.flatMap(({ faults }) => faults) } };
  }
  const policies = taken.flatMap((one) => (one.ok ? [one.policy] : []));
  const names = policies.map(({ policy }) => policy.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return { ok: true, policies };
  return { ok: false, why: { problem: `policy ${twice} is named twice`, faults: [] } };
}

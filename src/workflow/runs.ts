import { randomUUID } from "node:crypto";
import { parseServiceId } from "../connection/arm-id.ts";
import { endOf } from "../requests/expiry.ts";
import {
  type ConfirmRefusal,
  confirmRefusal,
  isEnded,
  isTooOld,
  modeRefusal,
  mostRuns,
  type Run,
  type RunKind,
  type RunRefusal,
  type RunScope,
} from "../requests/run.ts";
import { acknowledged } from "./acknowledge-run.ts";
import { aboutRun, changeRuns, type RunChange } from "./change-run.ts";
import { currentPolicies } from "./judge.ts";
import type { Ports } from "./ports.ts";
import type { Hand } from "./record.ts";

/** What an operator wants done, as the door read it. */
export type RunWish = {
  readonly kind: RunKind;
  readonly scope: RunScope;
  readonly note: string;
  /** ISO 8601 duration: until a recertification ends, or for each answer of a re-judgement. */
  readonly within: string;
  readonly unanswered: "revoke" | "flag";
  readonly cap: number;
  readonly by: "reject" | "remove";
  /** What the dry run of a re-judgement gave. */
  readonly acknowledge: string | null;
};

export type StartOutcome =
  /** A drain is proposed, the others run. */
  | { readonly kind: "started"; readonly run: Run }
  | { readonly kind: "refused"; readonly why: RunRefusal; readonly detail: string; readonly run?: Run };

/**
 * Begins a run, or proposes a drain to a second person. Nothing is asked or taken away here: the reviews of the services in scope
 * do that, which the next sweep wakes. Told twice, the second is refused and shown the first.
 */
export async function startRun(wish: RunWish, hand: Hand, ports: Ports): Promise<StartOutcome> {
  const { kind, scope, unanswered } = wish;
  const mode = modeRefusal(kind, unanswered, ports.settings.mode);
  if (mode !== undefined) return refused("mode", mode);
  const service = scope.serviceId === undefined ? undefined : parseServiceId(scope.serviceId);
  if (service && (await ports.connections.read(service)) === "gone") {
    return refused("unknown-service", "ARM has no such Private Link Service.");
  }
  const proven = kind === "judge" ? acknowledged(wish, await currentPolicies(ports)) : { most: null };
  if ("why" in proven) return { kind: "refused", ...proven };

  const outcome = await changeRuns((runs) => begin(wish, proven.most, runs, hand), ports);
  if (outcome.kind === "refused") return outcome;
  if (service && outcome.state === "running") await ports.watch.wake(service, hand.door);
  return { kind: "started", run: outcome };
}

function begin(
  wish: RunWish,
  most: number | null,
  runs: readonly Run[],
  hand: Hand,
): RunChange | Extract<StartOutcome, { kind: "refused" }> {
  const going = runs.filter((run) => !isEnded(run) && !isTooOld(run, hand.clock.now()));
  const same = going.find((run) => run.kind === wish.kind && sameScope(run.scope, wish.scope));
  if (same) return refused("goes-on", `Run ${same.id} does this already; it is ${same.state}.`, same);
  if (going.length >= mostRuns) return refused("too-many", `At most ${mostRuns} runs go on at a time.`);
  const run = newRun(wish, most, hand);
  const { dueAt, grace, unanswered, cap, by } = run;
  const detail = wish.kind === "drain" ? { by } : { dueAt, grace, unanswered, cap, most };
  const proposed = run.state === "proposed";
  const event = aboutRun(run, proposed ? "run-proposed" : "run-started", hand, beginnings[wish.kind], detail);
  return { run, event };
}

const beginnings: Readonly<Record<RunKind, string>> = {
  recertify: "A recertification begins: approvals are to be confirmed.",
  judge: "Approvals are held against the policies in force.",
  drain: "Taking every connection off a service is proposed; a second person has to confirm.",
};

function newRun(wish: RunWish, most: number | null, { who, clock }: Hand): Run {
  const { kind, scope, note, within, unanswered, cap, by } = wish;
  const now = clock.now();
  const isDrain = kind === "drain";
  return {
    v: 1,
    id: `${kind}-${randomUUID().slice(0, 8)}`,
    kind,
    state: isDrain ? "proposed" : "running",
    scope,
    note,
    startedBy: who,
    startedAt: now.toISOString(),
    confirmedBy: null,
    dueAt: kind === "recertify" ? (endOf(now, within)?.toISOString() ?? null) : null,
    grace: isDrain ? null : within,
    unanswered,
    cap,
    most,
    by: isDrain ? by : null,
    ...{ drainedAt: null, endedAt: null, counts: null },
  };
}

export type ConfirmOutcome =
  | { readonly kind: "confirmed"; readonly run: Run }
  | { readonly kind: "refused"; readonly why: ConfirmRefusal; readonly detail: string; readonly run?: Run };

const confirmDetails: Readonly<Record<ConfirmRefusal, string>> = {
  "unknown-run": "There is no such run.",
  "not-proposed": "Only a run that is proposed can be confirmed.",
  "same-person": "A drain needs two people: somebody else has to confirm it.",
  "too-old": "The proposal is too old; propose it again.",
  mode: "The mode in which plgate runs does not let it take connections away.",
};

/** The second person's word on a drain. From then on the service is drained, and nothing new is approved there. */
export async function confirmRun(id: string, note: string, hand: Hand, ports: Ports): Promise<ConfirmOutcome> {
  type Refused = Extract<ConfirmOutcome, { kind: "refused" }>;
  const refuse = (why: ConfirmRefusal, run?: Run): Refused => ({
    ...{ kind: "refused", why, detail: confirmDetails[why] },
    ...(run ? { run } : {}),
  });
  const outcome = await changeRuns((runs): RunChange | Refused => {
    const run = runs.find((one) => one.id === id);
    if (!run) return refuse("unknown-run");
    const why = confirmRefusal(run, hand.who, ports.settings.mode, hand.clock.now());
    if (why !== undefined) return refuse(why, run);
    const next: Run = { ...run, state: "running", confirmedBy: hand.who };
    const event = aboutRun(next, "run-started", hand, "The service is drained: every connection is taken away.", {
      by: run.by,
      confirmation: note,
    });
    return { run: next, event };
  }, ports);
  if (outcome.kind === "refused") return outcome;
  const service = parseServiceId(outcome.scope.serviceId ?? "");
  if (service) await ports.watch.wake(service, hand.door);
  return { kind: "confirmed", run: outcome };
}

export type StopOutcome =
  | { readonly kind: "stopped"; readonly run: Run }
  | { readonly kind: "ended-before"; readonly run: Run }
  | { readonly kind: "unknown-run" };

/**
 * Stops a run at once. From the next look at each service on nothing more is asked or taken away by it: its questions that nobody
 * answered are withdrawn, and their connections stay. What people decided meanwhile stays decided, and what is gone stays gone.
 */
export async function stopRun(id: string, note: string, hand: Hand, ports: Ports): Promise<StopOutcome> {
  const outcome = await changeRuns((runs): RunChange | Exclude<StopOutcome, { kind: "stopped" }> => {
    const run = runs.find((one) => one.id === id);
    if (!run) return { kind: "unknown-run" };
    if (isEnded(run)) return { kind: "ended-before", run };
    const next: Run = { ...run, state: "stopped", endedAt: hand.clock.now().toISOString() };
    return { run: next, event: aboutRun(next, "run-stopped", hand, "The run is stopped.", { because: note }) };
  }, ports);
  if (outcome.kind === "unknown-run" || outcome.kind === "ended-before") return outcome;
  await wakeShares(outcome, hand, ports);
  return { kind: "stopped", run: outcome };
}

/** Has its services looked at that may have questions of the run; what a dead host misses here, the sweep does. */
async function wakeShares(run: Run, { door }: Hand, ports: Pick<Ports, "ledger" | "watch">): Promise<void> {
  for (const { serviceId } of await ports.ledger.runShares(run.id)) {
    const service = parseServiceId(serviceId);
    if (service) await ports.watch.wake(service, door);
  }
}

function sameScope(one: RunScope, other: RunScope): boolean {
  return (["serviceId", "subscriptionId", "consumerSubscriptionId"] as const).every((key) => one[key] === other[key]);
}

function refused(why: RunRefusal, detail: string, run?: Run): Extract<StartOutcome, { kind: "refused" }> {
  return { kind: "refused", why, detail, ...(run ? { run } : {}) };
}

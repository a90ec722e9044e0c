import { robot } from "../decision/decision.ts";
import type { AuditKind, Json, NewEvent } from "../ledger/event.ts";
import { runChain } from "../requests/request-id.ts";
import type { Run } from "../requests/run.ts";
import { PlgateError } from "../runtime/errors.ts";
import { dispatch } from "./dispatch-outbox.ts";
import type { Ports } from "./ports.ts";
import type { Hand } from "./record.ts";

/** A run as it is to be from now on, with the event that says so. */
export type RunChange = { readonly run: Run; readonly event: NewEvent };

const triesAtMost = 12;
const longestPauseMs = 100;

/**
 * Changes the runs: reads them, lets `plan` say what is to be, and writes run and event as one. Every change of a run lies in one
 * chain, and is taken only where the chain ends as it did before the reading: so no two persons and no two hosts change runs
 * without having seen each other. Whatever else `plan` gives is an answer, and nothing is written.
 */
export async function changeRuns<Answer extends { readonly kind: string }>(
  plan: (runs: readonly Run[]) => RunChange | Answer,
  ports: Ports,
): Promise<Run | Answer> {
  for (let attempt = 1; attempt <= triesAtMost; attempt += 1) {
    // The head first: what is added between the two readings makes the note a conflict.
    const { seq } = await ports.ledger.head(runChain);
    const planned = plan(await ports.ledger.runs());
    if (!isChange(planned)) return planned;
    const { run, event } = planned;
    const key = `run|${run.id}|${event.kind}`;
    const noted = await ports.ledger.note({ key, chain: runChain, after: seq, events: [event], run, tell: true });
    if (noted.kind === "noted") {
      await dispatch(noted.outbox, ports);
      return run;
    }
    await pause(Math.random() * Math.min(longestPauseMs, 5 * 2 ** attempt));
  }
  throw new PlgateError("the runs keep changing; try again", { retryable: true });
}

/** An event about a run; the operator's own words stand as the justification. */
export function aboutRun(
  run: Run,
  kind: AuditKind,
  hand: Hand,
  what: string,
  detail: Readonly<Record<string, Json>> = {},
) {
  return {
    kind,
    time: hand.clock.now().toISOString(),
    who: hand.who,
    door: hand.door,
    what,
    why: { rules: [], reason: "", justification: run.note },
    serviceId: run.scope.serviceId ?? null,
    requestId: null,
    connectionId: null,
    consumerSubscriptionId: run.scope.consumerSubscriptionId ?? null,
    linkIdentifier: null,
    correlation: hand.correlation,
    detail: { run: run.id, kind: run.kind, scope: { ...run.scope }, ...detail },
  } satisfies NewEvent;
}

/** The hand of the app itself, for what it does with a run on its own. */
export function robotHand({ clock }: Pick<Ports, "clock">, correlation: string): Hand {
  return { who: robot, door: "timer", correlation, clock };
}

function isChange<Answer extends object>(planned: RunChange | Answer): planned is RunChange {
  return "run" in planned && "event" in planned;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

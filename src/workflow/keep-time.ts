import { type Mode, mayWrite, robot } from "../decision/decision.ts";
import type { Step } from "../ledger/commit.ts";
import type { NewEvent } from "../ledger/event.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import {
  type DueStep,
  dueStep,
  endingAt,
  nextStepAt,
  type Timetable,
  withDone,
  withStandIns,
} from "../requests/timetable.ts";
import { after, type Move } from "../requests/transitions.ts";
import { PlgateError } from "../runtime/errors.ts";
import { holdBack } from "./consequence.ts";
import type { StoredRequest } from "./ports.ts";
import { about, changed, type Hand } from "./record.ts";

/** What a step of time depends on beside the timetable. */
export type Circumstances = {
  readonly mode: Mode;
  /** False when the service is in a state in which nothing is rejected without people. */
  readonly serviceSucceeded: boolean;
};

const putOffMs = 6 * 60 * 60_000;

type Timed = ApprovalRequest & { readonly timetable: Timetable };

/**
 * The next thing that time brings to a request that waits for people, as a step to commit; undefined when nothing is due.
 *
 * Each step is marked as done in the request's own row by the commit that puts it on record, so it is done once however
 * many hosts look and whoever dies. A host that was beaten to it gets a conflict, looks again and finds it done. No time runs
 * while the mode keeps people from answering: such a request is held, and asked anew with all its time once it is let go.
 */
export function timeStep(stored: StoredRequest, given: Hand, circumstances: Circumstances): Step | undefined {
  const { request } = stored;
  const { mode } = circumstances;
  if (!isRunning(request)) return undefined;
  const hand: Hand = { ...given, who: robot, door: "timer" };
  if (mode === "observe") {
    return stepOf(stored, "hold", holdBack(request, { mode, effect: "review" }, hand, whyOf(request)));
  }
  const due = dueStep(request.timetable, hand.clock.now());
  switch (due?.kind) {
    case undefined:
      return undefined;
    case "escalation":
      return escalate(stored, request, due, hand);
    case "reminder":
      return remind(stored, request, due, hand);
    case "expiry":
      return expire(stored, request, due, hand, circumstances);
  }
}

/** When a review should look at the request because of its time; undefined when none runs. */
export function nextTimeStep(request: ApprovalRequest, mode: Mode): Date | undefined {
  return isRunning(request) && mode !== "observe" ? nextStepAt(request.timetable) : undefined;
}

function isRunning(request: ApprovalRequest): request is Timed {
  return request.timetable !== undefined && request.state === "awaiting-decision" && request.held === null;
}

type Due<Kind extends DueStep["kind"]> = Extract<DueStep, { readonly kind: Kind }>;

function escalate(stored: StoredRequest, request: Timed, { escalation }: Due<"escalation">, hand: Hand): Step {
  const timetable = withDone(request.timetable, [escalation.step]);
  const reviewers = withStandIns(request.reviewers, timetable);
  const next = changed(request, hand.clock, { timetable, reviewers });
  const event = about(next, "escalated", hand, "Nobody decided so far; others may answer too.", {
    why: whyOf(request),
    detail: {
      step: escalation.step,
      from: [...escalation.from],
      to: escalation.to.map(({ group, name }) => ({ group, name })),
    },
  });
  return stepOf(stored, escalation.step, { next, event, notify: true });
}

function remind(stored: StoredRequest, request: Timed, { reminder, passed }: Due<"reminder">, hand: Hand): Step {
  const { dueAt } = request.timetable;
  const next = changed(request, hand.clock, { timetable: withDone(request.timetable, passed) });
  const event = about(next, "reminded", hand, "People are reminded that the request still waits.", {
    detail: { step: reminder.step, dueAt },
  });
  return { ...stepOf(stored, reminder.step, { next, event, notify: true }), remind: true };
}

function expire(
  stored: StoredRequest,
  request: Timed,
  { expiry, dueAt }: Due<"expiry">,
  hand: Hand,
  { mode, serviceSucceeded }: Circumstances,
): Step {
  const why = whyOf(request);
  if (expiry === "reject" && request.live && !serviceSucceeded) return putOff(stored, request, hand);
  if (expiry === "leave" || !serviceSucceeded) {
    const outcome = `Nobody decided by ${dueAt}; the connection stays ${request.live ? "Approved" : "Pending"}.`;
    const next = changed(request, hand.clock, { state: stateAfter(request, "expire"), outcome });
    const event = about(next, "expired", hand, outcome, { why, detail: { dueAt } });
    return stepOf(stored, "expire", { next, event, notify: next.shown });
  }
  if (mode !== "enforce" && !mayWrite(mode, "reject")) {
    return stepOf(stored, "hold", holdBack(request, { mode, effect: "reject" }, hand, why));
  }
  const reason = request.live
    ? `Nobody kept it by ${dueAt}. ${request.live.why}`
    : `Nobody decided by ${dueAt}, and every rule that asked rejects then: ${why.rules.join(", ")}.`;
  const decided = {
    kind: "reject",
    reason,
    by: hand.who,
    door: hand.door,
    at: hand.clock.now().toISOString(),
  } as const;
  const next = changed(request, hand.clock, { state: stateAfter(request, "decide-reject"), decided });
  const event = about(next, "decided", hand, "Time decides: reject.", {
    why: { ...why, reason },
    detail: { mode, dueAt },
  });
  return stepOf(stored, "decide-reject", { next, event, notify: next.shown });
}

/** Nothing is taken away at a service in a bad state; it is not forgotten either: its time is longer, on record. */
function putOff(stored: StoredRequest, request: Timed, hand: Hand): Step {
  const now = hand.clock.now();
  const dueAt = new Date(now.getTime() + putOffMs).toISOString();
  const timetable = endingAt(request.timetable, { dueAt, expiry: "reject" }, now);
  const next = changed(request, hand.clock, { timetable });
  const event = about(next, "revoking", hand, "Put off: the Private Link Service is not in a good state.", {
    why: whyOf(request),
    detail: { dueAt, expiry: "reject" },
  });
  return stepOf(stored, "put-off", { next, event, notify: next.shown });
}

function whyOf({ verdict, live }: ApprovalRequest): { readonly rules: readonly string[]; readonly reason: string } {
  return { rules: verdict?.decidedBy ?? [], reason: live?.why ?? verdict?.reason ?? "" };
}

function stateAfter(request: ApprovalRequest, move: Move): ApprovalRequest["state"] {
  const state = after(request.state, move);
  if (!state) throw new PlgateError(`a request in state ${request.state} cannot ${move}`, { retryable: false });
  return state;
}

function stepOf(
  { request, etag }: StoredRequest,
  name: string,
  { next, event, notify }: { readonly next: ApprovalRequest; readonly event: NewEvent; readonly notify: boolean },
): Step {
  return { key: `${request.id}|${name}|${etag}`, request: next, expected: etag, events: [event], notify };
}

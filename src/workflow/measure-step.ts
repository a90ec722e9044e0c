import type { Step } from "../ledger/commit.ts";
import type { NewEvent } from "../ledger/event.ts";
import { type ApprovalRequest, isOpen } from "../requests/request.ts";
import type { LogFields } from "../runtime/log.ts";
import type { Telemetry } from "../runtime/telemetry.ts";

const timed = ["plgate.decision.time", "plgate.human.time", "plgate.outcome.time"] as const;
type Took = { readonly [Name in (typeof timed)[number]]?: { readonly seconds: number; readonly fields: LogFields } };

/** Tells what a step that was just put on record says about how fast people and plgate are, and counts its events. */
export function measureStep(step: Step, telemetry: Telemetry): void {
  countEvents(step.events, telemetry);
  const took = tookOf(step);
  for (const name of timed) {
    const one = took[name];
    if (one) telemetry.time(name, one.seconds, one.fields);
  }
  const isEnd = step.events.some(({ kind }) => kind !== "link-identified" && kind !== "vote-refused");
  if (!isOpen(step.request) && isEnd) {
    telemetry.count("plgate.requests.ended", { state: step.request.state, by: deciderOf(step.request) });
  }
}

/**
 * The same times as fields of a span: seconds under the names of the numbers, and who decided what. Back ends that keep of a number only
 * its sum, count and extremes, as Application Insights does, can give percentiles by these alone.
 */
export function timesOf(step: Step): LogFields {
  const took = Object.entries(tookOf(step));
  const fields = took.flatMap(([name, { seconds, fields: others }]) => [
    [name.replace(/^plgate\./, ""), seconds] as const,
    ...Object.entries(others),
  ]);
  return Object.fromEntries(fields);
}

export function countEvents(events: readonly NewEvent[], telemetry: Telemetry): void {
  for (const { kind, door } of events) telemetry.count("plgate.events", { kind, door });
}

/** Instants are those on record, so hosts agree. */
function tookOf({ request, events }: Step): Took {
  const by = deciderOf(request);
  const has = (...kinds: readonly NewEvent["kind"][]) => events.some(({ kind }) => kinds.includes(kind));
  const { requestedAt, decided, votes, timetable, updatedAt } = request;
  const [first] = votes;
  const isAnswer = has("voted") && first !== undefined && votes.length === 1;
  const isOutcome = !isOpen(request) && has("applied", "kept", "revoked");
  return {
    ...(has("decided") && decided
      ? { "plgate.decision.time": tookFrom(requestedAt, decided.at, { decision: decided.kind, by }) }
      : {}),
    ...(isAnswer ? { "plgate.human.time": tookFrom(timetable?.askedAt ?? requestedAt, first.at, {}) } : {}),
    ...(isOutcome ? { "plgate.outcome.time": tookFrom(decided?.at ?? updatedAt, updatedAt, { by }) } : {}),
  };
}

function deciderOf({ decided, timetable }: ApprovalRequest): string {
  if (!decided) return "nobody";
  if (decided.by.kind === "person") return "people";
  return timetable?.dueAt && timetable.dueAt <= decided.at ? "time" : "policy";
}

function tookFrom(from: string, to: string, fields: LogFields) {
  return { seconds: Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000), fields };
}

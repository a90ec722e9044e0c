import type { Step } from "../ledger/commit.ts";
import { accessEnds } from "../requests/expiry.ts";
import { type ApprovalRequest, untimed, withShown } from "../requests/request.ts";
import { begunAt, endingAt, type Timetable, withStandIns } from "../requests/timetable.ts";
import type { StoredRequest } from "./ports.ts";
import { about, changed, type Hand } from "./record.ts";

/**
 * The question whether an approved connection stays, asked anew: of the same people, who answer anew, with all the time that they
 * had. Where the approval itself ends, its own end counts.
 */
export function askedAnew(
  request: ApprovalRequest,
  before: Timetable | undefined,
  hand: Pick<Hand, "clock">,
): ApprovalRequest {
  const timetable = before && anew(request, before, hand.clock.now());
  return withShown({
    ...changed(untimed(request), hand.clock, { state: "awaiting-decision", votes: [], decided: null, held: null }),
    reviewers: withStandIns(request.reviewers, timetable),
    ...(timetable ? { timetable } : {}),
  });
}

/** The mode lets go what it held back: people have their time again, and what was decided before has to be decided anew. */
export function letGo({ request, etag }: StoredRequest, hand: Hand): Step {
  const next = askedAnew(request, request.held?.timetable, hand);
  const revokes = next.timetable?.expiry === "reject";
  const what = revokes
    ? "Let go by the mode: the connection goes when the time ends, unless it is kept."
    : "Let go by the mode: people are asked whether it stays.";
  const event = about(next, revokes ? "revoking" : "escalated", hand, what, {
    why: { reason: next.live?.why ?? "" },
    detail: { reviewers: [...next.reviewers], ...timeOf(next) },
  });
  return { key: `${request.id}|let-go|${etag}`, request: next, expected: etag, events: [event], notify: next.shown };
}

/** What an event says of the time that people have. */
export function timeOf({ timetable }: ApprovalRequest): { readonly dueAt?: string | null; readonly expiry?: string } {
  return timetable ? { dueAt: timetable.dueAt, expiry: timetable.expiry } : {};
}

function anew({ live }: ApprovalRequest, before: Timetable, now: Date): Timetable {
  const again = begunAt(before, now);
  const isOfApproval = live?.cause === "expiry" && live.ends !== undefined && before.dueAt !== null;
  return isOfApproval ? endingAt(again, { dueAt: accessEnds(live.ends, now), expiry: "reject" }, now) : again;
}

/**
 * The end of the approval comes before people have to answer what they were asked for another reason: from now on that end
 * counts. Undefined when it does already, or when no time runs.
 */
export function hastened({ request, etag }: StoredRequest, expiresAt: string, hand: Hand): Step | undefined {
  const { timetable, live, state, held } = request;
  if (!live || live.cause === "expiry" || state !== "awaiting-decision" || held) return undefined;
  const now = hand.clock.now();
  const dueAt = accessEnds(expiresAt, now);
  if (timetable?.dueAt && Date.parse(timetable.dueAt) <= Date.parse(dueAt)) return undefined;
  const askedAt = now.toISOString();
  const none: Timetable = { askedAt, dueAt, expiry: "reject", reminders: [], escalations: [], done: [] };
  const next = changed(request, hand.clock, {
    timetable: endingAt(timetable ?? none, { dueAt, expiry: "reject" }, now),
  });
  const what = "The approval ends before: the connection goes then, unless it is kept.";
  const event = about(next, "revoking", hand, what, { why: { reason: live.why }, detail: timeOf(next) });
  return { key: `${request.id}|hasten|${etag}`, request: next, expected: etag, events: [event], notify: next.shown };
}

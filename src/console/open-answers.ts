import { mayWrite } from "../decision/decision.ts";
import type { RequestView } from "../workflow/ports.ts";

export type Answer = "approve" | "reject";

/** Whether plgate waits, but would carry no answer out: an answer would be refused. */
export function heldBack({ request, mode }: RequestView): boolean {
  return request.state === "awaiting-decision" && (request.held !== null || mode === "observe");
}

/** What becomes of an approved connection when the time to answer is over; undefined where it waits for no moment. */
export function atDeadline({ request, mode }: RequestView): "goes" | "stays" | "held" | undefined {
  const { live, state, timetable } = request;
  if (!live || state !== "awaiting-decision" || !timetable?.dueAt) return undefined;
  if (timetable.expiry === "leave") return "stays";
  return mayWrite(mode, "reject") ? "goes" : "held";
}

/** The answers that may be asked for: none once the decision is made, and none that the mode would not carry out. */
export function openAnswers(view: RequestView): readonly Answer[] {
  const { request, mode } = view;
  if (request.state !== "awaiting-decision" || heldBack(view) || request.reviewers.length === 0) return [];
  return (["approve", "reject"] as const).filter((answer) => mayWrite(mode, answer));
}

import type { DriftTerms } from "../policy/drift-terms.ts";
import { type ApprovalRequest, isOpen } from "../requests/request.ts";
import type { Judgement } from "./judge.ts";
import type { Review } from "./review.ts";

/** What is done about an approval that policy does not carry; each does more than the one before. */
export const stages = ["observed", "record", "escalate", "revoke"] as const;
export type Stage = (typeof stages)[number];

/**
 * What was found, how it was handled, and under which policies: the mark of a finding about an approval. Told and asked anew is
 * only what became another thing, or is to be handled more strictly than before.
 */
export type HandledMark = { readonly what: string; readonly stage: Stage; readonly under: string };

/**
 * How many connections of one service the robot has under way to be revoked at a time, because of drift or of changed policies:
 * a mistake in a policy must not cut off a service before somebody sees it.
 */
const revocationsAtMost = 10;

/** Of several words, the first is what was found; it holds no other `#`. */
export function markOf({ what, stage, under }: HandledMark): string {
  return `${what} #${stage} #${under}`;
}

export function readMark(mark: string | undefined): HandledMark | undefined {
  const [what, stage, under] = mark?.split(" #") ?? [];
  const known = stages.find((one) => one === stage);
  return what !== undefined && known && under !== undefined ? { what, stage: known, under } : undefined;
}

export function isStricter(stage: Stage, than: Stage): boolean {
  return stages.indexOf(stage) > stages.indexOf(than);
}

/** `revoke` only where nothing that policy wanted to know was missing and `mayRevoke` says so; otherwise people are asked. */
export function stageOf({ handling }: DriftTerms, { verdict }: Judgement, mode: string, mayRevoke: boolean): Stage {
  if (mode === "observe") return "observed";
  if (handling !== "revoke") return handling;
  return mayRevoke && verdict.unavailable.length === 0 ? "revoke" : "escalate";
}

/** True while the robot may begin one more revocation at this service. */
export function mayBeginRevocation(review: Review): boolean {
  return review.open.all.filter(({ request }) => isRobotsRevocation(request)).length < revocationsAtMost;
}

function isRobotsRevocation({ live, timetable, decided, state }: ApprovalRequest): boolean {
  if (live?.cause !== "drift" && live?.cause !== "policy") return false;
  const isDecided = decided?.kind === "reject" && decided.by.kind !== "person";
  return isOpen({ state }) && (timetable?.expiry === "reject" || isDecided);
}

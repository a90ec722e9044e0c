import type { ApprovalRequest } from "../requests/request.ts";
import type { Place, PlaceRecord } from "./ports.ts";

/** How long a place that took nothing is left alone; then the sweep tries it again. */
const avoidMs = 10 * 60_000;

/** Whether people are asked for something: an answer, or a look at what failed. */
export function wantsCards({ shown, state }: ApprovalRequest): boolean {
  return shown && (state === "awaiting-decision" || state === "failed");
}

/** Where the request stands now. */
export function standingPlaces(known: readonly PlaceRecord[]): readonly Place[] {
  return known.filter(({ kind }) => kind === "standing").map(({ place }) => place);
}

/** Places that took nothing lately. */
export function avoided(known: readonly PlaceRecord[], now: Date): readonly Place[] {
  return known
    .filter((one) => one.kind === "lost" && now.getTime() - one.at.getTime() < avoidMs)
    .map(({ place }) => place);
}

export function isSamePlace(one: Place, other: Place): boolean {
  return one.kind === other.kind && one.id === other.id;
}

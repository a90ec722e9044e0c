import type { PlaceRecord, SentCard } from "../workflow/ports.ts";

/** The cards that are remembered of a request: only a click on one of them can be a vote. */
export function sentCards(known: readonly PlaceRecord[]): readonly SentCard[] {
  return known.flatMap((one) => (one.kind === "standing" && one.card ? one.card : []));
}

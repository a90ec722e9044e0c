import type { PlaceRecord } from "../workflow/ports.ts";
import { belongsTo, type CardPlace } from "./card-place.ts";

/**
 * Where a click came from among all cards of its request: from one that is remembered, from another message in a channel
 * where one stands, or from anywhere else.
 */
export function placeAmong(
  click: { readonly conversation: CardPlace },
  known: readonly PlaceRecord[],
): ReturnType<typeof belongsTo> {
  const cards = known.flatMap((one) => (one.kind === "standing" && one.card ? one.card : []));
  const places = cards.map((card) => belongsTo(click, card));
  if (places.includes("same-card")) return "same-card";
  return places.includes("stale-copy") ? "stale-copy" : "foreign";
}

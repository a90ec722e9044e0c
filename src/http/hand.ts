import type { Clock } from "../workflow/ports.ts";
import type { Hand } from "../workflow/record.ts";
import type { Call } from "./route.ts";

/** The caller of the API as the record names who acts. */
export function handOf(
  { caller: { objectId, tenantId, name }, correlation }: Pick<Call, "caller" | "correlation">,
  { clock }: { readonly clock: Clock },
): Hand {
  return { who: { kind: "person", objectId, tenantId, name }, door: "api", correlation, clock };
}

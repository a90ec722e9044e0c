import { readSubscriptionId } from "../intake/consumer.ts";
import type { Parsed } from "../intake/fault.ts";
import type { Consumer } from "../workflow/ports.ts";
import { details } from "./print.ts";
import { onlyOne } from "./read-arguments.ts";
import { Refusal } from "./verb.ts";

export function formatConsumer({ subscriptionId, name, tier, tenantId, tags }: Consumer): string {
  return details([
    ["subscription", subscriptionId],
    ["name", name ?? "-"],
    ["tier", tier ?? "-"],
    ["tenant", tenantId ?? "-"],
    ["tags", formatTags(tags)],
  ]);
}

export function formatTags(tags: Consumer["tags"]): string {
  const pairs = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "-" : pairs.sort().join(", ");
}

/** The subscription that a verb is about. */
export function subscriptionIn(positionals: readonly string[]): string {
  return orRefuse(readSubscriptionId(onlyOne(positionals, "ID")), (problem) => problem.replace(/^input:/, "ID"));
}

export function orRefuse<T>(parsed: Parsed<T>, worded: (problem: string) => string): T {
  if (!parsed.ok) throw new Refusal(worded(parsed.problem));
  return parsed.value;
}

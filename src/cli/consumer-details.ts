import { readSubscriptionId } from "../intake/consumer.ts";
import type { Consumer } from "../workflow/ports.ts";
import { details } from "./print.ts";
import { onlyOne } from "./read-arguments.ts";
import { Refusal } from "./verb.ts";

export function formatConsumer({ subscriptionId, name, tier, tenantId, tags, owners }: Consumer): string {
  return details([
    ["subscription", subscriptionId],
    ["name", name ?? "-"],
    ["tier", tier ?? "-"],
    ["tenant", tenantId ?? "-"],
    ["tags", formatTags(tags)],
    ["owners", owners.join(", ") || "-"],
  ]);
}

export function formatTags(tags: Consumer["tags"]): string {
  const pairs = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "-" : pairs.sort().join(", ");
}

/** The subscription that a verb is about. */
export function subscriptionIn(positionals: readonly string[]): string {
  const given = onlyOne(positionals, "ID");
  const read = readSubscriptionId(given);
  if (!read.ok) throw new Refusal(`ID is the id of a subscription; ${JSON.stringify(given)} is not`);
  return read.value;
}

import * as z from "zod";
import { parseServiceId } from "../connection/arm-id.ts";
import type { InventoryItem } from "../workflow/ports.ts";

/**
 * Every Private Link Service of the asked subscriptions with its connections: one query for thousands of services, on a
 * quota of its own (azure.md 6). The connections come as they are: `mv-expand` would leave out rows beyond its limit.
 * The local Resource Graph knows exactly this text.
 */
export const connectionsByServiceQuery = `resources
| where type == "microsoft.network/privatelinkservices"
| project id, location, alias = properties.alias, provisioningState = properties.provisioningState,
  autoApproval = properties.autoApproval.subscriptions, visibility = properties.visibility.subscriptions,
  natIps = array_length(properties.ipConfigurations), connections = properties.privateEndpointConnections
| order by id asc`;

/** The subscriptions that the identity sees at all: one without a service is told from one that cannot be read. */
export const visibleSubscriptionsQuery = `resourcecontainers
| where type == "microsoft.resources/subscriptions"
| project subscriptionId
| order by subscriptionId asc`;

const text = z.string().nullish().catch(null);
const texts = z.array(z.string()).nullish().catch(null);
const rowSchema = z.object({
  id: z.string(),
  location: text,
  alias: text,
  provisioningState: text,
  autoApproval: texts,
  visibility: texts,
  natIps: z.number().nullish().catch(null),
  connections: z.array(z.unknown()).nullish(),
});
const subscriptionSchema = z.object({ subscriptionId: z.string() });

/** A row that does not look like a service is left out: the inventory only ever causes a look. */
export function toItem(row: unknown): readonly InventoryItem[] {
  const parsed = rowSchema.safeParse(row);
  const ref = parsed.success ? parseServiceId(parsed.data.id) : undefined;
  if (!parsed.success || !ref) return [];
  const { location, alias, provisioningState, autoApproval, visibility, natIps, connections } = parsed.data;
  return [
    {
      ref,
      region: location ?? null,
      alias: alias ?? null,
      provisioningState: provisioningState ?? null,
      autoApproval: autoApproval ?? [],
      visibility: visibility ?? [],
      natIps: natIps ?? null,
      connections: (connections ?? []).map(toConnection),
    },
  ];
}

/** The subscription of a row, in lower case. */
export function toSubscription(row: unknown): readonly string[] {
  const parsed = subscriptionSchema.safeParse(row);
  return parsed.success ? [parsed.data.subscriptionId.toLowerCase()] : [];
}

/** By hand and not by schema: an inventory of ten thousand services has a hundred thousand of these. */
function toConnection(connection: unknown): InventoryItem["connections"][number] {
  const id = member(connection, "id");
  const state = member(member(connection, "properties"), "privateLinkServiceConnectionState");
  const status = member(state, "status") ?? "(none)";
  // An unreadable connection still counts: it makes the digest differ, and the look at ARM tells what it is.
  if (typeof id !== "string" || typeof status !== "string" || state === undefined) {
    return typeof id === "string" && state === undefined ? { id, status: "(none)" } : unreadable;
  }
  return { id, status };
}

const unreadable = { id: "(unreadable)", status: "(none)" } as const;

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (Reflect.get(value, name) ?? undefined) : undefined;
}

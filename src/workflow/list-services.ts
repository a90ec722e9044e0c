import type { InventoryItem, Ports } from "./ports.ts";

/** A Private Link Service as `GET /services` shows it. */
export type ServiceLine = {
  readonly id: string;
  readonly name: string;
  readonly region: string | null;
  readonly alias: string | null;
  readonly provisioningState: string | null;
  readonly connections: Readonly<Record<string, number>>;
  readonly natIps: number | null;
  readonly autoApproval: readonly string[];
  readonly visibility: readonly string[];
  /** What an operator should know: ways past plgate that are open, and a sweep that has not come by yet. */
  readonly remarks: readonly string[];
  readonly lastReviewedAt: string | null;
};

/** The watched services with their connections by state; from the inventory, so it may lag behind ARM. */
export async function listServices(ports: Pick<Ports, "finder" | "watch">): Promise<{
  readonly services: readonly ServiceLine[];
  readonly unreadable: readonly { subscriptionId: string; reason: string }[];
}> {
  const [inventory, watched] = await Promise.all([ports.finder.list(), ports.watch.list()]);
  const reviewed = new Map(watched.map(({ ref, lastReviewedAt }) => [ref.id as string, lastReviewedAt]));
  const services = inventory.items.map((item) => lineOf(item, reviewed.get(item.ref.id) ?? null));
  return { services, unreadable: [...inventory.unreadable] };
}

function lineOf(item: InventoryItem, lastReviewedAt: Date | null): ServiceLine {
  const counts: Record<string, number> = {};
  for (const { status } of item.connections) counts[status] = (counts[status] ?? 0) + 1;
  return {
    id: item.ref.id,
    name: item.ref.name,
    region: item.region,
    alias: item.alias,
    provisioningState: item.provisioningState,
    connections: counts,
    natIps: item.natIps,
    autoApproval: item.autoApproval,
    visibility: item.visibility,
    remarks: remarks(item),
    lastReviewedAt: lastReviewedAt?.toISOString() ?? null,
  };
}

function remarks(item: InventoryItem): readonly string[] {
  const found: string[] = [];
  if (item.autoApproval.length > 0)
    found.push(`autoApproval lets ${item.autoApproval.length} subscription(s) in past every policy`);
  if (item.visibility.includes("*")) found.push("anyone with the alias may ask for a connection");
  return found;
}

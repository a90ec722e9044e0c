import type { FindingKind } from "../ledger/standing-finding.ts";
import { serviceKey } from "../requests/request-id.ts";
import type { InventoryItem, Ports, WatchedService } from "./ports.ts";
import { hasFindings } from "./seen-digest.ts";
import { type Share, sharesOf } from "./shares.ts";

/** What stands at a service beside requests (docs/drift.md), all of one kind together. */
export type FoundLine = {
  readonly kind: FindingKind;
  readonly count: number;
  /** Of the oldest of them: since when, and what it says. */
  readonly since: string;
  readonly what: string;
};

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
  /** How much of Azure's limits is used; NAT ports are not in the inventory, and are told of in `findings` alone. */
  readonly shares: readonly Share[];
  readonly findings: readonly FoundLine[];
  readonly lastReviewedAt: string | null;
};

const readsAtOnce = 16;

/**
 * The watched services with their connections by state; from the inventory, so it may lag behind ARM. What was found is read from
 * the ledger, and only for services where the last review says that there is something.
 */
export async function listServices(ports: Pick<Ports, "finder" | "watch" | "ledger">): Promise<{
  readonly services: readonly ServiceLine[];
  readonly unreadable: readonly { subscriptionId: string; reason: string }[];
}> {
  const [inventory, watched] = await Promise.all([ports.finder.list(), ports.watch.list()]);
  const known = new Map(watched.map((service) => [service.ref.id as string, service]));
  const services: ServiceLine[] = [];
  for (let at = 0; at < inventory.items.length; at += readsAtOnce) {
    const some = inventory.items.slice(at, at + readsAtOnce);
    services.push(...(await Promise.all(some.map((item) => lineOf(item, known.get(item.ref.id), ports)))));
  }
  return { services, unreadable: [...inventory.unreadable] };
}

async function lineOf(
  item: InventoryItem,
  watched: WatchedService | undefined,
  ports: Pick<Ports, "ledger">,
): Promise<ServiceLine> {
  const findings = watched?.digest && hasFindings(watched.digest) ? await findingsAt(item, ports) : [];
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
    shares: sharesOf({ ...item, connections: item.connections.length, natPorts: undefined }),
    findings,
    lastReviewedAt: watched?.lastReviewedAt?.toISOString() ?? null,
  };
}

async function findingsAt({ ref }: InventoryItem, { ledger }: Pick<Ports, "ledger">): Promise<readonly FoundLine[]> {
  const { findings } = await ledger.unsettled(serviceKey(ref.id));
  const sorted = findings.toSorted((one, other) => Date.parse(one.since) - Date.parse(other.since));
  return [...Map.groupBy(sorted, ({ kind }) => kind)].flatMap(([kind, [oldest, ...others]]) =>
    oldest ? [{ kind, count: others.length + 1, since: oldest.since, what: oldest.what }] : [],
  );
}

function remarks(item: InventoryItem): readonly string[] {
  const found: string[] = [];
  if (item.autoApproval.length > 0)
    found.push(`autoApproval lets ${item.autoApproval.length} subscription(s) in past every policy`);
  if (item.visibility.includes("*")) found.push("anyone with the alias may ask for a connection");
  return found;
}

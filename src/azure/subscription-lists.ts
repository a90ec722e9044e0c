import { messageOf } from "../runtime/errors.ts";
import type { Inventory, InventoryItem } from "../workflow/ports.ts";
import { classifyArmFault } from "./arm-errors.ts";
import { toItem } from "./inventory-rows.ts";
import type { NetworkClients } from "./private-link.ts";

type Known = { readonly at: number; readonly services: number; readonly reason: string | undefined };

const callMs = 30_000;
const atOnce = 8;
const minuteMs = 60_000;
/** How long an answer of ARM about a subscription without services in Resource Graph is taken for true. */
const keptMs = { unreadable: 10 * minuteMs, unseen: 15 * minuteMs, seen: 6 * 60 * minuteMs } as const;

/**
 * Lists services of subscriptions through ARM, a few at a time; one that fails is told with its reason and stops no other.
 * Remembers what ARM said, so that subscriptions without services are not listed at each sweep.
 */
export class SubscriptionLists {
  readonly #clients: NetworkClients;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  constructor(clients: NetworkClients, now: () => number = () => Date.now()) {
    this.#clients = clients;
    this.#now = now;
  }

  /**
   * Whether ARM has to be asked (again) about a subscription of which Resource Graph shows no service. `seen`: Resource Graph
   * shows the subscription itself, so the identity has rights there, and new services will show up by themselves.
   */
  isDue(subscriptionId: string, seen: boolean): boolean {
    const known = this.#known.get(subscriptionId);
    if (!known) return true;
    // ARM has services that Resource Graph does not show: then ARM is the only one to tell of them.
    if (known.services > 0) return true;
    const kept = known.reason === undefined ? keptMs[seen ? "seen" : "unseen"] : keptMs.unreadable;
    return this.#now() - known.at >= kept * (1 - spread(subscriptionId));
  }

  /** Why ARM would not list the subscription when it was asked last; undefined when it did. */
  reason(subscriptionId: string): string | undefined {
    return this.#known.get(subscriptionId)?.reason;
  }

  /** Lists the subscriptions until `deadline`; those that are not reached by then are told as unreadable. */
  async list(subscriptions: readonly string[], deadline: number): Promise<Inventory> {
    const lists: Inventory[] = [];
    let next = 0;
    const lane = async () => {
      for (let at = next++; at < subscriptions.length; at = next++) {
        const subscription = subscriptions[at];
        if (subscription !== undefined) lists.push(await this.#inTime(subscription, deadline));
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, subscriptions.length) }, lane));
    return { items: lists.flatMap(({ items }) => items), unreadable: lists.flatMap(({ unreadable }) => unreadable) };
  }

  async #inTime(subscriptionId: string, deadline: number): Promise<Inventory> {
    const left = deadline - this.#now();
    if (left <= 0) return { items: [], unreadable: [{ subscriptionId, reason: "there was no time left to list it" }] };
    const list = await this.#listOne(subscriptionId, Math.min(left, callMs));
    const reason = list.unreadable[0]?.reason;
    this.#known.set(subscriptionId, { at: this.#now(), services: list.items.length, reason });
    return list;
  }

  async #listOne(subscriptionId: string, ms: number): Promise<Inventory> {
    const items: InventoryItem[] = [];
    try {
      const client = await this.#clients(subscriptionId);
      const pages = client.privateLinkServices.listBySubscription({ abortSignal: AbortSignal.timeout(ms) });
      for await (const service of pages) {
        const connections = (service.privateEndpointConnections ?? []).map(
          ({ id, privateLinkServiceConnectionState }) => ({ id, properties: { privateLinkServiceConnectionState } }),
        );
        items.push(
          ...toItem({
            ...service,
            autoApproval: service.autoApproval?.subscriptions,
            visibility: service.visibility?.subscriptions,
            natIps: service.ipConfigurations?.length,
            connections,
          }),
        );
      }
      return { items, unreadable: [] };
    } catch (error) {
      // What was listed before the fault counts for nothing: the rest would look vanished.
      return { items: [], unreadable: [{ subscriptionId, reason: reasonOf(error) }] };
    }
  }
}

/** A part below a quarter, the same for a subscription at all times: those first asked together are not asked again together. */
function spread(subscriptionId: string): number {
  return (Number.parseInt(subscriptionId.replaceAll("-", "").slice(-4), 16) || 0) / 0x1_0000 / 4;
}

/** The client's own sentence about a failed page names a number only; the code says what an operator has to look for. */
function reasonOf(error: unknown): string {
  const fault = classifyArmFault(error);
  return fault.kind === "refused" ? `${fault.code}: ${fault.message}` : fault.message || messageOf(error);
}

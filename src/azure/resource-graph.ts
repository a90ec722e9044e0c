import { messageOf } from "../runtime/errors.ts";
import type { Inventory, InventoryItem, ServiceFinder } from "../workflow/ports.ts";
import { type Graph, GraphPages } from "./graph-pages.ts";
import { connectionsByServiceQuery, toItem, toSubscription, visibleSubscriptionsQuery } from "./inventory-rows.ts";
import type { NetworkClients } from "./private-link.ts";
import { SubscriptionLists } from "./subscription-lists.ts";

/** A list ends well before the function that asks for it has to (host.json, functionTimeout). */
const listMs = 90_000;
/** Subscriptions that are seen and empty are checked through ARM some at a time: nobody waits for it. */
const checksAtOnce = 20;

type Found = {
  readonly items: Map<string, InventoryItem>;
  readonly unread: readonly string[];
  readonly trouble?: string;
};
type Due = { readonly subscriptions: readonly string[]; readonly trouble?: string };
type Seen = { readonly seen: ReadonlySet<string>; readonly trouble?: string };

/**
 * Finds services by Resource Graph; what it cannot tell is listed through ARM.
 *
 * Resource Graph leaves out what the identity cannot read without a word. So a subscription without services is looked up
 * among those that the identity sees; one that is not seen is listed through ARM, which says why it cannot be read. The answer
 * is kept for some minutes, and one that is seen is checked a few times a day: empty subscriptions cost no call each.
 */
export class GraphServiceFinder implements ServiceFinder {
  readonly #pages: GraphPages;
  readonly #lists: SubscriptionLists;
  readonly #subscriptions: readonly string[];
  readonly #now: () => number;

  constructor(
    graph: Graph,
    clients: NetworkClients,
    subscriptions: readonly string[],
    now: () => number = () => Date.now(),
  ) {
    this.#pages = new GraphPages(graph, now);
    this.#lists = new SubscriptionLists(clients, now);
    this.#subscriptions = subscriptions;
    this.#now = now;
  }

  async list(only?: readonly string[]): Promise<Inventory> {
    const deadline = this.#now() + listMs;
    if (only) return this.#lists.list(only, deadline);
    const { items, unread, trouble } = await this.#fromGraph(deadline);
    const shown = new Set([...items.values()].map(({ ref }) => ref.subscriptionId));
    const skipped = new Set(unread);
    const empty = this.#subscriptions.filter((one) => !shown.has(one) && !skipped.has(one));
    const checks = await this.#toCheck(empty, deadline);
    const due = [...unread, ...checks.subscriptions];
    const listed = await this.#lists.list(due, deadline);
    for (const item of listed.items) items.set(item.ref.id, item);
    const said = trouble ?? checks.trouble;
    return {
      items: [...items.values()],
      unreadable: [...listed.unreadable, ...this.#knownUnreadable(empty, new Set(due))],
      ...(said === undefined ? {} : { trouble: said }),
    };
  }

  /** Services as Resource Graph shows them; when it fails midway, `unread` are the subscriptions that it may not have shown whole. */
  async #fromGraph(deadline: number): Promise<Found> {
    // One service may stand on two pages when others came or went between them.
    const items = new Map<string, InventoryItem>();
    try {
      for await (const rows of this.#pages.pages(connectionsByServiceQuery, this.#subscriptions, deadline)) {
        for (const item of rows.flatMap(toItem)) items.set(item.ref.id, item);
      }
      return { items, unread: [] };
    } catch (error) {
      // The list through ARM is slower but complete, and it says itself what cannot be read. A subscription whose services
      // were shown in part would look as if the others had vanished, so none that is not surely whole is taken.
      const trouble = `Resource Graph does not answer: ${messageOf(error)}`;
      return { items: new Map(), unread: this.#subscriptions, trouble };
    }
  }

  async #toCheck(empty: readonly string[], deadline: number): Promise<Due> {
    if (empty.length === 0) return { subscriptions: [] };
    const { seen, ...rest } = await this.#visible(empty, deadline);
    const due = empty.filter((one) => this.#lists.isDue(one, seen.has(one)));
    const checks = due.filter((one) => seen.has(one)).slice(0, checksAtOnce);
    return { subscriptions: [...due.filter((one) => !seen.has(one)), ...checks], ...rest };
  }

  async #visible(subscriptions: readonly string[], deadline: number): Promise<Seen> {
    const seen = new Set<string>();
    try {
      for await (const rows of this.#pages.pages(visibleSubscriptionsQuery, subscriptions, deadline)) {
        for (const subscription of rows.flatMap(toSubscription)) seen.add(subscription);
      }
      return { seen };
    } catch (error) {
      // Then all count as not seen, and ARM is asked: slower, and as sure.
      return { seen: new Set(), trouble: `Resource Graph does not tell its subscriptions: ${messageOf(error)}` };
    }
  }

  #knownUnreadable(empty: readonly string[], asked: ReadonlySet<string>): Inventory["unreadable"] {
    return empty.flatMap((subscriptionId) => {
      const reason = asked.has(subscriptionId) ? undefined : this.#lists.reason(subscriptionId);
      return reason === undefined ? [] : [{ subscriptionId, reason }];
    });
  }
}

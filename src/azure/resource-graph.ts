import type { ResourceGraphClient } from "@azure/arm-resourcegraph";
import { z } from "zod";
import { parseServiceId } from "../connection/arm-id.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Inventory, InventoryItem, ServiceFinder } from "../workflow/ports.ts";
import { classifyArmFault } from "./arm-errors.ts";
import type { NetworkClients } from "./private-link.ts";

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
const connectionSchema = z.object({
  id: z.string(),
  properties: z.object({ privateLinkServiceConnectionState: z.object({ status: z.string().nullish() }).nullish() }),
});

const callMs = 30_000;
const pageSize = 1000;

/**
 * Finds services by Resource Graph; a subscription that it does not show, or a failing query, is listed through ARM.
 * Resource Graph leaves out what the identity cannot read without a word, so ARM is asked to say why.
 */
export class GraphServiceFinder implements ServiceFinder {
  readonly #graph: () => Promise<Pick<ResourceGraphClient, "resources">>;
  readonly #clients: NetworkClients;
  readonly #subscriptions: readonly string[];

  constructor(
    graph: () => Promise<Pick<ResourceGraphClient, "resources">>,
    clients: NetworkClients,
    subscriptions: readonly string[],
  ) {
    this.#graph = graph;
    this.#clients = clients;
    this.#subscriptions = subscriptions;
  }

  async list(): Promise<Inventory> {
    const { items, trouble } = await this.#fromGraph();
    const shown = new Set(items.map(({ ref }) => ref.subscriptionId));
    const missing = this.#subscriptions.filter((subscription) => !shown.has(subscription));
    const listed = await Promise.all(missing.map((subscription) => this.#fromArm(subscription)));
    return {
      items: [...items, ...listed.flatMap((list) => list.items)],
      unreadable: listed.flatMap((list) => list.unreadable),
      ...(trouble ? { trouble } : {}),
    };
  }

  async #fromGraph(): Promise<{ readonly items: readonly InventoryItem[]; readonly trouble?: string }> {
    try {
      const items: InventoryItem[] = [];
      let skipToken: string | undefined;
      do {
        const page = await this.#page(skipToken);
        items.push(...page.items);
        skipToken = page.skipToken;
      } while (skipToken);
      return { items };
    } catch (error) {
      // The list through ARM is slower but complete, and it says itself what cannot be read.
      return { items: [], trouble: `Resource Graph does not answer: ${messageOf(error)}` };
    }
  }

  async #page(
    skipToken: string | undefined,
  ): Promise<{ readonly items: readonly InventoryItem[]; readonly skipToken: string | undefined }> {
    const graph = await this.#graph();
    const answer = await graph.resources(
      {
        query: connectionsByServiceQuery,
        subscriptions: [...this.#subscriptions],
        options: { top: pageSize, resultFormat: "objectArray", ...(skipToken ? { skipToken } : {}) },
      },
      { abortSignal: AbortSignal.timeout(callMs) },
    );
    const rows = z.array(z.unknown()).parse(answer.data);
    return { items: rows.flatMap(toItem), skipToken: answer.skipToken };
  }

  async #fromArm(subscriptionId: string): Promise<Inventory> {
    const items: InventoryItem[] = [];
    try {
      const client = await this.#clients(subscriptionId);
      const pages = client.privateLinkServices.listBySubscription({ abortSignal: AbortSignal.timeout(callMs) });
      for await (const service of pages) {
        const connections = (service.privateEndpointConnections ?? []).map(
          ({ id, privateLinkServiceConnectionState }) => ({
            id,
            properties: { privateLinkServiceConnectionState },
          }),
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
      return { items: [], unreadable: [{ subscriptionId, reason: reasonOf(error) }] };
    }
  }
}

/** The client's own sentence about a failed page names a number only; the code says what an operator has to look for. */
function reasonOf(error: unknown): string {
  const fault = classifyArmFault(error);
  return fault.kind === "refused" ? `${fault.code}: ${fault.message}` : fault.message;
}

/** A row that does not look like a service is left out: the inventory only ever causes a look. */
function toItem(row: unknown): readonly InventoryItem[] {
  const parsed = rowSchema.safeParse(row);
  const ref = parsed.success ? parseServiceId(parsed.data.id) : undefined;
  if (!parsed.success || !ref) return [];
  const connections = (parsed.data.connections ?? []).map((connection) => {
    const known = connectionSchema.safeParse(connection);
    // An unreadable connection still counts: it makes the digest differ, and the look at ARM tells what it is.
    if (!known.success) return { id: "(unreadable)", status: "(none)" };
    return { id: known.data.id, status: known.data.properties.privateLinkServiceConnectionState?.status ?? "(none)" };
  });
  const { location, alias, provisioningState, autoApproval, visibility, natIps } = parsed.data;
  return [
    {
      ref,
      region: location ?? null,
      alias: alias ?? null,
      provisioningState: provisioningState ?? null,
      autoApproval: autoApproval ?? [],
      visibility: visibility ?? [],
      natIps: natIps ?? null,
      connections,
    },
  ];
}

import { renderService } from "./render.ts";
import { keyOf } from "./resource-ids.ts";
import type { ArmService } from "./resources.ts";
import type { ArmSettings } from "./settings.ts";

/** A Private Link Service as a row of the table `resources`: types and provider in lower case, as Resource Graph has them. */
export type GraphService = ReturnType<typeof renderService> & {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
};

/** One query text that the local Resource Graph knows, and what it answers. There is no Kusto interpreter. */
export type GraphQuery = {
  readonly text: string;
  readonly evaluate: (services: readonly GraphService[]) => readonly object[];
};

export type ResourceGraph = {
  /** Says that a service was written or removed; Resource Graph learns of it `graph.lagMs` later. */
  noteChange(id: string, service: ArmService | undefined): void;
  /** The services as Resource Graph knows them at this moment. */
  services(): readonly ArmService[];
};

type Change = { readonly at: number; readonly id: string; readonly service: ArmService | undefined };

/** The view of Resource Graph: eventually the same as ARM's, never ahead of it (local-azure.md B.6). */
export function createResourceGraph(
  start: readonly ArmService[],
  settings: () => ArmSettings,
  now: () => Date,
): ResourceGraph {
  const known = new Map(start.map((service) => [keyOf(service.id), service]));
  const coming: Change[] = [];
  const catchUp = () => {
    const until = now().getTime() - settings()["graph.lagMs"];
    for (let next = coming[0]; next && next.at <= until; next = coming[0]) {
      coming.shift();
      if (next.service) known.set(keyOf(next.id), next.service);
      else known.delete(keyOf(next.id));
    }
  };
  return {
    noteChange(id, service) {
      // Keeps the backlog short where nobody asks.
      catchUp();
      coming.push({ at: now().getTime(), id, service });
    },
    services() {
      catchUp();
      return [...known.values()].toSorted((left, right) => (keyOf(left.id) < keyOf(right.id) ? -1 : 1));
    },
  };
}

export function graphRow(service: ArmService, settings: ArmSettings): GraphService {
  const body = renderService(service, false, settings);
  const { subscriptionId, resourceGroup } = service;
  return { ...body, type: body.type.toLowerCase(), subscriptionId, resourceGroup: resourceGroup.toLowerCase() };
}

/**
 * The answer to a query that projects, for each service, `id, subscriptionId, location, provisioningState` and `connections` as an
 * array of `{ id, status }`.
 */
export function connectionsByService(services: readonly GraphService[]): readonly object[] {
  return services.map(({ id, subscriptionId, location, properties }) => ({
    id,
    subscriptionId,
    location,
    provisioningState: properties.provisioningState,
    connections: properties.privateEndpointConnections.map((connection) => ({
      id: connection.id,
      status: connection.properties.privateLinkServiceConnectionState.status,
    })),
  }));
}

/** Query texts are compared without regard to white space. */
export function normalizedQuery(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

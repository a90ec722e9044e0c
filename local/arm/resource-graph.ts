import { renderService } from "./render.ts";
import { keyOf } from "./resource-ids.ts";
import type { ArmService, Subscription } from "./resources.ts";
import type { ArmSettings } from "./settings.ts";

/** A Private Link Service as a row of the table `resources`: types and provider in lower case, as Resource Graph has them. */
export type GraphService = ReturnType<typeof renderService> & {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
};

/** A subscription as a row of the table `resourcecontainers`. */
export type GraphSubscription = { readonly subscriptionId: string; readonly name: string; readonly tenantId: string };

/**
 * One query text that the local Resource Graph knows, and what it answers: one row for each service, or for each subscription, that
 * the caller sees. There is no Kusto interpreter.
 */
export type GraphQuery = { readonly text: string } & (
  | { readonly evaluate: (services: readonly GraphService[]) => readonly object[] }
  | { readonly evaluateSubscriptions: (subscriptions: readonly GraphSubscription[]) => readonly object[] }
);

export type ResourceGraph = {
  /** Says that a service was written or removed; Resource Graph learns of it `graph.lagMs` later. */
  noteChange(id: string, service: ArmService | undefined): void;
  /** Says that there is a new subscription; Resource Graph learns of it as late. */
  noteSubscription(subscription: Subscription): void;
  /** The services as Resource Graph knows them at this moment, by id. */
  services(): readonly ArmService[];
  /** The subscriptions as it knows them, by id. */
  subscriptions(): readonly Subscription[];
};

type Change = { readonly at: number; readonly apply: () => void };

/** The view of Resource Graph: eventually the same as ARM's, never ahead of it (local-azure.md B.6). */
export function createResourceGraph(
  start: { readonly services: readonly ArmService[]; readonly subscriptions: readonly Subscription[] },
  settings: () => ArmSettings,
  now: () => Date,
): ResourceGraph {
  const services = createSorted(start.services, ({ id }) => id);
  const subscriptions = createSorted(start.subscriptions, ({ id }) => id);
  const coming: Change[] = [];
  let done = 0;
  const catchUp = () => {
    const until = now().getTime() - settings()["graph.lagMs"];
    for (let next = coming[done]; next && next.at <= until; next = coming[done]) {
      next.apply();
      done += 1;
    }
    coming.splice(0, done);
    done = 0;
  };
  const later = (apply: () => void) => {
    // Keeps the backlog short where nobody asks.
    catchUp();
    coming.push({ at: now().getTime(), apply });
  };
  return {
    noteChange: (id, service) => later(() => (service ? services.put(service) : services.drop(id))),
    noteSubscription: (subscription) => later(() => subscriptions.put(subscription)),
    services() {
      catchUp();
      return services.all();
    },
    subscriptions() {
      catchUp();
      return subscriptions.all();
    },
  };
}

/** Things by id, given out in the order of ids; they are sorted anew only when one came or went. */
function createSorted<T>(start: readonly T[], idOf: (item: T) => string) {
  const known = new Map(start.map((item) => [keyOf(idOf(item)), item]));
  let order: readonly string[] | undefined;
  return {
    put(item: T): void {
      const key = keyOf(idOf(item));
      if (!known.has(key)) order = undefined;
      known.set(key, item);
    },
    drop(id: string): void {
      if (known.delete(keyOf(id))) order = undefined;
    },
    all(): readonly T[] {
      order ??= [...known.keys()].sort();
      return order.flatMap((key) => known.get(key) ?? []);
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

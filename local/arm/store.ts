import { connectionId, groupId, keyOf } from "./resource-ids.ts";
import type {
  ArmConnection,
  ArmEndpoint,
  ArmOperation,
  ArmService,
  ResourceGroup,
  RoleAssignment,
  Subscription,
} from "./resources.ts";

/** Everything the local ARM remembers, as plain JSON. */
export type Snapshot = {
  readonly subscriptions: readonly Subscription[];
  readonly resourceGroups: readonly ResourceGroup[];
  readonly roleAssignments: readonly RoleAssignment[];
  readonly services: readonly ArmService[];
  readonly endpoints: readonly ArmEndpoint[];
  readonly operations: readonly ArmOperation[];
  /** Ids of services that came from a seed: one that was deleted since does not come back with the next start. */
  readonly seeded: readonly string[];
};

export const emptySnapshot: Snapshot = {
  subscriptions: [],
  resourceGroups: [],
  roleAssignments: [],
  services: [],
  endpoints: [],
  operations: [],
  seeded: [],
};

/** A collection found by id, whatever the id's case. */
type Shelf<T> = {
  get(id: string): T | undefined;
  put(item: T): void;
  drop(id: string): void;
  all(): readonly T[];
};

export type Store = {
  readonly subscriptions: Shelf<Subscription>;
  readonly resourceGroups: Shelf<ResourceGroup>;
  readonly roleAssignments: Shelf<RoleAssignment>;
  readonly services: Shelf<ArmService>;
  readonly endpoints: Shelf<ArmEndpoint>;
  readonly operations: Shelf<ArmOperation>;
  readonly seeded: Shelf<string>;
  serviceByAlias(alias: string): ArmService | undefined;
  snapshot(): Snapshot;
};

export type StoreEvents = {
  /** After any change. */
  readonly onChange: () => void;
  /** After a service was written (`service`) or removed (undefined). */
  readonly onService: (id: string, service: ArmService | undefined) => void;
  /** After a subscription was registered. */
  readonly onSubscription: (subscription: Subscription) => void;
};

export function createStore(start: Snapshot, events: StoreEvents): Store {
  const shelf = <T>(items: readonly T[], id: (item: T) => string) => createShelf(items, id, events.onChange);
  const aliases = new Map(start.services.map((service) => [keyOf(service.alias), service.id]));
  const services = shelf(start.services, (service) => service.id);
  const subscriptions = shelf(start.subscriptions, (subscription) => subscription.id);
  const store: Store = {
    subscriptions: {
      ...subscriptions,
      put(subscription) {
        subscriptions.put(subscription);
        events.onSubscription(subscription);
      },
    },
    resourceGroups: shelf(start.resourceGroups, (group) => groupId(group.subscriptionId, group.name)),
    roleAssignments: shelf(start.roleAssignments, (role) => JSON.stringify(role)),
    endpoints: shelf(start.endpoints, (endpoint) => endpoint.id),
    operations: shelf(start.operations, (operation) => operation.id),
    seeded: shelf(start.seeded, (id) => id),
    services: {
      ...services,
      put(service) {
        services.put(service);
        aliases.set(keyOf(service.alias), service.id);
        events.onService(service.id, service);
      },
      drop(id) {
        services.drop(id);
        events.onService(id, undefined);
      },
    },
    serviceByAlias: (alias) => services.get(aliases.get(keyOf(alias)) ?? ""),
    snapshot: () => snapshotOf(store),
  };
  return store;
}

/** A connection of a service by name, whatever the name's case. */
export function findConnection(service: ArmService, name: string): ArmConnection | undefined {
  const wanted = keyOf(name);
  return service.connections.find((connection) => keyOf(connection.name) === wanted);
}

/** The service with one of its connections replaced, added, or (undefined) taken away. */
export function withConnection(service: ArmService, name: string, connection: ArmConnection | undefined): ArmService {
  const id = keyOf(connectionId(service.id, name));
  const isOther = (other: ArmConnection) => keyOf(connectionId(service.id, other.name)) !== id;
  if (!connection) return { ...service, connections: service.connections.filter(isOther) };
  if (!findConnection(service, name)) return { ...service, connections: [...service.connections, connection] };
  return { ...service, connections: service.connections.map((other) => (isOther(other) ? other : connection)) };
}

function createShelf<T>(items: readonly T[], id: (item: T) => string, onChange: () => void): Shelf<T> {
  const kept = new Map(items.map((item) => [keyOf(id(item)), item]));
  return {
    get: (wanted) => kept.get(keyOf(wanted)),
    put(item) {
      kept.set(keyOf(id(item)), item);
      onChange();
    },
    drop(wanted) {
      if (kept.delete(keyOf(wanted))) onChange();
    },
    all: () => [...kept.values()],
  };
}

function snapshotOf(store: Store): Snapshot {
  return {
    subscriptions: store.subscriptions.all(),
    resourceGroups: store.resourceGroups.all(),
    roleAssignments: store.roleAssignments.all(),
    services: store.services.all(),
    endpoints: store.endpoints.all(),
    operations: store.operations.all(),
    seeded: store.seeded.all(),
  };
}

import type { FinishedWrite } from "./finished-write.ts";
import { connectionId } from "./resource-ids.ts";
import type { ArmConnection, ArmEndpoint, ArmService, Effect, OperationFailure } from "./resources.ts";
import { inUse } from "./services.ts";
import { findConnection, withConnection } from "./store.ts";
import { type World, weakEtag } from "./world.ts";

/** How a long-running operation ended. */
export type Ending = {
  readonly failure?: OperationFailure;
  readonly body?: object;
  /** The connection that a consumer's write has made, changed or removed. */
  readonly target?: FinishedWrite["target"];
};

type Target = NonNullable<FinishedWrite["target"]>;

/** Does what an operation was accepted for, or fails as the state of now demands. */
export function takeEffect(effect: Effect, world: World): Ending {
  switch (effect.kind) {
    case "answer":
      return { body: effect.body };
    case "service-written":
      return settleService(effect.serviceId, "Succeeded", world);
    case "service-deleted":
      return dropService(effect.serviceId, world);
    case "connection-deleted":
      return dropConnection(effect.serviceId, effect.name, world);
    case "endpoint-written":
      return writeEndpoint(effect, world);
    case "endpoint-deleted":
      return dropEndpoint(effect.endpointId, world);
  }
}

/** Ends an operation as a failure: the written resource is left `Failed` (local-azure.md B.5 rule 3). */
export function failEffect(effect: Effect, failure: OperationFailure, world: World): Ending {
  if (effect.kind === "service-written" || effect.kind === "service-deleted") {
    settleService(effect.serviceId, "Failed", world);
  }
  if (effect.kind === "endpoint-written" || effect.kind === "endpoint-deleted") {
    const endpoint = world.store.endpoints.get(effect.endpointId);
    if (endpoint) world.store.endpoints.put({ ...endpoint, provisioningState: "Failed", etag: weakEtag(world) });
  }
  return { failure };
}

function settleService(id: string, provisioningState: "Succeeded" | "Failed", world: World): Ending {
  const service = world.store.services.get(id);
  if (service) world.store.services.put({ ...service, provisioningState, etag: weakEtag(world) });
  return {};
}

function dropService(id: string, world: World): Ending {
  const service = world.store.services.get(id);
  const blocked = service && inUse(service);
  // A consumer may have come in between acceptance and now.
  if (blocked) return failEffect({ kind: "service-deleted", serviceId: id }, blocked, world);
  world.store.services.drop(id);
  return {};
}

function dropConnection(serviceId: string, name: string, world: World): Ending {
  const service = world.store.services.get(serviceId);
  const connection = service && findConnection(service, name);
  if (!service || !connection) return {};
  putService({ ...withConnection(service, name, undefined) }, world);
  const endpoint = world.store.endpoints.get(connection.endpointId);
  if (endpoint?.link.connectionName === connection.name) {
    const { description, actionsRequired } = connection;
    world.store.endpoints.put({
      ...endpoint,
      etag: weakEtag(world),
      link: { ...endpoint.link, etag: weakEtag(world), detached: { description, actionsRequired } },
    });
  }
  return {};
}

function writeEndpoint(effect: Extract<Effect, { kind: "endpoint-written" }>, world: World): Ending {
  const endpoint = world.store.endpoints.get(effect.endpointId);
  if (!endpoint) return { failure: { code: "ResourceNotFound", message: `${effect.endpointId} was not found.` } };
  const service = world.store.services.get(endpoint.link.serviceId);
  if (effect.connect && (!service || service.provisioningState === "Deleting")) {
    const message = `Private link service id '${endpoint.link.target}' is invalid.`;
    return failEffect(effect, { code: "InvalidPrivateLinkServiceId", message }, world);
  }
  world.store.endpoints.put({ ...endpoint, provisioningState: "Succeeded", etag: weakEtag(world) });
  if (!service) return {};
  const before = findConnection(service, endpoint.link.connectionName);
  const after = effect.connect
    ? newConnection(endpoint, effect.connect, world)
    : before && consumerChange(before, endpoint, effect.reopen === true, world);
  if (!after || after === before) return {};
  const written = putService(withConnection(service, after.name, after), world);
  return { target: targetOf(written, after.name, before ? "updated" : "created", world) };
}

function newConnection(endpoint: ArmEndpoint, status: "Pending" | "Approved", world: World): ArmConnection {
  const { link } = endpoint;
  const isApproved = status === "Approved";
  return {
    name: link.connectionName,
    etag: weakEtag(world),
    endpointId: endpoint.id,
    endpointLocation: endpoint.location,
    status,
    // What Azure writes when it approves by itself is from memory [K].
    description: isApproved ? "Auto Approved" : (link.requestMessage ?? ""),
    actionsRequired: "None",
    linkIdentifier: link.linkIdentifier,
    approvedOnce: isApproved,
  };
}

/** While Pending, the description is the consumer's message, also after a change of it [P]. */
function consumerChange(
  connection: ArmConnection,
  endpoint: ArmEndpoint,
  reopen: boolean,
  world: World,
): ArmConnection {
  const description = endpoint.link.requestMessage ?? "";
  const reopens = reopen && connection.status === "Rejected";
  const rewrites = connection.status === "Pending" && connection.description !== description;
  if (!reopens && !rewrites) return connection;
  return { ...connection, status: "Pending", description, actionsRequired: "None", etag: weakEtag(world) };
}

function dropEndpoint(id: string, world: World): Ending {
  const endpoint = world.store.endpoints.get(id);
  if (!endpoint) return {};
  world.store.endpoints.drop(id);
  const { serviceId, connectionName } = endpoint.link;
  const service = world.store.services.get(serviceId);
  if (!service || !findConnection(service, connectionName)) return {};
  const written = putService(withConnection(service, connectionName, undefined), world);
  return { target: targetOf(written, connectionName, "deleted", world) };
}

/** A change of its connections changes the service's etag as well [P]. */
function putService(service: ArmService, world: World): ArmService {
  const written = { ...service, etag: weakEtag(world) };
  world.store.services.put(written);
  return written;
}

function targetOf(service: ArmService, name: string, change: Target["change"], world: World): Target {
  const { id, subscriptionId, location, tags = {} } = service;
  return {
    serviceId: id,
    connectionId: connectionId(id, name),
    subscriptionId,
    tenantId: world.store.subscriptions.get(subscriptionId)?.tenantId ?? "",
    change,
    service: { location, tags },
  };
}

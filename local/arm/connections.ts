import { acceptedWrite, finishedWrite } from "./accepted-write.ts";
import { ArmError, badRequest, invalidBody, resourceNotFound } from "./arm-error.ts";
import { pollingHeaders, startOperation } from "./operations.ts";
import { renderConnection } from "./render.ts";
import { connectionId, isSameId } from "./resource-ids.ts";
import type { ArmConnection } from "./resources.ts";
import { existingService, serviceIdOf } from "./services.ts";
import { findConnection, withConnection } from "./store.ts";
import { providerMove } from "./transitions.ts";
import { type Answer, type ArmCall, checkIfMatch, pageOf, param, type World, weakEtag } from "./world.ts";

const type = "privateLinkServices/privateEndpointConnections";

type ConnectionForm = {
  readonly name?: string;
  readonly properties: {
    readonly privateEndpoint?: unknown;
    readonly privateLinkServiceConnectionState: {
      readonly status?: string;
      readonly description?: string;
      readonly actionsRequired?: string;
    };
  };
};

/** GET the connections of a service. */
export function listConnections(call: ArmCall, world: World): Answer {
  const service = existingService(call, world);
  return pageOf(call, world, service.connections, (one) => renderConnection(service, one, world.settings()));
}

/** GET one connection. */
export function getConnection(call: ArmCall, world: World): Answer {
  const service = existingService(call, world);
  const connection = findConnection(service, param(call, "c"));
  if (!connection) {
    const id = connectionId(`privateLinkServices/${service.name}`, param(call, "c"));
    throw resourceNotFound(`Microsoft.Network/${id}`, world.settings()["notFound.childCode"]);
  }
  return { status: 200, body: renderConnection(service, connection, world.settings()) };
}

/**
 * PUT a connection: the provider's word on it, synchronous, always 200.
 *
 * Takes status, description and actions, and nothing else; the description overwrites the consumer's message for good.
 */
export function putConnection(call: ArmCall, world: World): Answer {
  const service = existingService(call, world);
  const connection = findConnection(service, param(call, "c"));
  if (!connection) throw cannotBeCreated(call);
  checkIfMatch(call, world, connection.etag);
  // The table of body shapes has checked this body field by field.
  const form = call.body as ConnectionForm;
  checkForm(form, connection, world);
  const decided = decide(connection, form, world);
  const written = { ...withConnection(service, connection.name, decided), etag: weakEtag(world) };
  world.store.services.put(written);
  const resourceId = connectionId(service.id, connection.name);
  const write = acceptedWrite(call, world, { resourceId, type, created: false });
  return {
    status: 200,
    body: renderConnection(written, decided, world.settings()),
    write: finishedWrite(write, world, { succeeded: true }),
  };
}

/** DELETE a connection: long-running, 204 when it is not there. It leaves the list; its consumer sees Disconnected. */
export function deleteConnection(call: ArmCall, world: World): Answer {
  const service = world.store.services.get(serviceIdOf(call));
  const connection = service && findConnection(service, param(call, "c"));
  if (!service || !connection) return { status: 204 };
  checkIfMatch(call, world, connection.etag);
  const resourceId = connectionId(service.id, connection.name);
  const operation = startOperation(call, world, {
    location: service.location,
    effect: { kind: "connection-deleted", serviceId: service.id, name: connection.name },
    lock: service.id,
    write: acceptedWrite(call, world, { resourceId, type, created: false }),
  });
  return { status: 202, headers: pollingHeaders(call, world, operation, true), operation };
}

function checkForm(form: ConnectionForm, connection: ArmConnection, world: World): void {
  if (form.name !== undefined && !isSameId(form.name, connection.name)) {
    throw invalidBody([`The name '${form.name}' in the body differs from '${connection.name}' in the path.`]);
  }
  if (form.properties.privateLinkServiceConnectionState.status === undefined) {
    throw invalidBody(["$.properties.privateLinkServiceConnectionState.status is missing."]);
  }
  if (world.settings()["connections.requirePrivateEndpoint"] && form.properties.privateEndpoint === undefined) {
    // The code is from memory [K]; that such policies exist in the field is documented (azure.md 4.6).
    const message = `Resource '${connection.name}' was disallowed by policy: the request does not name the private endpoint.`;
    throw new ArmError(403, "RequestDisallowedByPolicy", message);
  }
}

function decide(connection: ArmConnection, form: ConnectionForm, world: World): ArmConnection {
  const { status = "", description = "", actionsRequired = "None" } = form.properties.privateLinkServiceConnectionState;
  const move = providerMove(connection.status, status, world.settings());
  if (move.kind === "refused") throw badRequest(move.code, move.message);
  return {
    ...connection,
    etag: weakEtag(world),
    status: move.status,
    description,
    actionsRequired,
    approvedOnce: connection.approvedOnce || move.status === "Approved",
  };
}

function cannotBeCreated(call: ArmCall): ArmError {
  const code = "PrivateEndpointConnectionCannotBeCreatedByServiceProvider";
  return badRequest(code, `Private endpoint connection ${param(call, "c")} cannot be created by the service provider.`);
}

import { acceptedWrite } from "./accepted-write.ts";
import { badRequest, resourceNotFound } from "./arm-error.ts";
import { type AskedLink, checkEndpointForm, type EndpointForm, readLink } from "./endpoint-form.ts";
import { firstStatus, reachableTarget } from "./link-target.ts";
import { pollingHeaders, startOperation } from "./operations.ts";
import { linkState, renderEndpoint } from "./render.ts";
import {
  groupId,
  isSameId,
  keyOf,
  networkInterfaceId,
  type ResourcePlace,
  regionName,
  resourceId,
} from "./resource-ids.ts";
import type { ArmEndpoint, ArmService, Effect, EndpointLink } from "./resources.ts";
import { findConnection } from "./store.ts";
import { consumerMove } from "./transitions.ts";
import {
  type Answer,
  type ArmCall,
  checkIfMatch,
  checkSameLocation,
  pageOf,
  param,
  placeOf,
  spelledPlace,
  type World,
  weakEtag,
} from "./world.ts";

const type = "privateEndpoints";
const readAction = "Microsoft.Network/privateEndpoints/read";

/** GET one endpoint. */
export function getEndpoint(call: ArmCall, world: World): Answer {
  const endpoint = world.store.endpoints.get(endpointIdOf(call));
  if (!endpoint) throw resourceNotFound(`Microsoft.Network/privateEndpoints/${param(call, "n")}`);
  return { status: 200, body: render(endpoint, world) };
}

/** GET the endpoints of a resource group. */
export function listEndpoints(call: ArmCall, world: World): Answer {
  const group = keyOf(groupId(param(call, "s"), param(call, "rg")));
  const here = endpointsOf(call, world).filter(
    (one) => keyOf(groupId(one.subscriptionId, one.resourceGroup)) === group,
  );
  return pageOf(call, world, here, (endpoint) => render(endpoint, world));
}

/** GET the endpoints of a subscription; the caller sees those that the roles show. */
export function listEndpointsOfSubscription(call: ArmCall, world: World): Answer {
  const visible = endpointsOf(call, world).filter((endpoint) => world.mayDo(call.caller, readAction, endpoint.id));
  return pageOf(call, world, visible, (endpoint) => render(endpoint, world));
}

/**
 * PUT an endpoint: the only way in which a connection comes into being (local-azure.md B.3).
 * Long-running; 201 when it is new, 200 when it was there. The connection exists when the operation has ended.
 */
export function putEndpoint(call: ArmCall, world: World): Answer {
  const existing = world.store.endpoints.get(endpointIdOf(call));
  checkIfMatch(call, world, existing?.etag);
  // The table of body shapes has checked this body field by field.
  const form = call.body as EndpointForm;
  checkEndpointForm(form, param(call, "s"));
  const asked = readLink(form);
  const { endpoint, effect } =
    existing && !hasNeverConnected(existing, world)
      ? updated(form, asked, existing, world)
      : created(call, form, asked, world);
  world.store.endpoints.put(endpoint);
  const operation = startOperation(call, world, {
    location: endpoint.location,
    effect,
    lock: endpoint.id,
    write: acceptedWrite(call, world, { resourceId: endpoint.id, type, created: !existing }),
  });
  const headers = pollingHeaders(call, world, operation, false);
  return { status: existing ? 200 : 201, body: render(endpoint, world), headers, operation };
}

/** DELETE an endpoint: long-running, 204 when it is not there. Its connection leaves the provider's list with it. */
export function deleteEndpoint(call: ArmCall, world: World): Answer {
  const endpoint = world.store.endpoints.get(endpointIdOf(call));
  if (!endpoint) return { status: 204 };
  checkIfMatch(call, world, endpoint.etag);
  world.store.endpoints.put({ ...endpoint, provisioningState: "Deleting" });
  const operation = startOperation(call, world, {
    location: endpoint.location,
    effect: { kind: "endpoint-deleted", endpointId: endpoint.id },
    lock: endpoint.id,
    write: acceptedWrite(call, world, { resourceId: endpoint.id, type, created: false }),
  });
  return { status: 202, headers: pollingHeaders(call, world, operation, true), operation };
}

type Written = { readonly endpoint: ArmEndpoint; readonly effect: Effect };

function created(call: ArmCall, form: EndpointForm, asked: AskedLink, world: World): Written {
  const service = reachableTarget(call, asked.form.properties.privateLinkServiceId, world);
  checkRoom(service, world);
  const connect = firstStatus(call, service, asked, world);
  const place = spelledPlace(call, world);
  const { name, properties } = asked.form;
  const link: EndpointLink = {
    kind: asked.kind,
    name,
    etag: weakEtag(world),
    target: properties.privateLinkServiceId,
    serviceId: service.id,
    // Azure names the connection, and draws anew for each endpoint: one of the same name later is another connection.
    connectionName: `${place.name}.${world.newGuid()}`,
    linkIdentifier: world.newLinkIdentifier(),
    groupIds: properties.groupIds ?? [],
    ...message(asked),
  };
  const endpoint: ArmEndpoint = { ...identity(place, form, world), ...settable(form, world), link };
  return { endpoint, effect: { kind: "endpoint-written", endpointId: endpoint.id, connect } };
}

function updated(form: EndpointForm, asked: AskedLink, existing: ArmEndpoint, world: World): Written {
  checkSameLocation(existing.id, existing.location, regionName(form.location));
  checkUnchanged(form, asked, existing);
  const service = world.store.services.get(existing.link.serviceId);
  const wanted = asked.form.properties.privateLinkServiceConnectionState?.status;
  const move = consumerMove(linkState(existing.link, service).status, wanted);
  if (move.kind === "refused") throw badRequest(move.code, move.message);
  const { requestMessage: _, ...link } = existing.link;
  const { id, location, networkInterface, subscriptionId, resourceGroup, name } = existing;
  const endpoint: ArmEndpoint = {
    ...{ id, location, networkInterface, subscriptionId, resourceGroup, name },
    ...settable(form, world),
    link: { ...link, etag: weakEtag(world), groupIds: asked.form.properties.groupIds ?? [], ...message(asked) },
  };
  const reopen = move.kind === "reopened" ? ({ reopen: true } as const) : {};
  return { endpoint, effect: { kind: "endpoint-written", endpointId: endpoint.id, ...reopen } };
}

function identity(place: ResourcePlace, form: EndpointForm, world: World) {
  return {
    ...place,
    id: resourceId("privateEndpoints", place),
    location: regionName(form.location),
    networkInterface: networkInterfaceId(place, world.newGuid()),
  };
}

function settable(form: EndpointForm, world: World) {
  const { properties } = form;
  return {
    tags: form.tags ?? {},
    ...(form.extendedLocation ? { extendedLocation: form.extendedLocation } : {}),
    etag: weakEtag(world),
    provisioningState: "Updating" as const,
    subnetId: properties.subnet.id,
    ipVersionType: properties.ipVersionType ?? "IPv4",
    customNetworkInterfaceName: properties.customNetworkInterfaceName ?? "",
    ...(properties.billingSku === undefined ? {} : { billingSku: properties.billingSku }),
    ipConfigurations: (properties.ipConfigurations ?? []).map((address) => ({
      name: address.name,
      etag: weakEtag(world),
      properties: address.properties,
    })),
  };
}

function message({ form }: AskedLink) {
  const { requestMessage } = form.properties;
  return requestMessage === undefined ? {} : { requestMessage };
}

function checkRoom(service: ArmService, world: World): void {
  const limit = world.settings()["limits.connectionsPerService"];
  if (service.connections.length < limit) return;
  // The limit is documented, on an old page; the code is ours [P].
  const text = `Private link service ${service.id} has ${limit} private endpoints already, the most it can have.`;
  throw badRequest("PrivateLinkServiceEndpointLimitExceeded", text);
}

/** A first attempt that failed left an endpoint without a connection: the next PUT is a new first attempt. */
function hasNeverConnected({ provisioningState, link }: ArmEndpoint, world: World): boolean {
  const service = world.store.services.get(link.serviceId);
  const isConnected = service !== undefined && findConnection(service, link.connectionName) !== undefined;
  return provisioningState === "Failed" && !isConnected && link.detached === undefined;
}

/** An endpoint stays on its service, in its subnet and in its kind of request [P]: another one is another endpoint. */
function checkUnchanged(form: EndpointForm, asked: AskedLink, existing: ArmEndpoint): void {
  const { link } = existing;
  const target = asked.form.properties.privateLinkServiceId;
  const isSameTarget = isSameId(target, link.target) || isSameId(target, link.serviceId);
  const isSame =
    isSameTarget &&
    asked.kind === link.kind &&
    isSameId(asked.form.name, link.name) &&
    isSameId(form.properties.subnet.id, existing.subnetId);
  if (isSame) return;
  const text = `Private endpoint ${existing.id} cannot change its connection or its subnet after it was created.`;
  throw badRequest("PrivateEndpointCannotBeChanged", text);
}

function endpointsOf(call: ArmCall, world: World): readonly ArmEndpoint[] {
  const subscription = keyOf(param(call, "s"));
  return world.store.endpoints
    .all()
    .filter((endpoint) => keyOf(endpoint.subscriptionId) === subscription)
    .toSorted((left, right) => (keyOf(left.id) < keyOf(right.id) ? -1 : 1));
}

function endpointIdOf(call: ArmCall): string {
  return resourceId("privateEndpoints", placeOf(call));
}

function render(endpoint: ArmEndpoint, world: World): object {
  return renderEndpoint(endpoint, world.store.services.get(endpoint.link.serviceId));
}

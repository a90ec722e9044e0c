import { acceptedWrite } from "./accepted-write.ts";
import { badRequest, resourceNotFound } from "./arm-error.ts";
import { pollingHeaders, startOperation } from "./operations.ts";
import { renderService } from "./render.ts";
import { groupId, keyOf, regionName, resourceId } from "./resource-ids.ts";
import type { ArmService } from "./resources.ts";
import { buildService, type ServiceForm } from "./service-form.ts";
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
} from "./world.ts";

const type = "privateLinkServices";
const readAction = "Microsoft.Network/privateLinkServices/read";

/** GET one service. */
export function getService(call: ArmCall, world: World): Answer {
  return { status: 200, body: render(existingService(call, world), world) };
}

/** GET the services of a resource group. */
export function listServices(call: ArmCall, world: World): Answer {
  const group = keyOf(groupId(param(call, "s"), param(call, "rg")));
  const here = servicesOf(call, world).filter((one) => keyOf(groupId(one.subscriptionId, one.resourceGroup)) === group);
  return pageOf(call, world, here, (service) => render(service, world));
}

/** GET the services of a subscription; the caller sees those that the roles show. */
export function listServicesOfSubscription(call: ArmCall, world: World): Answer {
  const visible = servicesOf(call, world).filter((service) => world.mayDo(call.caller, readAction, service.id));
  return pageOf(call, world, visible, (service) => render(service, world));
}

/** PUT a service: long-running, 201 when it is new, 200 when it was there. */
export function putService(call: ArmCall, world: World): Answer {
  const existing = world.store.services.get(serviceIdOf(call));
  checkIfMatch(call, world, existing?.etag);
  // The table of body shapes has checked this body field by field.
  const form = call.body as ServiceForm;
  if (existing) checkSameLocation(existing.id, existing.location, regionName(form.location));
  const service = buildService(form, existing ?? spelledPlace(call, world), existing, world);
  world.store.services.put(service);
  const write = acceptedWrite(call, world, { resourceId: service.id, type, created: !existing });
  const operation = startOperation(call, world, {
    location: service.location,
    effect: { kind: "service-written", serviceId: service.id },
    lock: service.id,
    write,
  });
  const headers = pollingHeaders(call, world, operation, false);
  return { status: existing ? 200 : 201, body: render(service, world), headers, operation };
}

/** DELETE a service: long-running, 204 when it is not there, refused while it has connections. */
export function deleteService(call: ArmCall, world: World): Answer {
  const service = world.store.services.get(serviceIdOf(call));
  if (!service) return { status: 204 };
  checkIfMatch(call, world, service.etag);
  const blocked = inUse(service);
  // The rule is documented, status and code are our own choice [P].
  if (blocked) throw badRequest(blocked.code, blocked.message);
  world.store.services.put({ ...service, provisioningState: "Deleting" });
  const operation = startOperation(call, world, {
    location: service.location,
    effect: { kind: "service-deleted", serviceId: service.id },
    lock: service.id,
    write: acceptedWrite(call, world, { resourceId: service.id, type, created: false }),
  });
  return { status: 202, headers: pollingHeaders(call, world, operation, true), operation };
}

/** Why a service cannot be deleted now, if so. */
export function inUse(service: ArmService) {
  if (service.connections.length === 0) return undefined;
  const message = `Private link service ${service.id} cannot be deleted: ${service.connections.length} private endpoint connection(s) still use it.`;
  return { code: "InUsePrivateLinkServiceCannotBeDeleted", message };
}

/** The service that the path names. Throws 404 when there is none. */
export function existingService(call: ArmCall, world: World): ArmService {
  const service = world.store.services.get(serviceIdOf(call));
  if (!service) throw resourceNotFound(`Microsoft.Network/privateLinkServices/${param(call, "n")}`);
  return service;
}

export function serviceIdOf(call: ArmCall): string {
  return resourceId("privateLinkServices", placeOf(call));
}

function servicesOf(call: ArmCall, world: World): readonly ArmService[] {
  const subscription = keyOf(param(call, "s"));
  return world.store.services
    .all()
    .filter((service) => keyOf(service.subscriptionId) === subscription)
    .toSorted((left, right) => (keyOf(left.id) < keyOf(right.id) ? -1 : 1));
}

function render(service: ArmService, world: World): object {
  return renderService(service, world.isBusy(service.id), world.settings());
}

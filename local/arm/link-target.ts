import { ArmError, badRequest } from "./arm-error.ts";
import type { AskedLink } from "./endpoint-form.ts";
import { keyOf, parseResourceId, resourceId } from "./resource-ids.ts";
import type { ArmService } from "./resources.ts";
import { isAutoApproved, isVisible } from "./visibility.ts";
import { type ArmCall, param, type World } from "./world.ts";

const readAction = "Microsoft.Network/privateLinkServices/read";
const approvalAction = "Microsoft.Network/privateLinkServices/PrivateEndpointConnectionsApproval/action";

/** The service behind a resource id or an alias; undefined when nobody knows it (yet). */
export function findTarget(target: string, world: World): ArmService | undefined {
  const place = parseResourceId("privateLinkServices", target);
  if (place) return world.store.services.get(resourceId("privateLinkServices", place));
  const service = world.store.serviceByAlias(target);
  // Field reports have aliases unknown for a while after the service was made (azure.md 5.2).
  const knownFrom = (service?.createdAt ?? 0) + world.settings()["alias.delayMs"];
  return world.now().getTime() >= knownFrom ? service : undefined;
}

/** Whether the subscription of this call may see the service at all (local-azure.md B.3.2). */
export function isVisibleTo(call: ArmCall, service: ArmService, world: World): boolean {
  const mayRead = world.mayDo(call.caller, readAction, service.id);
  return isVisible(service, param(call, "s"), mayRead, world.settings());
}

/** The service that a new endpoint may connect to. Throws one refusal for unknown and unseen alike; its code is [P]. */
export function reachableTarget(call: ArmCall, target: string, world: World): ArmService {
  const service = findTarget(target, world);
  if (service && service.provisioningState !== "Deleting" && isVisibleTo(call, service, world)) return service;
  throw badRequest("InvalidPrivateLinkServiceId", `Private link service id '${target}' is invalid.`);
}

/** With which status a new connection begins (local-azure.md B.3.3). Throws 403 when an automatic one is not permitted. */
export function firstStatus(call: ArmCall, service: ArmService, link: AskedLink, world: World): "Pending" | "Approved" {
  if (isAutoApproved(service, param(call, "s"))) return "Approved";
  if (link.kind === "manual") return "Pending";
  const tenantOf = (subscriptionId: string) => keyOf(world.store.subscriptions.get(subscriptionId)?.tenantId ?? "");
  const isSameTenant = tenantOf(param(call, "s")) === tenantOf(service.subscriptionId);
  if (isSameTenant && world.mayDo(call.caller, approvalAction, service.id)) return "Approved";
  const message =
    `The client with object id '${call.caller.objectId}' has permission to perform action ` +
    `'Microsoft.Network/privateEndpoints/write' on scope '${param(call, "n")}'; however, it does not have permission to ` +
    `perform action '${approvalAction}' on the linked scope '${service.id}'.`;
  throw new ArmError(403, "LinkedAuthorizationFailed", message);
}

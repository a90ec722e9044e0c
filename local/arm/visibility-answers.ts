import { findTarget, isVisibleTo } from "./link-target.ts";
import { pollingHeaders, startOperation } from "./operations.ts";
import { keyOf, regionName } from "./resource-ids.ts";
import { isAutoApproved } from "./visibility.ts";
import { type Answer, type ArmCall, pageOf, param, type World } from "./world.ts";

/** POST `checkPrivateLinkServiceVisibility`: whether this subscription may ask for the service behind an alias. Long-running. */
export function checkVisibility(call: ArmCall, world: World): Answer {
  // The table of body shapes has checked this body field by field.
  const { privateLinkServiceAlias } = call.body as { readonly privateLinkServiceAlias: string };
  const service = findTarget(privateLinkServiceAlias, world);
  // An unknown alias looks like one that is not visible [P].
  const visible = service !== undefined && isVisibleTo(call, service, world);
  const operation = startOperation(call, world, {
    location: regionName(param(call, "l")),
    effect: { kind: "answer", body: { visible } },
  });
  return { status: 202, headers: pollingHeaders(call, world, operation, true), operation };
}

/** GET `autoApprovedPrivateLinkServices`: the services of a region that let this subscription in at once. */
export function listAutoApproved(call: ArmCall, world: World): Answer {
  const region = regionName(param(call, "l"));
  const services = world.store.services
    .all()
    .filter((service) => service.location === region && isAutoApproved(service, param(call, "s")))
    .toSorted((left, right) => (keyOf(left.id) < keyOf(right.id) ? -1 : 1));
  return pageOf(call, world, services, (service) => ({ privateLinkService: service.id }));
}

import { badRequest } from "./arm-error.ts";
import {
  isGuid,
  networkInterfaceId,
  type ResourcePlace,
  regionName,
  resourceId,
  subscriptionOfSubnet,
} from "./resource-ids.ts";
import type { ArmService, NatConfiguration } from "./resources.ts";
import { beyondVisibility } from "./visibility.ts";
import { type World, weakEtag } from "./world.ts";

/** The body of a service's PUT, as far as a caller decides it (the table in shapes.ts has checked the form). */
export type ServiceForm = {
  readonly location: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly extendedLocation?: Readonly<Record<string, string>>;
  readonly properties: {
    readonly visibility?: { readonly subscriptions?: readonly string[] };
    readonly autoApproval?: { readonly subscriptions?: readonly string[] };
    readonly fqdns?: readonly string[];
    readonly enableProxyProtocol?: boolean;
    readonly accessMode?: string;
    readonly destinationIPAddress?: string;
    readonly loadBalancerFrontendIpConfigurations?: readonly { readonly id: string }[];
    readonly ipConfigurations: readonly NatForm[];
  };
};

type NatForm = {
  readonly name: string;
  readonly properties: {
    readonly privateIPAddress?: string;
    readonly privateIPAllocationMethod?: string;
    readonly privateIPAddressVersion?: string;
    readonly primary?: boolean;
    readonly subnet: { readonly id: string };
  };
};

const listLimit = 100;
const natLimit = 8;

/**
 * The service that a PUT makes of a body and of what was there before.
 *
 * Throws ARM's refusal. The limits are documented (azure.md 5.4), the codes of their refusals are our own [P].
 */
export function buildService(
  form: ServiceForm,
  place: ResourcePlace,
  existing: ArmService | undefined,
  world: World,
): ArmService {
  const { properties } = form;
  const visibility = subscriptionList(properties.visibility?.subscriptions, "visibility");
  const autoApproval = subscriptionList(properties.autoApproval?.subscriptions, "autoApproval");
  checkLists(visibility, autoApproval);
  checkTarget(form);
  checkNat(properties.ipConfigurations, place, existing);
  const location = regionName(form.location);
  const { destinationIPAddress } = properties;
  return {
    ...(existing ? identityOf(existing) : newIdentity(place, location, world)),
    location,
    tags: form.tags ?? {},
    ...(form.extendedLocation ? { extendedLocation: form.extendedLocation } : {}),
    etag: weakEtag(world),
    provisioningState: "Updating",
    visibility,
    autoApproval,
    fqdns: properties.fqdns ?? [],
    enableProxyProtocol: properties.enableProxyProtocol ?? false,
    accessMode: properties.accessMode ?? "Default",
    ...(destinationIPAddress === undefined ? {} : { destinationIPAddress }),
    frontends: (properties.loadBalancerFrontendIpConfigurations ?? []).map((frontend) => frontend.id),
    natConfigurations: properties.ipConfigurations.map((nat, index) => natConfiguration(nat, index, world)),
  };
}

/** What a PUT leaves as it is; all else it replaces. */
function identityOf(service: ArmService) {
  const { id, subscriptionId, resourceGroup, name, alias, createdAt, networkInterface, connections } = service;
  return { id, subscriptionId, resourceGroup, name, alias, createdAt, networkInterface, connections };
}

function newIdentity(place: ResourcePlace, location: string, world: World) {
  return {
    ...place,
    id: resourceId("privateLinkServices", place),
    alias: `${place.name}.${world.newGuid()}.${location}.azure.privatelinkservice`,
    createdAt: world.now().getTime(),
    networkInterface: networkInterfaceId(place, world.newGuid()),
    connections: [],
  };
}

function natConfiguration(nat: NatForm, index: number, world: World): NatConfiguration {
  const { privateIPAddress, privateIPAllocationMethod, privateIPAddressVersion, primary, subnet } = nat.properties;
  return {
    name: nat.name,
    etag: weakEtag(world),
    subnetId: subnet.id,
    primary: primary ?? index === 0,
    allocation: privateIPAllocationMethod ?? "Dynamic",
    version: privateIPAddressVersion ?? "IPv4",
    ...(privateIPAddress === undefined ? {} : { address: privateIPAddress }),
  };
}

function subscriptionList(entries: readonly string[] = [], field: string): readonly string[] {
  if (entries.length > listLimit) {
    throw badRequest("PrivateLinkServiceSubscriptionLimitExceeded", `${field} holds more than ${listLimit} entries.`);
  }
  const strange = entries.find((entry) => entry !== "*" && !isGuid(entry));
  if (strange === undefined) return entries;
  throw badRequest("InvalidSubscriptionId", `'${strange}' in ${field} is neither a subscription id nor '*'.`);
}

function checkLists(visibility: readonly string[], autoApproval: readonly string[]): void {
  const [beyond] = beyondVisibility(visibility, autoApproval);
  if (beyond === undefined) return;
  const message = `Auto-approval of subscription '${beyond}' needs its visibility: autoApproval must be a subset of visibility.`;
  throw badRequest("AutoApprovalMustBeSubsetOfVisibility", message);
}

function checkTarget({ properties }: ServiceForm): void {
  const frontends = properties.loadBalancerFrontendIpConfigurations ?? [];
  if (frontends.length > 0 || properties.destinationIPAddress !== undefined) return;
  const message = "A private link service needs a load balancer frontend or a destination IP address.";
  throw badRequest("PrivateLinkServiceWithoutTarget", message);
}

function checkNat(nats: readonly NatForm[], place: ResourcePlace, existing: ArmService | undefined): void {
  if (nats.length === 0 || nats.length > natLimit) {
    const message = `A private link service has 1 to ${natLimit} IP configurations, not ${nats.length}.`;
    throw badRequest("PrivateLinkServiceIpConfigurationLimitExceeded", message);
  }
  const foreign = nats.find(
    (nat) => subscriptionOfSubnet(nat.properties.subnet.id)?.toLowerCase() !== place.subscriptionId.toLowerCase(),
  );
  if (foreign) {
    const message = `The subnet of IP configuration '${foreign.name}' is not a subnet of this subscription.`;
    throw badRequest("InvalidResourceReference", message);
  }
  const names = new Set(nats.map((nat) => nat.name.toLowerCase()));
  if (names.size < nats.length) {
    throw badRequest("DuplicateResourceName", "Two IP configurations have the same name.");
  }
  const removed = existing?.natConfigurations.find((nat) => !names.has(nat.name.toLowerCase()));
  if (removed) {
    const message = `IP configuration '${removed.name}' cannot be removed: NAT addresses can only be added.`;
    throw badRequest("PrivateLinkServiceIpConfigurationCannotBeRemoved", message);
  }
}

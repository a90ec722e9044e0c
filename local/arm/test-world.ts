import type { PrivateEndpoint, PrivateLinkService } from "@azure/arm-network";
import type { ArmSeed } from "./seed.ts";
import type { Caller } from "./world.ts";

// The small world in which the tests of the local ARM play: three subscriptions, four people, one service open to everybody.

export const providerSub = "11111111-1111-4111-8111-111111111111";
export const consumerSub = "22222222-2222-4222-8222-222222222222";
export const strangerSub = "33333333-3333-4333-8333-333333333333";
export const ownTenant = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
export const otherTenant = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";

const network = "Microsoft.Network";

/** Owner of the provider's subscription. */
export const provider: Caller = { objectId: "provider", tenantId: ownTenant };
/** Owner of a subscription in the provider's tenant, without rights on the provider's services. */
export const consumer: Caller = { objectId: "consumer", tenantId: ownTenant };
/** Owner of a subscription in another tenant. */
export const stranger: Caller = { objectId: "stranger", tenantId: otherTenant };
/** The least-privilege role of azure.md 2.2, on one resource group. */
export const approver: Caller = { objectId: "approver", tenantId: ownTenant, appId: "plgate" };

export const testSeed: ArmSeed = {
  subscriptions: [
    { id: providerSub, tenantId: ownTenant, displayName: "Provider" },
    { id: consumerSub, tenantId: ownTenant, displayName: "Consumer" },
    { id: strangerSub, tenantId: otherTenant, displayName: "Stranger" },
  ],
  resourceGroups: [
    { subscriptionId: providerSub, name: "rg-services" },
    { subscriptionId: providerSub, name: "rg-other" },
    { subscriptionId: consumerSub, name: "rg-app" },
    { subscriptionId: strangerSub, name: "rg-app" },
  ],
  roleAssignments: [
    { objectId: "provider", scope: `/subscriptions/${providerSub}`, actions: ["*"] },
    { objectId: "consumer", scope: `/subscriptions/${consumerSub}`, actions: ["*"] },
    { objectId: "stranger", scope: `/subscriptions/${strangerSub}`, actions: ["*"] },
    {
      objectId: "approver",
      scope: `/subscriptions/${providerSub}/resourceGroups/rg-services`,
      actions: [
        `${network}/privateLinkServices/read`,
        `${network}/privateLinkServices/privateEndpointConnections/read`,
        `${network}/privateLinkServices/privateEndpointConnections/write`,
      ],
    },
  ],
  services: [seededService("pls-open")],
};

export function seededService(name: string, lists: { visibility?: string[]; autoApproval?: string[] } = {}) {
  const network10 = `/subscriptions/${providerSub}/resourceGroups/rg-services/providers/${network}`;
  return {
    subscriptionId: providerSub,
    resourceGroup: "rg-services",
    name,
    location: "westeurope",
    tags: { owner: "platform" },
    properties: {
      visibility: { subscriptions: lists.visibility ?? ["*"] },
      autoApproval: { subscriptions: lists.autoApproval ?? [] },
      enableProxyProtocol: true,
      loadBalancerFrontendIpConfigurations: [{ id: `${network10}/loadBalancers/lb/frontendIPConfigurations/fe` }],
      ipConfigurations: [
        {
          name: "nat-1",
          properties: {
            privateIPAllocationMethod: "Dynamic",
            subnet: { id: `${network10}/virtualNetworks/vnet/subnets/nat` },
          },
        },
      ],
    },
  };
}

/** A service's body as the real client takes it. */
export function serviceBody(change: Partial<PrivateLinkService> = {}): PrivateLinkService {
  const { properties, location } = seededService("any");
  const [nat] = properties.ipConfigurations;
  return {
    location,
    visibility: properties.visibility,
    autoApproval: properties.autoApproval,
    loadBalancerFrontendIpConfigurations: properties.loadBalancerFrontendIpConfigurations,
    ipConfigurations: [{ name: "nat-1", subnet: { id: nat?.properties.subnet.id ?? "" } }],
    ...change,
  };
}

export function serviceId(name: string, group = "rg-services"): string {
  return `/subscriptions/${providerSub}/resourceGroups/${group}/providers/${network}/privateLinkServices/${name}`;
}

export type Asking = {
  readonly target?: string;
  readonly requestMessage?: string;
  readonly status?: string;
  readonly kind?: "manual" | "automatic";
  readonly subscriptionId?: string;
};

/** An endpoint's body as the real client takes it: a manual request to the open service, with one thing changed. */
export function endpointBody(asking: Asking = {}): PrivateEndpoint {
  const { target = serviceId("pls-open"), requestMessage = "please", status, kind = "manual" } = asking;
  const subscriptionId = asking.subscriptionId ?? consumerSub;
  const entry = {
    name: "to-provider",
    privateLinkServiceId: target,
    requestMessage,
    ...(status === undefined ? {} : { privateLinkServiceConnectionState: { status } }),
  };
  return {
    location: "westeurope",
    subnet: {
      id: `/subscriptions/${subscriptionId}/resourceGroups/rg-app/providers/${network}/virtualNetworks/vnet/subnets/app`,
    },
    ...(kind === "manual"
      ? { manualPrivateLinkServiceConnections: [entry] }
      : { privateLinkServiceConnections: [entry] }),
  };
}

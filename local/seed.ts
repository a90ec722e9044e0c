import approverRole from "../infra/approver-role.json" with { type: "json" };
import type { ArmSeed } from "./arm/seed.ts";
import type { App, Directory, Tenant, User } from "./issuer/directory.ts";
import type { PlaygroundScene } from "./teams/playground-config.ts";

/*
 * The world of the laptop: a provider who offers one service, and consumers whose networks all use 10.0.0.0/16,
 * as the provider's does (seeds.md, the lab). No endpoint and no connection is in here: only consumers make those.
 */

export const providerTenant = "22222222-0000-4000-8000-000000000002";
const customerTenant = "33333333-0000-4000-8000-000000000003";

export const providerSubscription = "10000000-0000-4000-8000-000000000001";
export const providerGroup = "rg-payments-provider";
/** Where a deployment has plgate itself. */
export const appGroup = "rg-plgate";

export const reviewerGroup = "55555555-0000-4000-8000-000000000005";
export const securityGroup = "55555555-0000-4000-8000-000000000006";
export const apiAudience = "44444444-0000-4000-8000-000000000004";

/** The app's user-assigned identity: it reaches ARM, Graph and the Bot Connector, and is the bot's app id too. */
export const appIdentity = {
  clientId: "66666666-0000-4000-8000-000000000006",
  objectId: "66666666-0000-4000-8000-0000000000a6",
} as const;

/** Whoever holds a token of `local:token` acts on the local ARM as this laptop's developer, who may do everything there. */
export const developer = { objectId: "88888888-0000-4000-8000-0000000000de", tenantId: providerTenant } as const;

export type ConsumerSeed = {
  readonly name: string;
  readonly subscriptionId: string;
  readonly tenantId: string;
  /** The service principal that creates endpoints in this subscription. */
  readonly principalId: string;
  readonly resourceGroup: string;
  readonly addressSpace: string;
  readonly registry?: {
    readonly tier: string;
    readonly tags: Readonly<Record<string, string>>;
    /** Object ids of the people whose own requests these are. */
    readonly owners?: readonly string[];
  };
};

export const consumers = {
  billing: {
    name: "Billing department",
    subscriptionId: "aaaaaaaa-0000-4000-8000-00000000000a",
    tenantId: providerTenant,
    principalId: "77777777-0000-4000-8000-00000000007a",
    resourceGroup: "rg-billing",
    addressSpace: "10.0.0.0/16",
    registry: { tier: "gold", tags: { team: "billing" } },
  },
  shipping: {
    name: "Shipping department",
    subscriptionId: "dddddddd-0000-4000-8000-00000000000d",
    tenantId: providerTenant,
    principalId: "77777777-0000-4000-8000-00000000007d",
    resourceGroup: "rg-shipping",
    addressSpace: "10.0.0.0/16",
    // Adele runs the shipping department: she reviews what others ask for, and never what her own department does.
    registry: { tier: "silver", tags: { team: "shipping" }, owners: ["aaaaaaaa-1111-4111-8111-000000000002"] },
  },
  blocked: {
    name: "Litware (blocked)",
    subscriptionId: "bbbbbbbb-0000-4000-8000-00000000000b",
    tenantId: customerTenant,
    principalId: "77777777-0000-4000-8000-00000000007b",
    resourceGroup: "rg-litware",
    addressSpace: "10.0.0.0/16",
  },
  fabrikam: {
    name: "Fabrikam (unknown to us)",
    subscriptionId: "cccccccc-0000-4000-8000-00000000000c",
    tenantId: customerTenant,
    principalId: "77777777-0000-4000-8000-00000000007c",
    resourceGroup: "rg-fabrikam",
    addressSpace: "10.0.0.0/16",
  },
} as const satisfies Record<string, ConsumerSeed>;

export const serviceName = "pls-payments";
export const serviceId = `/subscriptions/${providerSubscription}/resourceGroups/${providerGroup}/providers/Microsoft.Network/privateLinkServices/${serviceName}`;

const network = `/subscriptions/${providerSubscription}/resourceGroups/${providerGroup}/providers/Microsoft.Network`;

/** A service behind a Standard Load Balancer with eight addresses of its NAT subnet, for anyone who holds the alias. */
export function serviceSeed(
  name: string,
  tags: Readonly<Record<string, string>> = { env: "prod" },
): ArmSeed["services"][number] {
  const ipConfigurations = Array.from({ length: 8 }, (_, index) => ({
    name: `nat-${index + 1}`,
    properties: {
      privateIPAddress: `10.0.1.${index + 4}`,
      privateIPAllocationMethod: "Static",
      privateIPAddressVersion: "IPv4",
      primary: index === 0,
      subnet: { id: `${network}/virtualNetworks/vnet-payments/subnets/snet-nat` },
    },
  }));
  return {
    subscriptionId: providerSubscription,
    resourceGroup: providerGroup,
    name,
    location: "westeurope",
    tags: { ...tags },
    properties: {
      visibility: { subscriptions: ["*"] },
      autoApproval: { subscriptions: [] },
      enableProxyProtocol: true,
      loadBalancerFrontendIpConfigurations: [
        { id: `${network}/loadBalancers/lb-payments/frontendIPConfigurations/fe-payments` },
      ],
      ipConfigurations,
    },
  };
}

/** The provider's and the consumers' subscriptions; the app's identity holds exactly the role that infra/ grants. */
export function armSeed(): ArmSeed {
  const all: readonly ConsumerSeed[] = Object.values(consumers);
  return {
    subscriptions: [
      { id: providerSubscription, tenantId: providerTenant, displayName: "Payments platform" },
      ...all.map(({ subscriptionId, tenantId, name }) => ({ id: subscriptionId, tenantId, displayName: name })),
    ],
    resourceGroups: [
      { subscriptionId: providerSubscription, name: providerGroup },
      { subscriptionId: providerSubscription, name: appGroup },
      ...all.map(({ subscriptionId, resourceGroup }) => ({ subscriptionId, name: resourceGroup })),
    ],
    roleAssignments: [
      {
        objectId: appIdentity.objectId,
        // The whole subscription, so that services that somebody tries out in groups of their own are governed too.
        scope: `/subscriptions/${providerSubscription}`,
        // Beside its role it may read metrics, which a deployment grants only where they are switched on.
        actions: [...approverRole.actions, "Microsoft.Insights/metrics/read"],
      },
      { objectId: developer.objectId, scope: "/", actions: ["*"] },
      ...all.map(({ principalId, subscriptionId }) => ({
        objectId: principalId,
        scope: `/subscriptions/${subscriptionId}`,
        actions: ["Microsoft.Network/*"],
      })),
    ],
    services: [serviceSeed(serviceName)],
  };
}

export const people = {
  megan: person(1, "megan", "Megan Bowen", ["Reader", "Approver"]),
  adele: person(2, "adele", "Adele Vance", ["Reader", "Approver"]),
  alex: person(3, "alex", "Alex Wilber", ["Reader", "Approver"]),
  audrey: person(4, "audrey", "Audrey Auditor", ["Reader"]),
  lee: person(6, "lee", "Lee Gu", ["Reader", "Approver"]),
  grace: {
    ...person(5, "grace", "Grace Guest", ["Reader", "Approver"]),
    userPrincipalName: "grace_fabrikam.example#EXT#@contoso.example",
    guest: true,
  },
} as const;

function person(number: number, name: string, displayName: string, roles: readonly string[]) {
  return {
    name,
    displayName,
    userPrincipalName: `${name}@contoso.example`,
    objectId: `aaaaaaaa-1111-4111-8111-00000000000${number}`,
    tenantId: providerTenant,
    roles,
  } satisfies User;
}

export const tenants: readonly Tenant[] = [
  { id: providerTenant, name: "Contoso" },
  { id: customerTenant, name: "Customers" },
];

export const apps: readonly App[] = [
  {
    name: "plgate",
    appId: appIdentity.clientId,
    objectId: appIdentity.objectId,
    tenantId: providerTenant,
    managedIdentity: {
      resourceId: `/subscriptions/${providerSubscription}/resourceGroups/${appGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-plgate`,
    },
    graphPermissions: ["GroupMember.Read.All", "User.ReadBasic.All"],
  },
];

/** Megan and Adele are reviewers, with Lee they are the security group; Alex is in no group; Grace is in one, but a guest. */
export const directory: Directory = {
  groups: [
    {
      id: reviewerGroup,
      displayName: "network-oncall",
      tenantId: providerTenant,
      members: [people.megan.objectId, people.adele.objectId, people.grace.objectId],
    },
    {
      id: securityGroup,
      displayName: "security",
      tenantId: providerTenant,
      members: [people.megan.objectId, people.adele.objectId, people.lee.objectId],
    },
  ],
};

export const approvalsChannel = { id: "19:approvals@thread.tacv2", name: "privatelink-approvals" };

export function teamsScene(): PlaygroundScene {
  const users = [people.megan, people.adele, people.alex, people.lee].map(
    ({ name, displayName, userPrincipalName, objectId }) => ({
      id: `29:${name}` as const,
      name: displayName,
      userPrincipalName,
      aadObjectId: objectId,
    }),
  );
  return {
    tenantId: providerTenant,
    bot: { appId: appIdentity.clientId, name: "plgate" },
    users,
    team: { id: "19:general@thread.tacv2", name: "Platform", aadGroupId: "99999999-0000-4000-8000-000000000031" },
    channels: [approvalsChannel],
  };
}

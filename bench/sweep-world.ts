import { createHash } from "node:crypto";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import approverRole from "../infra/approver-role.json" with { type: "json" };
import type { ArmConnection, ArmService } from "../local/arm/resources.ts";
import { startArm } from "../local/arm/server.ts";
import { emptySnapshot, type Snapshot } from "../local/arm/store.ts";
import { loadOrCreateAuthority } from "../local/certificates.ts";
import { inventoryQuery, subscriptionsQuery } from "../local/inventory-query.ts";
import { startIssuer } from "../local/issuer/issuer.ts";
import * as seed from "../local/seed.ts";
import { seedStorage } from "../local/seed-storage.ts";
import { startAzurite } from "../local/storage/azurite.ts";

export type Size = {
  readonly services: number;
  readonly subscriptions: number;
  readonly connections: number;
  /** Subscriptions without any service. */
  readonly empty: number;
};

const group = "rg-services";

export function subscriptionId(index: number): string {
  return `51000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
}

export function serviceName(index: number): string {
  return `pls-${String(index).padStart(5, "0")}`;
}

export function serviceIdOf(index: number, { subscriptions }: Size): string {
  return `/subscriptions/${subscriptionId(index % subscriptions)}/resourceGroups/${group}/providers/Microsoft.Network/privateLinkServices/${serviceName(index)}`;
}

/** Issuer, Azurite and an ARM that begins with a large world, in this process or below it; and the settings of an app over them. */
export async function startSweepWorld(dir: string, size: Size) {
  const tls = await loadOrCreateAuthority(dir);
  setDefaultCACertificates([...getCACertificates("default"), tls.caPem]);
  const { tenants, people, apps, directory, apiAudience } = seed;
  const issuer = await startIssuer({ tls, tenants, users: Object.values(people), apps, directory, apiAudience });
  const azurite = await startAzurite({ inMemory: true });
  const all = Array.from({ length: size.subscriptions + size.empty }, (_, index) => subscriptionId(index));
  const known = seed.armSeed();
  const arm = await startArm({
    tls,
    port: 0,
    seed: {
      ...known,
      subscriptions: [
        ...known.subscriptions,
        ...all.map((id) => ({ id, tenantId: seed.providerTenant, displayName: id })),
      ],
      resourceGroups: [...known.resourceGroups, ...all.map((id) => ({ subscriptionId: id, name: group }))],
      roleAssignments: [
        ...known.roleAssignments,
        ...all.map((id) => ({
          objectId: seed.appIdentity.objectId,
          scope: `/subscriptions/${id}`,
          actions: approverRole.actions,
        })),
      ],
    },
    snapshot: snapshotOf(size),
    verifyToken: (token) => issuer.verifyArmToken(token),
    graphQueries: [inventoryQuery, subscriptionsQuery],
    settings: { "subscriptions.unknown": "register", "graph.lagMs": 0 },
  });
  await seedStorage(azurite.connectionString);
  const environment = {
    PLGATE_MODE: "enforce",
    PLGATE_TENANT_ID: seed.providerTenant,
    PLGATE_SUBSCRIPTIONS: all.join(","),
    PLGATE_FALLBACK_REVIEWERS: seed.reviewerGroup,
    PLGATE_API_AUDIENCE: seed.apiAudience,
    PLGATE_IDENTITY_CLIENT_ID: seed.appIdentity.clientId,
    PLGATE_STORAGE_CONNECTION: azurite.connectionString,
    PLGATE_LOCAL: "1",
    PLGATE_LOCAL_AUTHORITY: issuer.url,
    PLGATE_LOCAL_ARM: arm.url,
    PLGATE_LOCAL_GRAPH: issuer.url,
    IDENTITY_ENDPOINT: issuer.identity.endpoint,
    IDENTITY_HEADER: issuer.identity.header,
    NODE_EXTRA_CA_CERTS: join(dir, "ca.pem"),
  };
  const stop = async () => {
    await Promise.allSettled([arm.stop(), azurite.stop(), issuer.stop()]);
  };
  return { issuer, azurite, arm, environment, stop };
}

export type SweepWorld = Awaited<ReturnType<typeof startSweepWorld>>;

/** Services as years of work would have left them; every connection was decided. */
function snapshotOf(size: Size): Snapshot {
  const services = Array.from({ length: size.services }, (_, index) => serviceOf(index, size));
  return { ...emptySnapshot, services };
}

function serviceOf(index: number, size: Size): ArmService {
  const id = serviceIdOf(index, size);
  const network = id.slice(0, id.indexOf("/privateLinkServices"));
  return {
    subscriptionId: subscriptionId(index % size.subscriptions),
    resourceGroup: group,
    name: serviceName(index),
    id,
    location: "westeurope",
    tags: { env: "prod" },
    etag: `W/"${guidOf(id)}"`,
    provisioningState: "Succeeded",
    alias: `${serviceName(index)}.${guidOf(`alias ${id}`)}.westeurope.azure.privatelinkservice`,
    createdAt: 0,
    visibility: ["*"],
    autoApproval: [],
    fqdns: [],
    enableProxyProtocol: true,
    accessMode: "Default",
    frontends: [`${network}/loadBalancers/lb/frontendIPConfigurations/fe`],
    natConfigurations: [
      {
        name: "nat-1",
        etag: `W/"${guidOf(`nat ${id}`)}"`,
        subnetId: `${network}/virtualNetworks/vnet/subnets/nat`,
        primary: true,
        allocation: "Dynamic",
        version: "IPv4",
      },
    ],
    networkInterface: `${network}/networkInterfaces/${serviceName(index)}.nic`,
    connections: Array.from({ length: size.connections }, (_, at) => connectionOf(index, at, size)),
  };
}

/** The first tenth of the services has turned everybody away so far: those that change in the benchmark are of it, and no approval is unknown there. */
function connectionOf(index: number, at: number, size: Size): ArmConnection {
  const refused = index < size.services / 10;
  const name = `pe-${index}-${at}`;
  const consumer = `52000000-0000-4000-8000-${String((index * 7 + at) % 500).padStart(12, "0")}`;
  return {
    name: `${name}.${guidOf(name)}`,
    etag: `W/"${guidOf(`etag ${name}`)}"`,
    endpointId: `/subscriptions/${consumer}/resourceGroups/rg-app/providers/Microsoft.Network/privateEndpoints/${name}`,
    endpointLocation: "westeurope",
    status: refused ? "Rejected" : "Approved",
    description: refused ? "Not a customer." : "A registered customer within quota.",
    actionsRequired: "None",
    linkIdentifier: String(536_870_912 + index * 1000 + at),
    approvedOnce: !refused,
  };
}

function guidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

import { z } from "zod";
import { invalidBody } from "./arm-error.ts";
import { groupId, isConnectionName, isGroupName, isGuid, isResourceName, resourceId } from "./resource-ids.ts";
import { buildService, type ServiceForm } from "./service-form.ts";
import { requestFaults } from "./shapes.ts";
import { findConnection, withConnection } from "./store.ts";
import { type World, weakEtag } from "./world.ts";

const guid = z.string().refine(isGuid, "must be a GUID");
const resourceGroup = z.string().refine(isGroupName, "must be the name of a resource group");
const serviceName = z.string().refine(isResourceName, "must be the name of a resource");

const rows = <T extends z.ZodType>(row: T) => z.array(row).readonly();

const seedSchema = z.strictObject({
  subscriptions: rows(
    z.strictObject({ id: guid, tenantId: guid, displayName: z.string(), registered: z.boolean().default(true) }),
  ),
  resourceGroups: rows(z.strictObject({ subscriptionId: guid, name: resourceGroup })),
  roleAssignments: rows(
    z.strictObject({
      objectId: z.string().min(1),
      scope: z.string().startsWith("/"),
      actions: rows(z.string()),
      notActions: rows(z.string()).exactOptional(),
    }),
  ),
  services: rows(
    z.strictObject({
      subscriptionId: guid,
      resourceGroup,
      name: serviceName,
      /** As the body of a PUT: Azure's own shape, without what only Azure can set. */
      location: z.string(),
      tags: z.record(z.string(), z.string()).exactOptional(),
      properties: z.record(z.string(), z.unknown()),
    }),
  ),
});

const ownStatuses = ["", "Pending", "Approved", "Rejected", "Removed", "Disconnected"];

const plantSchema = z.strictObject({
  service: z.strictObject({ subscriptionId: guid, resourceGroup, name: serviceName }),
  connection: z.string().refine(isConnectionName),
  status: z.string().refine((status) => !ownStatuses.includes(status), "must be one that Azure is not known to use"),
});

const laterSeedSchema = seedSchema.partial().extend({ plant: z.array(plantSchema).optional() });

/** What the local ARM starts with. Private endpoints and connections are not in here: only consumers make those. */
export type ArmSeed = z.input<typeof seedSchema>;

type ParsedSeed = z.output<typeof seedSchema>;

/** Lays a seed over the state. Services that were seeded before are left as they are, also when they are gone by now. */
export function applySeed(seed: ArmSeed, world: World): void {
  lay(seedSchema.parse(seed), world);
}

/**
 * Lays a seed from the control endpoint over a running ARM: services and registrations, no connections. The one thing that may be
 * done to an existing connection is to plant a status that no provider can set, to see that the app leaves it alone.
 */
export function applyLaterSeed(body: unknown, world: World): void {
  const {
    plant = [],
    subscriptions = [],
    resourceGroups = [],
    roleAssignments = [],
    services = [],
  } = laterSeedSchema.parse(body);
  lay({ subscriptions, resourceGroups, roleAssignments, services }, world);
  for (const one of plant) plantStatus(one, world);
}

function lay(seed: ParsedSeed, world: World): void {
  const { store } = world;
  for (const subscription of seed.subscriptions) store.subscriptions.put(subscription);
  for (const group of seed.resourceGroups) store.resourceGroups.put(group);
  for (const role of seed.roleAssignments) store.roleAssignments.put(role);
  for (const service of seed.services) seedService(service, world);
}

function seedService(seed: ParsedSeed["services"][number], world: World): void {
  const { subscriptionId, resourceGroup, name, ...body } = seed;
  const place = { subscriptionId, resourceGroup, name };
  const id = resourceId("privateLinkServices", place);
  if (world.store.seeded.get(id) !== undefined || world.store.services.get(id)) return;
  if (!world.store.resourceGroups.get(groupId(subscriptionId, resourceGroup))) {
    throw new Error(`Seed: ${id} lies in a resource group that the seed does not have.`);
  }
  const faults = requestFaults("service", body);
  if (faults.length > 0) throw invalidBody(faults);
  // The table of body shapes has just checked it.
  const service = buildService(body as unknown as ServiceForm, place, undefined, world);
  world.store.services.put({ ...service, provisioningState: "Succeeded" });
  world.store.seeded.put(id);
}

function plantStatus({ service, connection, status }: z.output<typeof plantSchema>, world: World): void {
  const kept = world.store.services.get(resourceId("privateLinkServices", service));
  const found = kept && findConnection(kept, connection);
  if (!kept || !found) throw new Error(`There is no connection ${connection} on ${service.name} to plant a status on.`);
  const planted = { ...found, status, etag: weakEtag(world) };
  world.store.services.put({ ...withConnection(kept, found.name, planted), etag: weakEtag(world) });
}

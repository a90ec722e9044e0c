import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { NetworkManagementClient } from "@azure/arm-network";
import { appIdentity, developer, consumers as known, providerTenant } from "../local/seed.ts";
import { ConsumerTable } from "../src/azure/consumer-table.ts";
import { openStorage } from "../src/azure/storage.ts";
import { type Size, type SweepWorld, serviceIdOf, startSweepWorld, subscriptionId } from "./sweep-world.ts";

/*
 * 10,000 services in 20 subscriptions, 10 connections each, and some subscriptions without a service: what a sweep takes that finds
 * nothing new, beside reading each service, and beside listing each subscription through ARM; then how long it takes until
 * one service in a hundred that has a new request is judged.
 */
const { values } = parseArgs({
  options: {
    services: { type: "string", default: "10000" },
    subscriptions: { type: "string", default: "20" },
    connections: { type: "string", default: "10" },
    empty: { type: "string", default: "20" },
  },
});
const size: Size = {
  services: Number(values.services),
  subscriptions: Number(values.subscriptions),
  connections: Number(values.connections),
  empty: Number(values.empty),
};
const sweeps = 5;
const targetCalls = 12;

type Told = Readonly<Record<string, number>>;

const dir = await mkdtemp(join(tmpdir(), "plgate-bench-"));
const world = await startSweepWorld(dir, size);
const host = fork(join(import.meta.dirname, "sweep-host.ts"), [], { env: { ...process.env, ...world.environment } });
try {
  await once(host, "message");
  console.log(
    `${size.services} services in ${size.subscriptions} subscriptions, ${size.connections} connections each, and ${size.empty} empty subscriptions`,
  );
  const before = callsOf(world);
  await tell(host, "look at all");
  console.log(`a host that has just started lists them with ${callsOf(world) - before} calls`);
  const rest: Awaited<ReturnType<typeof swept>>[] = [];
  for (let at = 0; at < sweeps; at += 1) rest.push(await swept());
  for (const one of rest) console.log(`a sweep, nothing changed: ${callsSaid(one)}`);
  const most = Math.max(...rest.map(({ calls }) => calls));
  console.log(`at most ${most} calls (target ${targetCalls}): ${most <= targetCalls ? "held" : "MISSED"}`);
  await change(Math.ceil(size.services / 100));
  await peers(world);
} finally {
  host.kill();
  await world.stop();
  await rm(dir, { recursive: true, force: true });
}

async function swept() {
  const before = callsOf(world);
  const told = await tell(host, "sweep");
  return { ...told, calls: callsOf(world) - before } as Told & { readonly calls: number };
}

function callsSaid(told: Told & { readonly calls: number }): string {
  return `${told.calls} calls, ${said(told["seconds"])} s, ${said(told["cpuSeconds"])} s of CPU, ${told["peakMiB"]} MiB at most, ${told["woken"]} woken`;
}

function said(value = 0): string {
  return value.toFixed(1);
}

/** Calls of the app to ARM and Resource Graph so far. */
function callsOf({ arm }: SweepWorld): number {
  const { read = 0, graph = 0, write = 0 } = arm.counts().byCaller[appIdentity.objectId] ?? {};
  return read + graph + write;
}

async function tell(process: ChildProcess, what: string): Promise<Told> {
  process.send(what);
  const [told]: [Told] = (await once(process, "message")) as never;
  return told;
}

/** A registered customer asks at so many services; the sweep alone finds it, and the reviews judge it. */
async function change(count: number): Promise<void> {
  const customer = known.billing.subscriptionId;
  const registry = new ConsumerTable(openStorage({ connectionString: world.azurite.connectionString }).consumers);
  const details = { name: "Customer", tier: "gold", tenantId: providerTenant, tags: {}, owners: [] };
  await registry.put({ subscriptionId: customer, ...details });
  const client = clientOf(await world.issuer.mintArmToken(developer), customer);
  for (let index = 0; index < count; index += 1) {
    const subnet = `/subscriptions/${customer}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s`;
    await client.privateEndpoints.createOrUpdate(
      "rg-billing",
      `new-${index}`,
      {
        location: "westeurope",
        subnet: { id: subnet },
        manualPrivateLinkServiceConnections: [{ name: "x", privateLinkServiceId: serviceIdOf(index, size) }],
      },
      { updateIntervalInMs: 10 },
    );
  }
  const sweep = await swept();
  console.log(`a sweep, ${count} services changed: ${callsSaid(sweep)}`);
  const before = callsOf(world);
  const review = await tell(host, "review");
  const calls = callsOf(world) - before;
  console.log(
    `all ${review["reviews"]} judged and written ${said((sweep["seconds"] ?? 0) + (review["seconds"] ?? 0))} s after the sweep began (${calls} calls of ARM)`,
  );
  const again = await swept();
  console.log(`the sweep after it: ${callsSaid(again)}`);
}

/** What people run instead: each service is read, or each subscription is listed. */
async function peers({ arm, issuer }: SweepWorld): Promise<void> {
  const token = await issuer.mintArmToken(developer);
  const clients = Array.from({ length: size.subscriptions + size.empty }, (_, at) =>
    clientOf(token, subscriptionId(at)),
  );
  const began = Date.now();
  const before = arm.counts().byKind.read;
  await inLanes(clients.length, 8, async (at) => {
    for await (const _ of clients[at]?.privateLinkServices.listBySubscription() ?? []);
  });
  console.log(
    `listing each subscription: ${arm.counts().byKind.read - before} calls, ${said((Date.now() - began) / 1000)} s`,
  );
  const beganGets = Date.now();
  const beforeGets = arm.counts().byKind.read;
  await inLanes(size.services, 16, async (at) => {
    const id = serviceIdOf(at, size);
    await clients[at % size.subscriptions]?.privateLinkServices.get("rg-services", id.slice(id.lastIndexOf("/") + 1));
  });
  console.log(
    `reading each service: ${arm.counts().byKind.read - beforeGets} calls, ${said((Date.now() - beganGets) / 1000)} s`,
  );
}

function clientOf(token: string, subscription: string): NetworkManagementClient {
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_000_000 }) };
  return new NetworkManagementClient(credential, subscription, { endpoint: world.arm.url });
}

async function inLanes(count: number, lanes: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) await act(index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

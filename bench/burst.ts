import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NetworkManagementClient } from "@azure/arm-network";
import { DemoApi } from "../local/demo-api.ts";
import { DemoConsole, until } from "../local/demo-console.ts";
import {
  appIdentity,
  developer,
  providerGroup,
  providerSubscription,
  providerTenant,
  serviceSeed,
} from "../local/seed.ts";
import { type Stack, startStack } from "../local/stack.ts";
import { ConsumerTable } from "../src/azure/consumer-table.ts";
import { openStorage } from "../src/azure/storage.ts";

/*
 * 500 connections on 25 services at once, ARM with its lock, its token buckets and latency: how near to the bound that lock and
 * bucket allow, with how many calls to ARM, beside a script that lists and approves. Both in this run, on this machine.
 */
const services = 25;
const customers = 10;
const perServiceAndCustomer = 2;
const connections = services * customers * perServiceAndCustomer;
// ARM's write bucket: 200 at once, then 10 a second (azure.md 5.1).
const boundSeconds = (connections - 200) / 10;

const console = new DemoConsole();
await import("../build.ts");
const dir = await mkdtemp(join(tmpdir(), "plgate-bench-"));
const writes: { readonly at: number; readonly connection: string }[] = [];
const stack = await startStack({
  dir,
  freePorts: true,
  arm: { "latency.writeMs": { p50: 60, p99: 200 }, "latency.readMs": { p50: 10, p99: 40 } },
  onArmWrite: ({ resourceId, succeeded }) => {
    if (succeeded && /privateEndpointConnections\//i.test(resourceId)) {
      writes.push({ at: Date.now(), connection: resourceId.toLowerCase() });
    }
  },
});
try {
  await registerCustomers(stack);
  console.line(`${connections} connections on ${services} services; the bound is ${boundSeconds} s`);
  await offer("bench-a");
  const before = callsOf(stack, appIdentity.objectId);
  await ask("bench-a");
  await until(
    "plgate to approve all",
    console,
    async () => ((await approved("bench-a")) === connections ? true : undefined),
    300_000,
  );
  report("plgate", writes.splice(0), before, callsOf(stack, appIdentity.objectId));
  const verified = await new DemoApi(stack).verify();
  console.line(`plgate: chains ${verified.ok ? "verify" : "ARE BROKEN"}`);

  await offer("bench-b", { env: "nobody" });
  await ask("bench-b");
  const beforeScript = callsOf(stack, developer.objectId);
  await script("bench-b");
  report("a script that lists and approves", writes.splice(0), beforeScript, callsOf(stack, developer.objectId));
} finally {
  await stack.stop();
  await rm(dir, { recursive: true, force: true });
}

function client(subscription: string): NetworkManagementClient {
  const credential = {
    getToken: async () => ({
      token: await stack.issuer.mintArmToken(developer),
      expiresOnTimestamp: Date.now() + 3_000_000,
    }),
  };
  return new NetworkManagementClient(credential, subscription, { endpoint: stack.arm.url });
}

function customer(index: number): string {
  return `eeeeeeee-0000-4000-8000-${String(index).padStart(12, "0")}`;
}

async function registerCustomers({ azurite }: Stack): Promise<void> {
  const registry = new ConsumerTable(openStorage({ connectionString: azurite.connectionString }).consumers);
  for (let index = 0; index < customers; index += 1) {
    await registry.put({
      subscriptionId: customer(index),
      name: `Customer ${index}`,
      tier: "gold",
      tenantId: providerTenant,
      tags: {},
      owners: [],
    });
  }
}

async function offer(prefix: string, tags: Record<string, string> = { env: "prod" }): Promise<void> {
  const { controlUrl, controlSecret } = stack.arm;
  const seeded = Array.from({ length: services }, (_, index) => serviceSeed(`${prefix}-${index}`, tags));
  const answer = await fetch(`${controlUrl}/state`, {
    method: "POST",
    headers: { "x-plgate-control": controlSecret, "content-type": "application/json" },
    body: JSON.stringify({ services: seeded }),
  });
  if (!answer.ok) throw new Error(`the local ARM did not take the services: ${answer.status} ${await answer.text()}`);
}

async function ask(prefix: string): Promise<void> {
  const began = Date.now();
  await inParallel(connections, 50, async (index) => {
    const subscription = customer(index % customers);
    const service = Math.floor(index / customers) % services;
    const target = `/subscriptions/${providerSubscription}/resourceGroups/${providerGroup}/providers/Microsoft.Network/privateLinkServices/${prefix}-${service}`;
    const subnet = `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s`;
    await client(subscription).privateEndpoints.createOrUpdate(
      "rg",
      `${prefix}-pe-${index}`,
      {
        location: "westeurope",
        subnet: { id: subnet },
        manualPrivateLinkServiceConnections: [{ name: "x", privateLinkServiceId: target }],
      },
      { updateIntervalInMs: 20 },
    );
  });
  console.line(`the consumers asked within ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

async function listed(prefix: string) {
  const found = [];
  for await (const service of client(providerSubscription).privateLinkServices.listBySubscription()) {
    if (service.name?.startsWith(`${prefix}-`)) found.push(service);
  }
  return found;
}

async function approved(prefix: string): Promise<number> {
  const all = (await listed(prefix)).flatMap((service) => service.privateEndpointConnections ?? []);
  return all.filter((one) => one.privateLinkServiceConnectionState?.status === "Approved").length;
}

/** The peer: what a script after the deployment does. One service after the other in five lanes, the client's own retries. */
async function script(prefix: string): Promise<void> {
  const found = await listed(prefix);
  const { privateLinkServices } = client(providerSubscription);
  await inParallel(found.length, 5, async (index) => {
    const service = found[index];
    for (const connection of service?.privateEndpointConnections ?? []) {
      await approve(() =>
        privateLinkServices.updatePrivateEndpointConnection(providerGroup, service?.name ?? "", connection.name ?? "", {
          name: connection.name ?? "",
          privateLinkServiceConnectionState: { status: "Approved", description: "ok", actionsRequired: "None" },
        }),
      );
    }
  });
}

async function approve(write: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await write();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/** Calls of one caller to ARM so far, refused ones included. */
function callsOf({ arm }: Stack, objectId: string): { readonly read: number; readonly write: number } {
  const { read = 0, write = 0 } = arm.counts().byCaller[objectId] ?? {};
  return { read, write };
}

type Calls = ReturnType<typeof callsOf>;

function report(who: string, done: typeof writes, before: Calls, after: Calls): void {
  const times = done.map(({ at }) => at).sort((a, b) => a - b);
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  const distinct = new Set(done.map(({ connection }) => connection)).size;
  const share = Math.round((boundSeconds / seconds) * 100);
  console.line(
    `${who}: ${distinct} of ${connections} approved in ${seconds.toFixed(1)} s (${share} % of the bound), ${perApproval(after.write - before.write)} writes and ${perApproval(after.read - before.read)} reads of ARM per approval`,
  );
}

function perApproval(calls: number): string {
  return (calls / connections).toFixed(3);
}

async function inParallel(count: number, lanes: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) await act(index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

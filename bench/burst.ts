import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
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
import { startStack } from "../local/stack.ts";
import { ConsumerTable } from "../src/azure/consumer-table.ts";
import { openStorage } from "../src/azure/storage.ts";
import { type Cost, costOf, percentile, said } from "./process-cost.ts";

/*
 * Many connections at once, ARM with its lock, its token buckets and latency: how near to the bound that lock and bucket allow, with how
 * many calls to ARM, beside a script that lists and approves. Both in one run, on this machine.
 *
 * `--connections 5000 --services 250 --speed 4` is the large one: the buckets of the local ARM fill `speed` times as fast, so
 * that it takes minutes instead of a quarter of an hour. Everything else (latency, lock, Retry-After in whole seconds) stays as it is.
 */
const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "500" },
    services: { type: "string", default: "25" },
    speed: { type: "string", default: "1" },
    peer: { type: "boolean", default: true },
    // Off by itself, as in most deployments, and as the script publishes nothing either.
    publish: { type: "boolean", default: false },
  },
  allowNegative: true,
});
const [connections, services, speed] = [values.connections, values.services, values.speed].map(Number) as [
  number,
  number,
  number,
];
const customers = 10;
// ARM's buckets: 200 writes at once, then 10 a second; 250 reads, then 25 (azure.md 5.1).
const capacity = 200;
const boundSeconds = Math.max(1, connections - capacity) / (10 * speed);

const console = new DemoConsole();
await import("../build.ts");
const dir = await mkdtemp(join(tmpdir(), "plgate-bench-"));
/** When each endpoint asked and was approved, by its name. */
const asked = new Map<string, number>();
const approved = new Map<string, number>();
const stack = await startStack({
  dir,
  freePorts: true,
  inMemory: true,
  publish: values.publish,
  arm: {
    "latency.writeMs": { p50: 60, p99: 200 },
    "latency.readMs": { p50: 10, p99: 40 },
    "buckets.writes": { capacity, perSecond: 10 * speed },
    "buckets.reads": { capacity: 250, perSecond: 25 * speed },
  },
  onArmWrite: ({ resourceId, succeeded }) => {
    const [, kind = "", name = ""] =
      /\/(privateEndpoints|privateEndpointConnections)\/([^/.]+)/i.exec(resourceId) ?? [];
    const times = kind.toLowerCase() === "privateendpoints" ? asked : approved;
    if (succeeded && kind && !times.has(name.toLowerCase())) times.set(name.toLowerCase(), Date.now());
  },
});
try {
  await registerCustomers();
  console.line(
    `${connections} connections on ${services} services, buckets x ${speed}: the bound is ${boundSeconds} s`,
  );
  await offer("bench-a", { env: "prod" });
  await runProduct("bench-a");
  if (values.peer) {
    await offer("bench-b", { env: "nobody" });
    await runPeer("bench-b");
  }
} finally {
  await stack.stop();
  await rm(dir, { recursive: true, force: true });
}

async function runProduct(prefix: string): Promise<void> {
  const { host } = stack;
  const [calls, cost, restarts] = [callsOf(appIdentity.objectId), costOf(host.pid()), host.restarts()];
  await ask(prefix);
  await until(
    "plgate to approve all",
    console,
    async () => (approved.size >= connections ? true : undefined),
    1_800_000,
  );
  report("plgate", calls, callsOf(appIdentity.objectId));
  console.line(
    `plgate: ${said(cost, costOf(host.pid()), connections)}, ${host.restarts() - restarts} restarts of its host`,
  );
  const { ok } = await new DemoApi(stack).verify();
  console.line(`plgate: chains ${ok ? "verify" : "ARE BROKEN"}`);
}

async function runPeer(prefix: string): Promise<void> {
  asked.clear();
  approved.clear();
  await ask(prefix);
  const calls = callsOf(developer.objectId);
  const token = await stack.issuer.mintArmToken(developer);
  const peer = fork(join(import.meta.dirname, "burst-script.ts"), [stack.arm.url, token, prefix], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(dir, "ca.pem") },
  });
  const [told]: [{ failures: number; before?: Cost; after?: Cost }] = (await once(peer, "message")) as never;
  report("a script that lists and approves", calls, callsOf(developer.objectId));
  console.line(
    `the script: ${said(told.before, told.after, connections)}, ${told.failures} failures that it tried again`,
  );
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

async function registerCustomers(): Promise<void> {
  const registry = new ConsumerTable(openStorage({ connectionString: stack.azurite.connectionString }).consumers);
  for (let index = 0; index < customers; index += 1) {
    const known = { name: `Customer ${index}`, tier: "gold", tenantId: providerTenant, tags: {}, owners: [] };
    await registry.put({ subscriptionId: customer(index), ...known });
  }
}

async function offer(prefix: string, tags: Record<string, string>): Promise<void> {
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
  const clients = Array.from({ length: customers }, (_, index) => client(customer(index)));
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < connections; index = next++) {
      const subscription = customer(index % customers);
      const service = Math.floor(index / customers) % services;
      const target = `/subscriptions/${providerSubscription}/resourceGroups/${providerGroup}/providers/Microsoft.Network/privateLinkServices/${prefix}-${service}`;
      const subnet = `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s`;
      await clients[index % customers]?.privateEndpoints.createOrUpdate(
        "rg",
        `${prefix}-pe-${index}`,
        {
          location: "westeurope",
          subnet: { id: subnet },
          manualPrivateLinkServiceConnections: [{ name: "x", privateLinkServiceId: target }],
        },
        { updateIntervalInMs: 20 },
      );
    }
  };
  await Promise.all(Array.from({ length: 50 }, lane));
  console.line(`the consumers asked within ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

type Calls = { readonly read: number; readonly write: number };

/** Calls of one caller to ARM so far, refused ones included. */
function callsOf(objectId: string): Calls {
  const { read = 0, write = 0 } = stack.arm.counts().byCaller[objectId] ?? {};
  return { read, write };
}

function report(who: string, before: Calls, after: Calls): void {
  const times = [...approved.values()].sort((one, other) => one - other);
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  const waits = [...approved].map(([name, at]) => (at - (asked.get(name) ?? at)) / 1000);
  const share = Math.round((boundSeconds / seconds) * 100);
  const each = (calls: number) => (calls / connections).toFixed(3);
  console.line(
    `${who}: ${times.length} of ${connections} approved in ${seconds.toFixed(1)} s (${share} % of the bound), ${each(after.write - before.write)} writes and ${each(after.read - before.read)} reads of ARM per approval`,
  );
  console.line(
    `${who}: asked to Approved p50 ${percentile(waits, 0.5).toFixed(1)} s, p99 ${percentile(waits, 0.99).toFixed(1)} s`,
  );
}

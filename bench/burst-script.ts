import { NetworkManagementClient, type PrivateLinkService } from "@azure/arm-network";
import { providerGroup, providerSubscription } from "../local/seed.ts";
import { costOf } from "./process-cost.ts";

/*
 * The peer of bench/burst.ts, a process of its own: what a script after the deployment does. It lists the services, and approves
 * what is pending one by one, five services at a time, with the client's own retries; what fails it tries again a second later.
 */
const [url = "", token = "", prefix = ""] = process.argv.slice(2);
const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_000_000 }) };
const { privateLinkServices } = new NetworkManagementClient(credential, providerSubscription, { endpoint: url });

const before = costOf(process.pid);
const found: PrivateLinkService[] = [];
for await (const service of privateLinkServices.listBySubscription()) {
  if (service.name?.startsWith(`${prefix}-`)) found.push(service);
}
let next = 0;
let failures = 0;
await Promise.all(Array.from({ length: 5 }, lane));
process.send?.({ failures, before, after: costOf(process.pid) });

async function lane(): Promise<void> {
  for (let index = next++; index < found.length; index = next++) {
    const service = found[index];
    for (const { name = "" } of service?.privateEndpointConnections ?? []) await approve(service?.name ?? "", name);
  }
}

async function approve(service: string, name: string): Promise<void> {
  const state = { status: "Approved", description: "ok", actionsRequired: "None" };
  for (;;) {
    try {
      await privateLinkServices.updatePrivateEndpointConnection(providerGroup, service, name, {
        name,
        privateLinkServiceConnectionState: state,
      });
      return;
    } catch {
      failures += 1;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConsumerTable } from "../src/azure/consumer-table.ts";
import { PolicyStore } from "../src/azure/policy-store.ts";
import { ensureTables, openStorage } from "../src/azure/storage.ts";
import { type ConsumerSeed, consumers } from "./seed.ts";

const policyFile = join(import.meta.dirname, "..", "policies", "demo.yaml");

/** Puts the demo's policy and the registered consumers into the store, by the adapters that the app itself uses. */
export async function seedStorage(connectionString: string): Promise<void> {
  const storage = openStorage({ connectionString });
  const problems = await ensureTables(storage);
  if (problems.length > 0) throw new Error(problems.join("; "));
  const store = new PolicyStore(storage.policies, { now: () => new Date() });
  const published = await store.publish(await readFile(policyFile, "utf8"), { author: "local stack", note: "seed" });
  if (!published.ok) throw new Error(`${policyFile} is not a policy: ${JSON.stringify(published.faults)}`);
  const registry = new ConsumerTable(storage.consumers);
  const all: readonly ConsumerSeed[] = Object.values(consumers);
  for (const { name, subscriptionId, tenantId, registry: entry } of all) {
    if (entry) await registry.put({ subscriptionId, name, tenantId, tier: entry.tier, tags: entry.tags });
  }
}

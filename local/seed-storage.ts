import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AuditIndex } from "../src/azure/audit-index.ts";
import { ConsumerTable } from "../src/azure/consumer-table.ts";
import { openLedger } from "../src/azure/ledger.ts";
import { PolicyVersionTable } from "../src/azure/policy-version-table.ts";
import { ensureTables, openStorage } from "../src/azure/storage.ts";
import { robot } from "../src/decision/decision.ts";
import type { OutboxEntry } from "../src/ledger/commit.ts";
import { publishPolicy } from "../src/workflow/administer-policies.ts";
import { type ConsumerSeed, consumers } from "./seed.ts";

const policyFile = join(import.meta.dirname, "..", "policies", "demo.yaml");
const testFile = join(import.meta.dirname, "..", "policies", "demo.test.yaml");

type PolicyFile = { readonly source: string; readonly file: string };

/** Publishes a policy and puts it in force, by the adapters and the workflow that the app itself uses. */
export async function publishFor(connectionString: string, policy: PolicyFile, tests?: PolicyFile): Promise<void> {
  const storage = openStorage({ connectionString });
  const clock = { now: () => new Date() };
  const versions = new PolicyVersionTable(storage.policies);
  const { ledger, outbox } = openLedger(storage.ledger, clock);
  const index = new AuditIndex(storage.index);
  const follow = async (entries: readonly OutboxEntry[]) => {
    for (const entry of entries) {
      const { service, firstSeq, seq } = entry;
      await index.addEvents(service, await ledger.eventsBetween(service, firstSeq, seq));
      await outbox.done(entry);
    }
  };
  const hand = { who: robot, door: "cli", correlation: randomUUID(), clock } as const;
  const published = await publishPolicy(
    {
      ...{ ...policy, activate: true },
      tests,
      // The demo shows a rejection at once, and a policy of a test has no tests of its own.
      acknowledge: tests ? ["never-in-shadow"] : ["never-in-shadow", "untested"],
    },
    { hand, author: "local stack", note: "seed" },
    { versions, ledger, clock, follow },
  );
  if (published.kind !== "published") {
    throw new Error(`${policy.file} is not in force: ${JSON.stringify(published)}`);
  }
}

/** Puts the demo's policy and the registered consumers into the store, by the adapters that the app itself uses. */
export async function seedStorage(connectionString: string): Promise<void> {
  const storage = openStorage({ connectionString });
  const problems = await ensureTables(storage);
  if (problems.length > 0) throw new Error(problems.join("; "));
  const read = async (path: string, file: string) => ({ source: await readFile(path, "utf8"), file });
  await publishFor(connectionString, await read(policyFile, "demo.yaml"), await read(testFile, "demo.test.yaml"));
  const registry = new ConsumerTable(storage.consumers);
  const all: readonly ConsumerSeed[] = Object.values(consumers);
  for (const { name, subscriptionId, tenantId, registry: entry } of all) {
    if (entry)
      await registry.put({
        subscriptionId,
        name,
        tenantId,
        tier: entry.tier,
        tags: entry.tags,
        owners: entry.owners ?? [],
      });
  }
}

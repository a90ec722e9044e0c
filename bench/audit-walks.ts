/** Everything read once: all chains verified, and all pages of the audit taken as an export takes them. */
import { AuditIndex } from "../src/azure/audit-index.ts";
import { openLedger } from "../src/azure/ledger.ts";
import type { AuditPage } from "../src/ledger/query.ts";
import { serviceKey } from "../src/requests/request-id.ts";
import { verifyAudit } from "../src/workflow/verify-audit.ts";
import { FakeWatch } from "../test/fakes/watch.ts";
import { services } from "./audit-history.ts";
import { meterOf } from "./audit-meter.ts";
import type { Store } from "./audit-stores.ts";

export type Walked = { readonly events: number; readonly perSecond: number; readonly requests: number };
type Memory = { readonly rssMiB: number; readonly heapMiB: number };
export type Exported = Walked & { readonly begin: Memory; readonly peak: Memory; readonly end: Memory };

const clock = { now: () => new Date() };

/** Walks the chains of these services; a break stops the run. */
export async function verifyAll(store: Store, keys: readonly string[]): Promise<Walked> {
  const { ledger } = openLedger(store.storage.ledger, clock);
  const watch = new FakeWatch(clock);
  const wanted = new Set(keys);
  for (const service of services.filter(({ id }) => wanted.has(serviceKey(id)))) await watch.wake(service, "timer");
  const counted = meterOf(store.storage.ledger);
  counted.take();
  const from = performance.now();
  const { ok, chains } = await verifyAudit(undefined, { ledger, watch });
  const seconds = (performance.now() - from) / 1000;
  if (!ok) throw new Error(`a chain is broken: ${JSON.stringify(chains.find((chain) => !chain.ok))}`);
  const events = chains.reduce((sum, chain) => sum + chain.events, 0);
  return { events, perSecond: events / seconds, requests: counted.take().requests };
}

/** Reads page after page, the longest there are, and writes each line away. The heap is cleaned before it is looked at. */
export async function exportAll(store: Store, write: (line: string) => void): Promise<Exported> {
  const index = new AuditIndex(store.storage.index);
  const counted = meterOf(store.storage.index);
  counted.take();
  const begin = memory();
  let [peak, requests, events, ms] = [begin, 0, 0, 0];
  let after: string | null = null;
  do {
    const from = performance.now();
    const page: AuditPage = await index.searchAudit({ top: 1000, ...(after ? { after } : {}) });
    for (const entry of page.entries) write(`${JSON.stringify(entry)}\n`);
    ms += performance.now() - from;
    events += page.entries.length;
    after = page.next;
    // Taken page by page: the meter keeps what it has not counted yet.
    requests += counted.take().requests;
    peak = higher(peak, memory());
  } while (after !== null);
  return { events, perSecond: (events * 1000) / ms, requests, begin, peak, end: memory() };
}

function memory(): Memory {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMiB: rss / 2 ** 20, heapMiB: heapUsed / 2 ** 20 };
}

function higher(one: Memory, other: Memory): Memory {
  return { rssMiB: Math.max(one.rssMiB, other.rssMiB), heapMiB: Math.max(one.heapMiB, other.heapMiB) };
}

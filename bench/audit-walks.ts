/** Everything read once: all chains verified, and all pages of the audit taken as an export takes them. */
import { AuditIndex } from "../src/azure/audit-index.ts";
import { AuditTrail } from "../src/azure/audit-trail.ts";
import { IndexTableCare } from "../src/azure/index-care.ts";
import type { AuditPage } from "../src/ledger/query.ts";
import { verifyAudit } from "../src/workflow/verify-audit.ts";
import { FakeAnchors, FakeArchive } from "../test/fakes/audit.ts";
import { meterOf } from "./audit-meter.ts";
import type { Store } from "./audit-stores.ts";

export type Walked = { readonly events: number; readonly perSecond: number; readonly requests: number };
type Memory = { readonly rssMiB: number; readonly heapMiB: number };
export type Exported = Walked & { readonly begin: Memory; readonly peak: Memory; readonly end: Memory };

/** Walks all chains that the store holds, with the requests beside them; a break stops the run. */
export async function verifyAll(store: Store): Promise<Walked> {
  const trail = new AuditTrail(store.storage.ledger, new FakeArchive());
  const ports = { trail, anchors: new FakeAnchors(), indexCare: new IndexTableCare(store.storage.index) };
  const counted = meterOf(store.storage.ledger);
  counted.take();
  const from = performance.now();
  const { ok, chains, events } = await verifyAudit({ anchors: false, index: false }, ports);
  const seconds = (performance.now() - from) / 1000;
  if (!ok) throw new Error(`a chain is broken: ${JSON.stringify(chains.find((chain) => !chain.ok))}`);
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

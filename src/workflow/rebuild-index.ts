import { isUntouched } from "../ledger/chain.ts";
import type { AuditEvent } from "../ledger/event.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import type { AuditPorts, IndexCheck, Trail } from "./audit-ports.ts";

export type RebuildPorts = Pick<AuditPorts, "trail" | "indexCare">;

export type RebuildProgress = { readonly chains: number; readonly of: number; readonly events: number };

export type Rebuilt = {
  readonly chains: number;
  readonly events: number;
  readonly requests: number;
  /** Rows of no event that were removed. */
  readonly removed: number;
  /** The chain behind which an earlier run had stopped; null when this one began at the beginning. */
  readonly resumedAfter: ServiceKey | null;
  /** Events and requests that cannot be read and so are in no list; the verification names them. */
  readonly unreadable: number;
};

const eventsAtOnce = 200;
const chainsAtOnce = 4;

/**
 * Makes all lists anew from the chains: writes every row as it should be, then removes those of no event.
 *
 * Chain by chain in the order of their keys, and how far it came is kept in the store: killed or interrupted, the next
 * run, on whichever machine, goes on there. Events that are written meanwhile bring their own rows.
 */
export async function rebuildIndex(
  { fresh }: { readonly fresh: boolean },
  ports: RebuildPorts,
  show: (progress: RebuildProgress) => void = () => undefined,
): Promise<Rebuilt> {
  const resumedAfter = fresh ? null : await ports.indexCare.rebuilt();
  const all: ServiceKey[] = [];
  for await (const chain of ports.trail.chains()) all.push(chain);
  const chains = all.sort().filter((chain) => resumedAfter === null || chain > resumedAfter);
  const sum = { events: 0, requests: 0, unreadable: 0 };
  let done = all.length - chains.length;
  for (let at = 0; at < chains.length; at += chainsAtOnce) {
    const some = chains.slice(at, at + chainsAtOnce);
    await Promise.all(
      some.map((chain) => restoreChain(chain, sum, ports, () => show({ chains: done, of: all.length, ...sum }))),
    );
    done += some.length;
    await ports.indexCare.setRebuilt(some.at(-1) ?? null);
    show({ chains: done, of: all.length, ...sum });
  }
  const removed = await removeStrays(all, ports);
  await ports.indexCare.setRebuilt(null);
  return { chains: chains.length, ...sum, removed, resumedAfter };
}

type Sum = { events: number; requests: number; unreadable: number };

async function restoreChain(chain: ServiceKey, sum: Sum, ports: RebuildPorts, tell: () => void): Promise<void> {
  let some: AuditEvent[] = [];
  const write = async () => {
    await ports.indexCare.restore(chain, some);
    sum.events += some.length;
    some = [];
    tell();
  };
  for await (const stored of ports.trail.newestFirst(chain)) {
    // What is not what was recorded must answer no question.
    if ("problem" in stored || !isUntouched(stored.event)) sum.unreadable += 1;
    else some.push(stored.event);
    if (some.length >= eventsAtOnce) await write();
  }
  await write();
  for await (const state of ports.trail.states(chain)) {
    if ("problem" in state) sum.unreadable += 1;
    else {
      await ports.indexCare.restoreRequest(state.request, state.seq, () => endOf(chain, ports.trail));
      sum.requests += 1;
    }
  }
}

async function endOf(chain: ServiceKey, trail: Trail): Promise<number> {
  const found = await trail.headOf(chain);
  // Without a head nothing tells a forged line: then it stays.
  return "head" in found ? found.head.seq : Number.POSITIVE_INFINITY;
}

async function removeStrays(chains: readonly ServiceKey[], { trail, indexCare }: RebuildPorts): Promise<number> {
  const check = await indexCare.check();
  const ends = new Map<ServiceKey, number>();
  for (const chain of chains) {
    const found = await trail.headOf(chain);
    if ("problem" in found) continue;
    ends.set(chain, found.head.seq);
    await expectAll(chain, found.head.seq, check, trail);
  }
  let removed = 0;
  for await (const fault of check.faults(ends, trail)) {
    if (fault.problem !== "of no event") continue;
    await indexCare.removeRow(fault);
    removed += 1;
  }
  return removed;
}

async function expectAll(chain: ServiceKey, end: number, check: IndexCheck, trail: Trail): Promise<void> {
  for await (const stored of trail.newestFirst(chain, end)) {
    if ("event" in stored && isUntouched(stored.event)) check.expect(chain, stored.event);
  }
}

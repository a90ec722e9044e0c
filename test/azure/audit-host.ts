import { AuditIndex } from "../../src/azure/audit-index.ts";
import { openLedger } from "../../src/azure/ledger.ts";
import type { MarkerTimes } from "../../src/azure/outbox-markers.ts";
import type { Storage } from "../../src/azure/storage.ts";
import { dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import type { Clock, Ports } from "../../src/workflow/ports.ts";
import { fakePorts } from "../fakes/ports.ts";

/** A host as the app has it where it concerns the audit: ledger, outbox, cards and index are stored, the rest is in memory. */
export function auditHost(storage: Pick<Storage, "ledger" | "index">, clock: Clock, times?: MarkerTimes): Ports {
  const { ledger, outbox, cards } = openLedger(storage.ledger, clock, times);
  return { ...fakePorts(), ledger, outbox, cards, index: new AuditIndex(storage.index), clock };
}

/** A clock that runs ahead of the real one: what others have just written or claimed is old by it. */
export function clockAhead(aheadMs: () => number): Clock {
  return { now: () => new Date(Date.now() + aheadMs()) };
}

const sweepsAtMost = 100;
/** Longer than a claim of an effect or of a card lasts. */
const minuteMs = 61_000;

/**
 * Sweeps, a minute later each time, until nothing is left to do; gives the number of effects that it found.
 * What can never be done is left, for the look through the audit to find.
 */
export async function sweepAll(open: (clock: Clock) => Ports, aheadMs: number): Promise<number> {
  let ahead = aheadMs;
  const host = open(clockAhead(() => ahead));
  let effects = 0;
  for (let sweeps = 0; sweeps < sweepsAtMost; sweeps += 1) {
    ahead += minuteMs;
    const { found } = await dispatchLeftOver(host);
    if (found === 0) break;
    effects += found;
  }
  return effects;
}

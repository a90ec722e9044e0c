import type { Telemetry } from "../runtime/telemetry.ts";
import { type Anchored, type AnchorPorts, anchorChains } from "./anchor-chains.ts";
import type { IndexCare } from "./audit-ports.ts";
import type { Ports } from "./ports.ts";
import { trimIndex } from "./trim-index.ts";

/** Well below the five minutes that the host gives a function; the next run goes on. */
const trimMs = 120_000;

/**
 * What the timer does for the audit: anchors all chains, says loudly when one is not what was anchored before, and, when
 * the lists are to hold `indexDays` only, takes out what is older.
 */
export async function keepEvidence(
  indexDays: number | undefined,
  ports: AnchorPorts &
    Pick<Ports, "log"> & { readonly indexCare: IndexCare; readonly telemetry: Pick<Telemetry, "gauge"> },
): Promise<Anchored> {
  const anchored = await anchorChains(ports);
  for (const { chain, problem } of anchored.broken) {
    ports.log.error('a chain is not what was anchored; run "plgate audit verify --anchors"', { chain, problem });
  }
  const { day, chains, broken } = anchored;
  // Before the lists are cut: what fails there must not hide this.
  ports.telemetry.gauge("plgate.anchors.chains", chains);
  ports.telemetry.gauge("plgate.anchors.broken", broken.length);
  ports.log.info("anchored", { day, chains, broken: broken.length });
  if (indexDays === undefined) return anchored;
  const end = performance.now() + trimMs;
  const { floor, removed, done } = await trimIndex(indexDays, ports, () => performance.now() < end);
  ports.log.info("trimmed the lists of events", { floor, removed, done });
  return anchored;
}

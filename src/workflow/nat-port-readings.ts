import { messageOf } from "../runtime/errors.ts";
import type { Metrics, Ports } from "./ports.ts";
import type { Review } from "./review.ts";

type Reading = { readonly at: number; readonly percent: number | null };

const everyMs = 15 * 60_000;
const keptAtMost = 10_000;
// For each source of metrics what it said last. Only a saved read: after a restart it is read once more.
const readings = new WeakMap<Metrics, Map<string, Reading>>();

/**
 * The share of NAT ports in use, read at most every quarter of an hour; null when it cannot be told, when Azure publishes none, or
 * where nobody wants it read. Consumers use ports up without any event, so the service is looked at again for it.
 */
export async function natPortsNow(review: Review, ports: Ports): Promise<number | null> {
  if (!ports.settings.natPortMetrics) return null;
  const now = ports.clock.now().getTime();
  const known = readings.get(ports.metrics) ?? new Map<string, Reading>();
  readings.set(ports.metrics, known);
  const { ref } = review.service;
  const last = known.get(ref.id);
  const isFresh = last !== undefined && now - last.at < everyMs;
  const reading = isFresh ? last : { at: now, percent: await read(review, ports) };
  if (!last && known.size >= keptAtMost) known.clear();
  known.set(ref.id, reading);
  review.lookAgainBy(new Date(reading.at + everyMs));
  return reading.percent;
}

async function read({ service: { ref } }: Review, { metrics, log }: Ports): Promise<number | null> {
  try {
    return await metrics.natPorts(ref);
  } catch (error) {
    log.warn("the NAT ports of a service cannot be read", { service: ref.id, error: messageOf(error) });
    return null;
  }
}

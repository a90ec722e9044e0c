import { messageOf } from "../runtime/errors.ts";
import type { Telemetry } from "../runtime/telemetry.ts";
import { secondsBetween } from "./measure.ts";
import type { Parked, Ports, SweepMeasures } from "./ports.ts";

/** What one host knows beside the sweep. */
type HostSight = {
  readonly parked: Pick<Parked, "waiting">;
  readonly left: () => readonly {
    readonly subscriptionId: string;
    readonly kind: string;
    readonly remaining: number;
  }[];
};

// Those with the least left: a gauge for each of hundreds of subscriptions would be noise.
const toldBuckets = 20;
/** Every state is told, so that a line in a chart comes back to zero. */
const openStates = ["received", "awaiting-decision", "approving", "rejecting", "failed"] as const;

/** Tells what a sweep found as numbers, for alerts. What cannot be measured now is said, and the rest is told all the same. */
export async function tellMeasures(
  measures: SweepMeasures,
  host: HostSight,
  ports: Pick<Ports, "outbox" | "clock" | "log">,
  telemetry: Telemetry,
): Promise<void> {
  const now = ports.clock.now();
  if (measures.lagSeconds !== null) telemetry.gauge("plgate.sweep.lag", measures.lagSeconds);
  telemetry.gauge("plgate.sweep.services", measures.services);
  telemetry.gauge("plgate.sweep.woken", measures.woken);
  telemetry.gauge("plgate.sweep.unreadable", measures.unreadable.length);
  for (const state of openStates)
    telemetry.gauge("plgate.requests.open", measures.openByState?.[state] ?? 0, { state });
  telemetry.gauge("plgate.requests.oldest", ageOf(measures.oldestUndecidedAt, now));
  for (const { subscriptionId: subscription, kind, remaining } of host.left().slice(0, toldBuckets)) {
    telemetry.gauge("plgate.arm.left", remaining, { subscription, kind });
  }
  const [outbox, parked] = await Promise.allSettled([ports.outbox.waiting(), host.parked.waiting()]);
  if (outbox.status === "fulfilled") {
    telemetry.gauge("plgate.outbox.age", ageOf(outbox.value.oldest?.toISOString() ?? null, now));
  } else ports.log.warn("the outbox cannot be measured now", { error: messageOf(outbox.reason) });
  if (parked.status === "fulfilled") telemetry.gauge("plgate.poison", parked.value.count);
  else ports.log.warn("the parked messages cannot be counted now", { error: messageOf(parked.reason) });
}

function ageOf(since: string | null, now: Date): number {
  return since === null ? 0 : secondsBetween(new Date(since), now);
}

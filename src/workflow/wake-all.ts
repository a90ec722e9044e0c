import type { ServiceRef } from "../connection/arm-id.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Ports } from "./ports.ts";

export type WakeUp = { readonly service: ServiceRef; readonly seconds: number };

export type WakingLimits = {
  /** Wake-ups under way at once: each is two or three short calls to storage. */
  readonly lanes: number;
  /** In milliseconds since 1970: after it nothing more is woken. */
  readonly until: number;
};

/** Wakes in the order given, some at a time. One that fails stops no other, and differs still at the next sweep. */
export async function wakeAll(
  wakeUps: readonly WakeUp[],
  { lanes, until }: WakingLimits,
  ports: Pick<Ports, "watch" | "clock" | "log">,
): Promise<number> {
  let next = 0;
  let woken = 0;
  const lane = async () => {
    for (let at = next++; at < wakeUps.length && ports.clock.now().getTime() < until; at = next++) {
      const wakeUp = wakeUps[at];
      if (wakeUp && (await wake(wakeUp, ports))) woken += 1;
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, wakeUps.length) }, lane));
  if (woken < wakeUps.length) {
    ports.log.warn("not every service could be woken; the next sweep goes on", { woken, due: wakeUps.length });
  }
  return woken;
}

async function wake({ service, seconds }: WakeUp, { watch, log }: Pick<Ports, "watch" | "log">): Promise<boolean> {
  try {
    await watch.wake(service, "timer", seconds);
    return true;
  } catch (error) {
    log.error("a service cannot be woken now", { service: service.id, error: messageOf(error) });
    return false;
  }
}

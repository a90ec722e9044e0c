import { messageOf } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import type { Parked } from "./ports.ts";

/**
 * Gives what says in the log that wake-ups were given up: once when there are some, again when there are more. Their services are
 * swept as all others, so nothing is lost by them; what made them fail is what somebody has to look at.
 */
export function parkedAlarm(parked: Pick<Parked, "waiting">): (log: Log) => Promise<void> {
  let told = 0;
  return async (log) => {
    try {
      const { count, oldest } = await parked.waiting();
      const since = oldest?.toISOString() ?? null;
      if (count > told) log.error("wake-ups failed too often and are parked; see plgate ops parked", { count, since });
      told = count;
    } catch (error) {
      log.warn("the queue of parked messages cannot be read", { error: messageOf(error) });
    }
  };
}

import { PlgateError } from "../runtime/errors.ts";
import { Allowance, type Ending, type Limit, type PaceTime } from "./allowance.ts";

export type Pacer = {
  /**
   * Waits for the place's turn, first come first served, and gives what has to be called when the call has ended.
   * Throws a retryable PlgateError when the turn does not come within `waitMs`.
   */
  turn(place: string, waitMs: number): Promise<(ending: Ending) => void>;
};

type Waiting = {
  readonly grant: (end: (ending: Ending) => void) => void;
  readonly refuse: (error: PlgateError) => void;
  takeBack: () => void;
};

type Place = {
  readonly allowance: Allowance;
  readonly queue: Waiting[];
  takeBack: () => void;
};

/**
 * What one bot may do in one channel: sends, creations and updates together, although each kind is documented to have its
 * own count. A thread belongs to its channel. Source: Teams' page on rate limiting, "per bot per thread" (teams.md 5).
 */
const channelLimits: readonly Limit[] = [
  { most: 7, withinMs: 1_000 },
  { most: 8, withinMs: 2_000 },
  { most: 60, withinMs: 30_000 },
  { most: 1_800, withinMs: 3_600_000 },
];
/** One app in one tenant, over all channels: the lower of the two documented figures. */
const tenantLimits: readonly Limit[] = [{ most: 30, withinMs: 1_000 }];

const forgottenAfterMs = 3_600_000;

/**
 * Keeps this process within the Bot Connector's limits before they are felt, per channel and in memory.
 *
 * Other hosts are not known, so their calls are noticed by 429 alone: the channel then rests for everybody in this process,
 * and gets half the rate, which grows back slowly (`Allowance`).
 */
export function pacer(time: PaceTime = realTime, limits: readonly Limit[] = channelLimits): Pacer {
  const places = new Map<string, Place>();
  const whole = new Allowance(tenantLimits, time);

  const serve = (name: string, place: Place): void => {
    place.takeBack();
    place.takeBack = () => undefined;
    while (place.queue.length > 0) {
      const waitMs = Math.max(place.allowance.waitMs(), whole.waitMs());
      // Nothing is to be planned where only the end of a call makes room.
      if (waitMs > 0) {
        if (Number.isFinite(waitMs)) place.takeBack = time.after(waitMs, () => serve(name, place));
        return;
      }
      const next = place.queue.shift();
      next?.takeBack();
      next?.grant(begin(name, place));
    }
  };

  const begin = (name: string, place: Place) => {
    const endHere = place.allowance.begin();
    const endWhole = whole.begin();
    return (ending: Ending): void => {
      endHere(ending);
      endWhole({ kind: "answered" });
      serve(name, place);
      // Others may have waited for room in the whole.
      for (const [other, one] of places) if (other !== name && one.queue.length > 0) serve(other, one);
    };
  };

  return {
    turn: (name, waitMs) => {
      forgetIdle(places, time.now() - forgottenAfterMs);
      const place = places.get(name) ?? {
        allowance: new Allowance(limits, time),
        queue: [],
        takeBack: () => undefined,
      };
      places.set(name, place);
      if (place.allowance.restMs() > waitMs) return Promise.reject(tooBusy(name));
      return new Promise((grant, refuse) => {
        const waiting: Waiting = { grant, refuse, takeBack: () => undefined };
        waiting.takeBack = time.after(waitMs, () => giveUp(name, place, waiting));
        place.queue.push(waiting);
        serve(name, place);
      });
    },
  };
}

function giveUp(name: string, { queue }: Place, waiting: Waiting): void {
  const at = queue.indexOf(waiting);
  if (at < 0) return;
  queue.splice(at, 1);
  waiting.refuse(tooBusy(name));
}

function tooBusy(name: string): PlgateError {
  return new PlgateError(`the Bot Connector's limit for ${name} is used up for now`, { retryable: true });
}

function forgetIdle(places: Map<string, Place>, before: number): void {
  for (const [name, { allowance, queue }] of places) {
    if (queue.length === 0 && allowance.isIdleSince(before)) places.delete(name);
  }
}

const realTime: PaceTime = {
  // Not the wall clock, which may be set back.
  now: () => performance.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

import type { Clock } from "./ports.ts";

/** What one host heard of Event Grid since it started. */
export type EventSight = {
  readonly since: Date;
  /** Events that asked for a look; null: none did. */
  readonly lastAt: Date | null;
  readonly taken: number;
  /** Events that concern nobody here: a filter that is too wide, or a subscription that is not watched. */
  readonly ignored: number;
};

export type EventCount = {
  take(kind: "taken" | "ignored"): void;
  sight(): EventSight;
};

/** Counts in memory, for health: an event is a hint, and no row is written to remember one. */
export function eventCount(clock: Clock): EventCount {
  const since = clock.now();
  let lastAt: Date | null = null;
  const counts = { taken: 0, ignored: 0 };
  return {
    take(kind) {
      counts[kind] += 1;
      if (kind === "taken") lastAt = clock.now();
    },
    sight: () => ({ since, lastAt, ...counts }),
  };
}

/** In words. Silence is no fault: hosts come and go, quiet days are quiet, and the sweep finds what no event told. */
export function describeEvents({ since, lastAt, taken, ignored }: EventSight, now: Date): string {
  const of = `this host, which runs since ${since.toISOString()}`;
  const others = ignored > 0 ? `, and ${ignored} that concern nobody here` : "";
  if (!lastAt) return `no event that asks for a look has come to ${of}${others}`;
  const minutes = Math.floor((now.getTime() - lastAt.getTime()) / 60_000);
  return `the last event came ${minutes} minute(s) ago, one of ${taken} on ${of}${others}`;
}

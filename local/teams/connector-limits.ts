export type ConnectorLimit = { readonly most: number; readonly withinMs: number };

/** What one bot may do in one channel (teams.md 5, "per bot per thread"). */
export const documentedLimits: readonly ConnectorLimit[] = [
  { most: 7, withinMs: 1_000 },
  { most: 8, withinMs: 2_000 },
  { most: 60, withinMs: 30_000 },
  { most: 1_800, withinMs: 3_600_000 },
];

export type SlidingWindows = {
  /** Counts a call and gives undefined, or gives how long to wait, in milliseconds, and does not count it. */
  ask(place: string, now: number): number | undefined;
};

/**
 * Counts calls per place over sliding spans. Whether the real ones slide, and whether refused calls count, is not documented.
 */
export function slidingWindows(limits: readonly ConnectorLimit[]): SlidingWindows {
  const taken = new Map<string, number[]>();
  return {
    ask: (place, now) => {
      const times = taken.get(place) ?? [];
      const waits = limits.map(({ most, withinMs }) => (times.at(-most) ?? Number.NEGATIVE_INFINITY) + withinMs - now);
      const waitMs = Math.max(0, ...waits);
      if (waitMs > 0) return waitMs;
      taken.set(place, [...times, now].slice(-Math.max(1, ...limits.map(({ most }) => most))));
      return undefined;
    },
  };
}

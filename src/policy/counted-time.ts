import type { CountedHours } from "./review-terms.ts";
import { offsetOf, weekdays } from "./windows.ts";

const minuteLong = 60_000;
const dayLong = 24 * 60 * minuteLong;
// 1970 began on a Thursday.
const sundayBefore1970 = 4 * dayLong;
const longestSearch = 3_660 * dayLong;

/**
 * The instant, in milliseconds since 1970, at which that many minutes of counted time have passed since `start`.
 *
 * Without hours every minute counts. With them only the minutes in which the weekly window is open on the wall clock of
 * its zone, exactly as rules see it (`weeklyWindow`): an hour that the clock skips counts for nothing, one that it repeats
 * counts twice, and a window past midnight belongs to the day on which it began. Infinity when it is not reached within
 * ten years, which is also the answer for a window that is never open: such a time never comes.
 */
export function addCounted(start: number, minutes: number, hours: CountedHours | null): number {
  const wanted = minutes * minuteLong;
  if (hours === null || wanted <= 0) return start + Math.max(0, wanted);
  let left = wanted;
  for (const stretch of steadyStretches(start, hours.timezone)) {
    for (const open of openIn(stretch, hours)) {
      const length = open.end - open.begin;
      if (left <= length) return open.begin + left;
      left -= length;
    }
  }
  return Number.POSITIVE_INFINITY;
}

/** A stretch of time through which the zone's wall clock is `offset` milliseconds ahead of UTC. */
type Stretch = { readonly begin: number; readonly end: number; readonly offset: number };

/**
 * Time from `start` on, in stretches of at most a day. Asking for an offset is what costs, so it is asked once a day; a day
 * in which the clock is changed is parted where it happens. No zone changes its clock there and back within a day.
 */
function* steadyStretches(start: number, timezone: string): Generator<Stretch> {
  const offsetAt = offsetOf(timezone);
  let offset = offsetAt(start);
  for (let begin = start; begin < start + longestSearch; begin += dayLong) {
    const end = begin + dayLong;
    const later = offsetAt(end);
    if (later === offset) {
      yield { begin, end, offset };
      continue;
    }
    const change = firstWith(later, begin, end, offsetAt);
    yield { begin, end: change, offset };
    yield { begin: change, end, offset: later };
    offset = later;
  }
}

/** The first millisecond of ]begin, end] at which the offset is `wanted`; clocks are changed at whole seconds. */
function firstWith(wanted: number, begin: number, end: number, offsetAt: (instant: number) => number): number {
  let before = begin;
  let after = end;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle) === wanted) after = middle;
    else before = middle;
  }
  return after;
}

/** Where the window is open in the stretch, in order. */
function* openIn({ begin, end, offset }: Stretch, hours: CountedHours): Generator<{ begin: number; end: number }> {
  const ahead = offset + sundayBefore1970;
  const overnight = hours.to <= hours.from ? dayLong : 0;
  const lastDay = Math.floor((end + ahead) / dayLong);
  // One day earlier: its window may run past midnight.
  for (let day = Math.floor((begin + ahead) / dayLong) - 1; day <= lastDay; day += 1) {
    const weekday = weekdays[((day % 7) + 7) % 7];
    if (weekday === undefined || !hours.days.includes(weekday)) continue;
    const midnight = day * dayLong - ahead;
    const open = {
      begin: Math.max(begin, midnight + hours.from * minuteLong),
      end: Math.min(end, midnight + hours.to * minuteLong + overnight),
    };
    if (open.begin < open.end) yield open;
  }
}

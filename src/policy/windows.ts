/** A named stretch of time: a range of instants, or hours of the week on the wall clock of a zone (policy.md 4). */
export type Window = {
  readonly contains: (instant: number) => boolean;
  /** The hours of a weekly window by value, its days in the order of the week; left out for a range. */
  readonly weekly?: WeeklyHours;
};

export const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Weekday = (typeof weekdays)[number];

/** Begin inclusive, end exclusive, both in milliseconds since 1970. */
export function rangeWindow(start: number, end: number): Window {
  return { contains: (instant) => start <= instant && instant < end };
}

export type WeeklyHours = {
  readonly days: readonly Weekday[];
  /** Minutes since midnight on the wall clock. */
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
};

/**
 * Hours of the week as the clock on the wall shows them, so summer time is followed: an hour that the clock skips is
 * in no window, an hour that it repeats is in twice. `to` at or before `from` runs past midnight and belongs to the
 * day on which it began.
 */
export function weeklyWindow(hours: WeeklyHours): Window {
  const wallClock = clockOf(hours.timezone);
  const days = new Set<number>(hours.days.map((day) => weekdays.indexOf(day)));
  const overnight = hours.to <= hours.from;
  return {
    weekly: { ...hours, days: weekdays.filter((day) => hours.days.includes(day)) },
    contains: (instant) => {
      const { day, minute } = wallClock(instant);
      if (!overnight) return days.has(day) && hours.from <= minute && minute < hours.to;
      return (days.has(day) && minute >= hours.from) || (days.has((day + 6) % 7) && minute < hours.to);
    },
  };
}

/** What names of zones look like; only the database knows which there are. */
export const timezonePattern = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;

/** True for a zone of the IANA database; offsets such as `+01:00` have no summer time and are not taken. */
export function isTimezone(name: string): boolean {
  if (!timezonePattern.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    // RangeError is how Intl says that there is no such zone.
    return false;
  }
}

type WallClock = { readonly day: number; readonly minute: number };

const hourLong = 3_600_000;
const dayLong = 24 * hourLong;
const weekLong = 7 * dayLong;
// 1970 began on a Thursday.
const sundayBefore1970 = 4 * dayLong;

function clockOf(timezone: string): (instant: number) => WallClock {
  const offsetAt = offsetOf(timezone);
  let steady: { readonly hour: number; readonly offset: number | undefined } | undefined;
  return (instant) => {
    // Asking Intl costs more than all else in a rule, and requests come hour by hour.
    const hour = Math.floor(instant / hourLong);
    if (steady?.hour !== hour) steady = { hour, offset: steadyOffset(offsetAt, hour) };
    const wall = modulo(instant + sundayBefore1970 + (steady.offset ?? offsetAt(instant)), weekLong);
    return { day: Math.floor(wall / dayLong), minute: Math.floor((wall % dayLong) / 60_000) };
  };
}

/** The zone's offset all through one hour, or undefined when the clock is changed in it. */
function steadyOffset(offsetAt: (instant: number) => number, hour: number): number | undefined {
  const offset = offsetAt(hour * hourLong);
  return offset === offsetAt((hour + 1) * hourLong - 1_000) ? offset : undefined;
}

const dayNumbers: ReadonlyMap<string, number> = new Map(weekdays.map((day, number) => [day, number]));

/** How far the zone's wall clock is ahead of UTC, as milliseconds of a week. */
export function offsetOf(timezone: string): (instant: number) => number {
  // A fixed locale and calendar: the answer may not depend on the machine's settings.
  const format = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    timeZone: timezone,
    hourCycle: "h23",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return (instant) => {
    const parts = new Map(format.formatToParts(instant).map((part) => [part.type, part.value]));
    const day = dayNumbers.get(parts.get("weekday")?.toLowerCase() ?? "") ?? Number.NaN;
    const clock = (Number(parts.get("hour")) * 60 + Number(parts.get("minute"))) * 60 + Number(parts.get("second"));
    const wholeSecond = Math.floor(instant / 1_000) * 1_000;
    return modulo(day * dayLong + clock * 1_000 - wholeSecond - sundayBefore1970, weekLong);
  };
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

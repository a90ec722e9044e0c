import { parseTimeSpan } from "./time-span.ts";

export type Schedule = {
  /** The first occurrence after this instant; undefined if there is none within five years. */
  readonly next: (after: Date) => Date | undefined;
  readonly adjustForDst: boolean;
};
type Field = { readonly low: number; readonly high: number; readonly names?: readonly string[] };

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const FIELDS: readonly Field[] = [
  { low: 0, high: 59 },
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31 },
  { low: 1, high: 12, names: MONTHS },
  { low: 0, high: 6, names: DAYS },
];
const FIVE_YEARS_OF_DAYS = 5 * 366;

/**
 * A timer's schedule: NCRONTAB with six fields (five: second 0) in the local time zone, or a TimeSpan (A.3 no. 27).
 * Day and weekday both have to match, unlike in Unix cron [K]. A local time that daylight saving skips is skipped [U].
 */
export function parseSchedule(text: string): Schedule {
  const span = parseTimeSpan(text);
  if (span !== undefined && span > 0) return { next: (after) => new Date(after.getTime() + span), adjustForDst: false };
  const parts = text.trim().split(/\s+/);
  if (parts.length === 5) parts.unshift("0");
  if (parts.length !== FIELDS.length) throw new Error(`"${text}" is neither NCRONTAB nor a TimeSpan`);
  const sets = FIELDS.map((field, index) => parseField(parts[index] ?? "", field, text));
  return { next: (after) => nextMatch(sets, after), adjustForDst: true };
}

/** Whether two of the next occurrences lie less than a minute apart; such a timer keeps no status (no. 28). */
export function isSubMinute(schedule: Schedule, now: Date): boolean {
  let earlier = schedule.next(now);
  for (let count = 0; count < 4 && earlier !== undefined; count += 1) {
    const later = schedule.next(earlier);
    if (later !== undefined && later.getTime() - earlier.getTime() < 60_000) return true;
    earlier = later;
  }
  return false;
}

function parseField(text: string, field: Field, schedule: string): readonly number[] {
  const values = text.split(",").flatMap((part) => parsePart(part, field, schedule));
  return [...new Set(values)].sort((a, b) => a - b);
}

function parsePart(part: string, field: Field, schedule: string): number[] {
  const [, from, to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
  const low = from === "*" ? field.low : value(from, field);
  const open = from === "*" || step !== undefined;
  const high = to === undefined ? (open ? field.high : low) : value(to, field);
  const by = Number(step ?? 1);
  if (Number.isNaN(low) || Number.isNaN(high) || low > high || by < 1)
    throw new Error(`"${part}" is not understood in the schedule "${schedule}"`);
  return Array.from({ length: Math.floor((high - low) / by) + 1 }, (_, index) => low + index * by);
}

function value(text: string | undefined, field: Field): number {
  const named = field.names?.indexOf((text ?? "").toUpperCase()) ?? -1;
  const number = named >= 0 ? named + field.low : Number(text);
  return Number.isInteger(number) && number >= field.low && number <= field.high ? number : Number.NaN;
}

function nextMatch(sets: readonly (readonly number[])[], after: Date): Date | undefined {
  const [seconds = [], minutes = [], hours = [], days = [], months = [], weekdays = []] = sets;
  for (let offset = 0; offset < FIVE_YEARS_OF_DAYS; offset += 1) {
    const day = new Date(after.getFullYear(), after.getMonth(), after.getDate() + offset);
    const fits = days.includes(day.getDate()) && months.includes(day.getMonth() + 1) && weekdays.includes(day.getDay());
    const found = fits ? firstOfDay(day, after, { seconds, minutes, hours }) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

type Times = {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
};

function firstOfDay(day: Date, after: Date, { seconds, minutes, hours }: Times): Date | undefined {
  for (const hour of hours.filter((candidate) => at(day, candidate, 59, 59) > after)) {
    for (const minute of minutes.filter((candidate) => at(day, hour, candidate, 59) > after)) {
      const found = seconds.map((second) => at(day, hour, minute, second)).find((candidate) => candidate > after);
      if (found?.getHours() === hour) return found;
    }
  }
  return undefined;
}

function at(day: Date, hour: number, minute: number, second: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour, minute, second);
}

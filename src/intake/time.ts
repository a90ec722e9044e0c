const shape = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::\d{2}(?:\.(\d{1,9}))?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * A moment that somebody wrote: ISO 8601 with a zone, or a date for its midnight in UTC. Undefined for anything else, and
 * for days that no calendar has, which JavaScript takes for days of the next month.
 *
 * We keep milliseconds. A moment between two of them is the later one, so that "from" and "to" mean the same events as
 * if they were kept exactly.
 */
export function parseMoment(text: string): Date | undefined {
  const [, day = "", , fraction = ""] = shape.exec(text) ?? [];
  const time = Date.parse(text);
  if (day === "" || Number.isNaN(time) || !isDay(day)) return undefined;
  return new Date(/[1-9]/.test(fraction.slice(3)) ? time + 1 : time);
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** The moment that long ago: `90m`, `36h`, `7d`, `2w`. Undefined for any other text. */
export function parseAgo(text: string, now: Date): Date | undefined {
  const [, count = "", unit = ""] = /^([1-9]\d{0,5})([mhdw])$/.exec(text) ?? [];
  const length = units[unit];
  return length === undefined ? undefined : new Date(now.getTime() - Number(count) * length);
}

function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

export const instantPattern =
  /^(\d{4})-(0[1-9]|1[0-2])-(\d{2})(?:T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d)))?$/;

/**
 * Milliseconds since 1970 of an ISO 8601 instant; a date alone is 00:00:00Z on that day (policy.md 1).
 * Undefined for anything else: a time without its offset, a 30th of February.
 */
export function parseInstant(text: string): number | undefined {
  const match = instantPattern.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", sign = "+", , offset = "0"] = match;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // Date.UTC rolls a 30th of February over into March, and takes the year 50 for 1950.
  if (new Date(midnight).getUTCDate() !== Number(day) || Number(year) < 100) return undefined;
  const clock = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  const ahead = (Number(match[9] ?? 0) * 60 + Number(offset)) * (sign === "-" ? -60 : 60);
  return midnight + (clock - ahead) * 1000 + Number(fraction.padEnd(3, "0").slice(0, 3));
}

export const durationPattern = /^P(?:(\d{1,4})W|(?=\d|T\d)(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,7})M)?)?)$/;

/**
 * Minutes of an ISO 8601 duration in weeks, or in days, hours and minutes; undefined for anything else.
 * Months and years are refused because their length depends on the date (policy.md 4).
 */
export function durationMinutes(text: string): number | undefined {
  const match = durationPattern.exec(text);
  if (!match) return undefined;
  const [weeks, days, hours, minutes] = match.slice(1, 5).map((part) => Number(part ?? 0));
  return (weeks ?? 0) * 7 * 24 * 60 + (days ?? 0) * 24 * 60 + (hours ?? 0) * 60 + (minutes ?? 0);
}

/** PT1H to P366D: what an approval may be limited to (policy.md 4). */
export const shortestExpiryMinutes = 60;
export const longestExpiryMinutes = 366 * 24 * 60;

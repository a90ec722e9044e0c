/** Longer than ARM ever asks for: what stands in a header beyond this is a fault of some gateway. */
const longestMs = 3_600_000;
/** What some services of Azure write beside or in place of the standard's own, with its unit in milliseconds (azure.md 4.4). */
const ownHeaders = [
  ["retry-after-ms", 1],
  ["x-ms-retry-after-ms", 1],
  ["x-ms-retry-after", 1000],
] as const;

type HeadersLike = { get(name: string): string | null | undefined };

/**
 * How long an answer asks to be left alone, in milliseconds; undefined when it does not say.
 *
 * `Retry-After` is seconds or a date (RFC 9110, 10.2.3). Whoever asks before that time is refused and starts a new wait
 * (azure.md 5.2), so the whole time is given, an hour at most.
 */
export function retryAfterMs(headers: HeadersLike, now: Date = new Date()): number | undefined {
  const said = headers.get("retry-after");
  const asked = ownHeaders.map(([name, unit]) => milliseconds(headers.get(name), unit));
  const ms = asked.find((one) => one !== undefined) ?? milliseconds(said, 1000) ?? untilDate(said, now);
  return ms === undefined ? undefined : Math.min(ms, longestMs);
}

function milliseconds(text: string | null | undefined, unit: number): number | undefined {
  return text && /^\s*\d{1,9}(\.\d{1,6})?\s*$/.test(text) ? Math.ceil(Number(text) * unit) : undefined;
}

function untilDate(text: string | null | undefined, now: Date): number | undefined {
  // A date only: Date.parse takes "-1" and "soon 5" for dates as well.
  const at = text && /[a-z]{3}.*\d:\d\d/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}

import { durationMinutes } from "../policy/time.ts";
import type { ApprovalRequest } from "./request.ts";

const hourMs = 3_600_000;
const longestWarningMs = 7 * 24 * hourMs;
/** Less than this is no warning: people may not even have read it. */
const leastWarningMs = hourMs / 2;

/** The shortest of some durations, in the words it was given in; undefined when none limits. Losing one never lengthens it. */
export function shortest(durations: readonly (string | null | undefined)[]): string | undefined {
  const known = durations.flatMap((text) => {
    const minutes = text ? durationMinutes(text) : undefined;
    return text && minutes !== undefined ? [{ text, minutes }] : [];
  });
  return known.sort((one, other) => one.minutes - other.minutes)[0]?.text;
}

/** When an approval that ARM confirmed at `from` ends (policy.md 4: it counts from the confirmed approval). */
export function endOf(from: Date, duration: string): Date | undefined {
  const minutes = durationMinutes(duration);
  return minutes === undefined ? undefined : new Date(from.getTime() + minutes * 60_000);
}

type Ending = { readonly since: string; readonly expiresAt: string | null; readonly lasts?: string };

/**
 * From when on people are asked whether an approval is given again: a week before its end, or a quarter of its whole time if
 * that is less, but an hour at least. Undefined for one without end.
 */
export function renewableFrom(approval: Ending): Date | undefined {
  if (approval.expiresAt === null) return undefined;
  const lasts = durationMs(approval.lasts) ?? Date.parse(approval.expiresAt) - Date.parse(approval.since);
  const warning = Math.max(hourMs, Math.min(longestWarningMs, lasts / 4));
  return new Date(Date.parse(approval.expiresAt) - warning);
}

/**
 * When the access ends about which people are asked at `now`: with the approval, or an hour from now where that end is over
 * already, or so near that nobody could answer. Nothing is cut off without a card that had its time.
 */
export function accessEnds(expiresAt: string, now: Date): string {
  const left = Date.parse(expiresAt) - now.getTime();
  return left >= leastWarningMs ? expiresAt : new Date(now.getTime() + hourMs).toISOString();
}

/**
 * When an approval ends that ARM confirmed at `now`; undefined: never.
 *
 * One that is kept near its end, or after it, is given again for as long as before, or for less if that was decided. Kept at any
 * other time it ends when it would have ended, or earlier if that was decided: to be asked is no reason to stay longer.
 */
export function endFrom({ decided, live }: Pick<ApprovalRequest, "decided" | "live">, now: Date): Date | undefined {
  const given = decided?.expiresAfter ? endOf(now, decided.expiresAfter) : undefined;
  if (!live?.ends) return given;
  const from = renewableFrom({ since: live.ends, expiresAt: live.ends, ...(live.lasts ? { lasts: live.lasts } : {}) });
  const before = new Date(live.ends);
  const renewed = shortest([decided?.expiresAfter, live.lasts]);
  if (renewed && from && now >= from) return endOf(now, renewed) ?? before;
  return given && given < before ? given : before;
}

function durationMs(duration: string | undefined): number | undefined {
  const minutes = duration === undefined ? undefined : durationMinutes(duration);
  return minutes === undefined ? undefined : minutes * 60_000;
}

import { durationMinutes } from "../policy/time.ts";

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

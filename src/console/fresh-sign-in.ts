/** How old a sign-in may be where a rule demands the page; the workflow holds the decision itself to the same. */
export const freshMinutes = 10;

// Clocks of two houses differ a little.
const toleranceMs = 60_000;

/** Whether a person proved who they are a moment ago. Not knowing when is no proof; a time to come is none either. */
export function isFresh(signedInAt: Date | undefined, now: Date): boolean {
  if (!signedInAt) return false;
  const age = now.getTime() - signedInAt.getTime();
  return age >= -toleranceMs && age <= freshMinutes * 60_000;
}

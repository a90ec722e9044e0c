export type Backoff = { readonly next: (succeeded: boolean) => number };

/**
 * Randomised exponential back-off in milliseconds: the minimum after a success, then the minimum plus 1, 2, 4, … times the minimum,
 * each ±20 %, until the maximum, which it keeps (A.3 nos. 22 and 31) [S].
 */
export function createBackoff(minimum: number, maximum: number, random: () => number = Math.random): Backoff {
  let failures = 0;
  return {
    next: (succeeded) => {
      failures = succeeded ? 0 : failures + 1;
      const step = failures < 2 ? 0 : minimum * 2 ** Math.min(failures - 2, 30) * (0.8 + 0.4 * random());
      return Math.min(Math.round(minimum + step), maximum);
    },
  };
}

/**
 * A part of `items` that is still found, as small as dropping pieces makes it (Zeller's ddmin): halves first, then smaller
 * pieces, until no single item can be left out. `isFound` is asked at most about `budget` times.
 */
export async function shrink<T>(
  items: readonly T[],
  isFound: (part: readonly T[]) => Promise<boolean>,
  budget = Number.POSITIVE_INFINITY,
): Promise<readonly T[]> {
  let [kept, pieces, left] = [items, 2, budget];
  while (kept.length > 1 && left > 0) {
    const size = Math.ceil(kept.length / pieces);
    const { smaller, asked } = await without(kept, size, isFound);
    if (!smaller && size === 1) break;
    pieces = smaller ? Math.max(2, pieces - 1) : Math.min(kept.length, pieces * 2);
    kept = smaller ?? kept;
    left -= asked;
  }
  return kept;
}

/** The items without the first piece of this size that can be left out. */
async function without<T>(items: readonly T[], size: number, isFound: (part: readonly T[]) => Promise<boolean>) {
  let asked = 0;
  for (let at = 0; at < items.length; at += size) {
    const part = [...items.slice(0, at), ...items.slice(at + size)];
    asked += 1;
    if (await isFound(part)) return { smaller: part, asked };
  }
  return { smaller: undefined, asked };
}

import type { Findings } from "./faults.ts";
import { readText, show } from "./shape.ts";
import { durationMinutes, longestExpiryMinutes, shortestExpiryMinutes } from "./time.ts";
import type { TreeNode } from "./yaml-tree.ts";

/** What a duration may be, in minutes and in words, and one such as an author would write. */
export type DurationBounds = {
  readonly least: number;
  readonly most: number;
  readonly range: string;
  readonly such: string;
};

/** How long an approval may be limited to (policy.md 4). */
export const expiryBounds: DurationBounds = {
  least: shortestExpiryMinutes,
  most: longestExpiryMinutes,
  range: "PT1H to P366D",
  such: "P14D",
};

/** How long people may be waited for, and after what time others may answer in their place. */
export const answerBounds: DurationBounds = { least: 1, most: 90 * 24 * 60, range: "PT1M to P90D", such: "PT8H" };

/** How often a request that waits may be judged anew. */
export const recheckBounds: DurationBounds = { least: 15, most: 7 * 24 * 60, range: "PT15M to P7D", such: "PT1H" };

/** How long people have to keep what is about to be taken away. */
export const graceBounds: DurationBounds = { least: 60, most: 30 * 24 * 60, range: "PT1H to P30D", such: "P1D" };

/** A duration within its bounds; whatever else stands there is reported, and what was written is still given back. */
export function readDuration(
  node: TreeNode | undefined,
  what: string,
  bounds: DurationBounds,
  findings: Findings,
): string | undefined {
  const text = readText(node, what, findings);
  if (text === undefined || !node) return undefined;
  const minutes = durationMinutes(text);
  if (minutes === undefined) {
    const shape = `a duration in weeks, days, hours, minutes such as ${bounds.such}`;
    findings.error(node.at, `${what} is ${shape}; ${show(node)} is not`);
  } else if (minutes < bounds.least || minutes > bounds.most) {
    findings.error(node.at, `${what} is from ${bounds.range}; ${text} is not`);
  }
  return text;
}

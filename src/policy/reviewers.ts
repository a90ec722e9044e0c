import { isGuid } from "../connection/arm-id.ts";
import { compareText, didYouMean, type Findings, type Position } from "./faults.ts";
import type { PolicyLimits } from "./limits.ts";
import { checkName, readFields, readInteger, readMap, readNames, readText, requireField, show } from "./shape.ts";
import type { MapEntry, TreeNode } from "./yaml-tree.ts";

/** People of whom `approvals` different ones must agree; the group's id is what counts, its name is for reading. */
export type ReviewerGroup = {
  /** Entra group id, lower-case. */
  readonly group: string;
  readonly name: string;
  readonly approvals: number;
  /** Where this group is shown what it is asked: Teams channels or webhooks, by id or name; left out: the fallback channel. */
  readonly channels?: readonly string[];
  /** Groups whose members may answer in this group's place, since the time for it came (`Escalation`). */
  readonly standIns?: readonly StandIn[];
};

export type StandIn = Pick<ReviewerGroup, "group" | "name" | "channels">;

/**
 * All groups of several reviews. A group that is named twice counts once, with the highest number of approvals
 * (policy.md 4); of two names for one group the alphabetically first is shown.
 */
export function unionOfReviewers(reviews: Iterable<readonly ReviewerGroup[]>): readonly ReviewerGroup[] {
  const groups = new Map<string, ReviewerGroup>();
  for (const review of reviews) {
    for (const reviewer of review) {
      const group = reviewer.group.toLowerCase();
      const known = groups.get(group) ?? { ...reviewer, group };
      const name = compareText(known.name, reviewer.name) <= 0 ? known.name : reviewer.name;
      groups.set(group, { group, name, approvals: Math.max(known.approvals, reviewer.approvals) });
    }
  }
  return [...groups.values()].sort((a, b) => compareText(a.group, b.group));
}

/** The reviewers that one policy names. */
export type Reviewers = {
  /** Name to group id. */
  readonly groups: ReadonlyMap<string, string>;
  readonly readReview: (node: TreeNode, what: string, findings: Findings) => readonly ReviewerGroup[];
  readonly warnUnused: () => void;
};

export function readReviewers(node: TreeNode | undefined, limits: PolicyLimits, findings: Findings): Reviewers {
  const groups = new Map<string, string>();
  const places = new Map<string, Position>();
  const used = new Set<string>();
  for (const entry of (node && readMap(node, "reviewers", findings))?.entries.values() ?? []) {
    if (!checkName(entry.key, entry.at, "reviewer", findings)) continue;
    // A reviewer whose group is wrong is still a known name: one fault is enough.
    groups.set(entry.key, readGroup(entry, findings) ?? "");
    places.set(entry.key, entry.at);
  }
  if (node && groups.size > limits.reviewers) findings.error(node.at, `more than ${limits.reviewers} reviewers`);
  return {
    groups,
    readReview: (review, what, reporting) => readReview(review, what, groups, used, reporting),
    warnUnused: () => {
      for (const [name, at] of places) {
        if (!used.has(name)) findings.warn(at, "unused", `no rule asks the reviewer ${name}`);
      }
    },
  };
}

function readGroup(entry: MapEntry, findings: Findings): string | undefined {
  const what = `the reviewer ${entry.key}`;
  const fields = readFields(entry.value, what, ["entraGroup"], findings);
  const node = fields && requireField(fields, "entraGroup", what, entry.at, findings);
  const group = readText(node, "entraGroup", findings);
  if (group === undefined || !node) return undefined;
  if (isGuid(group)) return group.toLowerCase();
  findings.error(node.at, `entraGroup is the object id of an Entra group; ${show(node)} is not a guid`);
  return undefined;
}

function readReview(
  node: TreeNode,
  what: string,
  groups: ReadonlyMap<string, string>,
  used: Set<string>,
  findings: Findings,
): readonly ReviewerGroup[] {
  const fields = readFields(node, what, ["by", "approvals"], findings);
  if (!fields) return [];
  const by = readNames(requireField(fields, "by", what, node.at, findings), `${what}.by`, findings);
  const count = fields.get("approvals");
  const bounds = { least: 1, most: 5 };
  const approvals = count ? readInteger(count.value, `${what}.approvals`, bounds, findings) : 1;
  const asked: ReviewerGroup[] = [];
  for (const { value: name, at } of by ?? []) {
    const group = groups.get(name);
    used.add(name);
    if (group === undefined) findings.error(at, `no reviewer named ${name}${didYouMean(name, groups.keys())}`);
    else asked.push({ group, name, approvals: approvals ?? 1 });
  }
  return unionOfReviewers([asked]);
}

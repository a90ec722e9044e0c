import { compareText } from "./faults.ts";

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
 * (policy.md 4), in every channel and with every stand-in that any of them names; of two names for one group the
 * alphabetically first is shown.
 */
export function unionOfReviewers(reviews: Iterable<readonly ReviewerGroup[]>): readonly ReviewerGroup[] {
  const groups = new Map<string, ReviewerGroup>();
  for (const review of reviews) {
    for (const reviewer of review) {
      const group = reviewer.group.toLowerCase();
      const known = groups.get(group);
      groups.set(group, known ? joined(known, reviewer) : { ...reviewer, group });
    }
  }
  return sortedByGroup(groups);
}

function joined(one: ReviewerGroup, other: ReviewerGroup): ReviewerGroup {
  const standIns = unionOfStandIns([...(one.standIns ?? []), ...(other.standIns ?? [])]);
  return {
    ...joinedNames(one, other),
    approvals: Math.max(one.approvals, other.approvals),
    ...(standIns.length > 0 && { standIns }),
  };
}

/** The same for those who stand in: each group once, in all of its channels. */
export function unionOfStandIns(some: Iterable<StandIn>): readonly StandIn[] {
  const groups = new Map<string, StandIn>();
  for (const one of some) {
    const group = one.group.toLowerCase();
    const known = groups.get(group);
    groups.set(group, known ? joinedNames(known, one) : { ...one, group });
  }
  return sortedByGroup(groups);
}

function joinedNames(one: StandIn, other: StandIn): StandIn {
  const channels = [...new Set([...(one.channels ?? []), ...(other.channels ?? [])])].sort(compareText);
  return {
    group: one.group,
    name: compareText(one.name, other.name) <= 0 ? one.name : other.name,
    ...(channels.length > 0 && { channels }),
  };
}

function sortedByGroup<Group extends StandIn>(groups: ReadonlyMap<string, Group>): readonly Group[] {
  return [...groups.values()].sort((a, b) => compareText(a.group, b.group));
}

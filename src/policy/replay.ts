import type { Facts } from "../connection/facts.ts";
import { type EvaluateOptions, evaluate, type PolicyInForce, type Verdict } from "./evaluate.ts";
import { holds } from "./explain.ts";
import { compareText } from "./faults.ts";
import { sameTerms } from "./merge-terms.ts";
import { type DriftChange, startDriftReplay } from "./replay-drift.ts";
import { addShadow, type ShadowCount, shadowCounts } from "./replay-shadow.ts";
import type { ReviewerGroup } from "./reviewers.ts";
import { durationMinutes } from "./time.ts";

/** The facts of one judgement that was made, and which it was. */
export type Snapshot = { readonly requestId: string; readonly at: string; readonly facts: Facts };

/** What a verdict does; the rules that did it stand beside. */
export type Outcome = Pick<Verdict, "effect" | "decidedBy" | "reviewers" | "terms" | "expiresAfter">;

export type ReplayRow = {
  readonly requestId: string;
  readonly at: string;
  /** `approve → review`, `approve, other expiry`, `review, other reviewers` (or `terms`, `channels`); null when the same is decided. */
  readonly change: string | null;
  readonly before: Outcome;
  readonly after: Outcome;
  /** Facts that were asked for and that the snapshot does not hold: the two cannot be compared then. */
  readonly notHeld: readonly string[];
};

export type Replay = {
  readonly judged: number;
  /** Rows that can be compared and differ, as they came. */
  readonly changes: readonly ReplayRow[];
  /** How many rows of each kind, by name. */
  readonly kinds: readonly { readonly change: string; readonly count: number }[];
  readonly notComparable: readonly ReplayRow[];
  /** Rows that decide the same by other rules. */
  readonly otherRules: number;
  /** What the shadow rules of the second set would have done. */
  readonly shadow: readonly ShadowCount[];
  /** Where drift would be handled otherwise. */
  readonly drift: readonly DriftChange[];
};

export type Sides = { readonly before: readonly PolicyInForce[]; readonly after: readonly PolicyInForce[] };

/**
 * Judges stored snapshots under two sets of policies, each at its own `time.now`, and says what changes (policy.md 8).
 *
 * Pure: a snapshot under the policies that judged it gives the decision that was recorded. What a snapshot does not
 * hold is unavailable, and its row is not counted as a change, because the same request today might know it.
 */
export function startReplay(sides: Sides, options: EvaluateOptions) {
  // Rows that say nothing new are counted and let go: what is held grows with the changes, not with the history.
  const changes: ReplayRow[] = [];
  const notComparable: ReplayRow[] = [];
  const shadow = new Map<string, ShadowCount>();
  const drift = startDriftReplay(sides, options);
  let judged = 0;
  let otherRules = 0;
  return {
    judge(snapshot: Snapshot): void {
      const before = evaluate(sides.before, snapshot.facts, options);
      const after = evaluate(sides.after, snapshot.facts, options);
      const row = compare(snapshot, before, after);
      judged += 1;
      addShadow(shadow, after);
      drift.look(snapshot.facts);
      if (row.notHeld.length > 0) notComparable.push(row);
      else if (row.change !== null) changes.push(row);
      else otherRules += Number(before.decidedBy.join() !== after.decidedBy.join());
    },
    result: (): Replay => ({
      ...{ judged, changes, kinds: countKinds(changes), notComparable, otherRules },
      shadow: shadowCounts(shadow),
      drift: drift.result(),
    }),
  };
}

export function replay(snapshots: Iterable<Snapshot>, sides: Sides, options: EvaluateOptions): Replay {
  const run = startReplay(sides, options);
  for (const snapshot of snapshots) run.judge(snapshot);
  return run.result();
}

function compare({ requestId, at, facts }: Snapshot, before: Verdict, after: Verdict): ReplayRow {
  const notHeld = notHeldFor([before, after], facts);
  return {
    requestId,
    at,
    change: changeOf(before, after),
    before: outcomeOf(before),
    after: outcomeOf(after),
    notHeld,
  };
}

/** Facts that verdicts asked for and that the snapshot says nothing about. */
export function notHeldFor(verdicts: readonly Verdict[], facts: Facts): readonly string[] {
  const asked = new Set(verdicts.flatMap(askedBy));
  return [...asked].filter((name) => !holds(facts, name)).sort(compareText);
}

/** Facts that came out as unavailable; what has an answer was held. */
function askedBy({ trace, exemptions }: Verdict): readonly string[] {
  return [...trace, ...exemptions].flatMap(({ conditions }) =>
    conditions.filter(({ got }) => got === undefined).map(({ fact }) => fact),
  );
}

export function outcomeOf({ effect, decidedBy, reviewers, terms, expiresAfter }: Outcome): Outcome {
  return { effect, decidedBy, reviewers, terms, expiresAfter };
}

/** How two outcomes differ in what they do; the rules behind them may differ without a change. */
export function changeOf(before: Outcome, after: Outcome): string | null {
  if (before.effect !== after.effect) return `${before.effect} → ${after.effect}`;
  if (minutesOf(before.expiresAfter) !== minutesOf(after.expiresAfter)) return `${after.effect}, other expiry`;
  if (askedOf(before.reviewers) !== askedOf(after.reviewers)) return `${after.effect}, other reviewers`;
  if (!sameTerms(before.terms, after.terms)) return `${after.effect}, other terms`;
  return channelsOf(before.reviewers) === channelsOf(after.reviewers) ? null : `${after.effect}, other channels`;
}

/** P7D and P1W are the same promise. */
function minutesOf(expiry: string | null): number | undefined {
  return expiry === null ? undefined : durationMinutes(expiry);
}

/** Groups are told apart by their ids; another name for the same group asks the same people. */
function askedOf(reviewers: readonly ReviewerGroup[]): string {
  const asked = reviewers.map(({ group, approvals }) => `${group.toLowerCase()}: ${approvals}`);
  return asked.sort(compareText).join(", ");
}

/** Where each group is shown what it is asked. */
function channelsOf(reviewers: readonly ReviewerGroup[]): string {
  const shown = reviewers.map(({ group, channels = [] }) => [group.toLowerCase(), [...channels].sort(compareText)]);
  return JSON.stringify(shown.sort(([one], [other]) => compareText(String(one), String(other))));
}

function countKinds(changes: readonly ReplayRow[]): Replay["kinds"] {
  const counts = new Map<string, number>();
  for (const { change } of changes) if (change !== null) counts.set(change, (counts.get(change) ?? 0) + 1);
  const kinds = [...counts].map(([change, count]) => ({ change, count }));
  return kinds.sort((one, other) => other.count - one.count || compareText(one.change, other.change));
}

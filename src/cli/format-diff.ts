import { plain } from "../policy/plain.ts";
import type { ReplayRow } from "../policy/replay.ts";
import type { ShadowCount } from "../policy/replay-shadow.ts";
import type { ReplayedHistory } from "../workflow/replay-history.ts";

export type DiffNames = { readonly old: string; readonly new: string; readonly place: string };

/** A comparison for people: each kind of change with its requests, then what cannot be told, shadow, and the count. */
export function formatDiff(names: DiffNames, replayed: ReplayedHistory): string {
  return `${[...linesOf(names, replayed)].join("\n")}\n`;
}

function* linesOf(names: DiffNames, replayed: ReplayedHistory): Generator<string> {
  const { newest, oldest, kinds, changes, notComparable, unreadable, shadow, drift } = replayed;
  if (newest === null || oldest === null) {
    yield `no judgement is on record in ${names.place}: there is nothing to compare`;
    return;
  }
  yield `${names.old} against ${names.new}, on ${count(replayed.judged, "judgement")} in ${names.place}`;
  yield `from ${oldest} to ${newest}`;
  for (const { change, count: often } of kinds) {
    yield `${change}: ${often}`;
    yield* changes.filter((row) => row.change === change).map((row) => `  ${formatRow(row)}`);
  }
  if (notComparable.length > 0) yield `not comparable, because the facts were not kept then: ${notComparable.length}`;
  yield* notComparable.map((row) => `  ${formatRow(row)}; not kept: ${row.notHeld.map(plain).join(", ")}`);
  if (unreadable.length > 0) yield `cannot be read back: ${unreadable.length}`;
  yield* unreadable.map(({ requestId, at, problem }) => `  ${plain(requestId)} ${at} ${plain(problem)}`);
  yield* drift.map(({ change, services }) => `drift: ${plain(change)} at ${count(services, "service")}`);
  if (shadow.length > 0) yield `rules in shadow in ${names.new}:`;
  yield* shadow.map((rule) => `  ${formatShadow(rule)}`);
  yield summaryOf(replayed);
}

function formatRow({ requestId, at, before, after }: ReplayRow): string {
  return `${plain(requestId)} ${at} ${formatRules(before.decidedBy)} → ${formatRules(after.decidedBy)}`;
}

function formatRules(rules: readonly string[]): string {
  return rules.map(plain).join("+");
}

function formatShadow({ policy, rule, line, effect, held, unknown, wouldChange }: ShadowCount): string {
  const untold = unknown === 0 ? "" : `, could not be told ${times(unknown)}`;
  const changes = `would have changed ${count(wouldChange, "decision")}`;
  return `${plain(policy)} ${plain(rule)} (line ${line}), ${effect}: held ${times(held)}${untold}, ${changes}`;
}

function summaryOf({ judged, changes, notComparable, unreadable, otherRules, drift }: ReplayedHistory): string {
  const more = [
    drift.length > 0 ? "drift is handled otherwise" : "",
    otherRules > 0 ? `${otherRules} by other rules with the same result` : "",
    notComparable.length > 0 ? `${notComparable.length} cannot be compared` : "",
    unreadable.length > 0 ? `${unreadable.length} cannot be read` : "",
  ].filter((text) => text !== "");
  const changed =
    changes.length === 0 ? "no decision changes" : `${changes.length} of ${count(judged, "decision")} change`;
  return [changed, ...more].join(", ");
}

function times(n: number): string {
  return n === 1 ? "once" : `${n} times`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

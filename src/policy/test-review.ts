import type { CompiledPolicy } from "./compile.ts";
import { compareText, didYouMean, type Findings } from "./faults.ts";
import { expiries, vias } from "./parse-review.ts";
import type { ReviewTerms } from "./review-terms.ts";
import { type ReviewerGroup, unionOfReviewers } from "./reviewers.ts";
import { readChoice, readFields, readInteger, readMap, readNames, readText, requireField } from "./shape.ts";
import { durationMinutes } from "./time.ts";
import type { MapEntry, TreeNode } from "./yaml-tree.ts";

const aspects = ["via", "within", "hours", "expiry", "escalate", "channels", "recheck"] as const;
type Aspect = (typeof aspects)[number];

/** What is written, and what it comes to: P1D and PT24H are the same time, two names of a group the same people. */
type Said = { readonly shown: string; readonly means: string };

/** How a case expects people to be asked. What is undefined is not asked for; an empty list expects none. */
export type ExpectedReview = Readonly<Record<Aspect, readonly Said[] | undefined>>;

/** Reads the `review` of a case. Each of its fields takes one value, a list where several rules ask, or null for none. */
export function readExpectedReview(
  node: TreeNode | undefined,
  policy: CompiledPolicy,
  findings: Findings,
): ExpectedReview | undefined {
  const fields = node && readFields(node, "review", aspects, findings);
  if (!fields) return undefined;
  const choice = (aspect: Aspect, choices: readonly string[]) => {
    const chosen = readChoice(fields.get(aspect)?.value, `review.${aspect}`, choices, findings);
    return chosen === undefined ? undefined : [word(chosen)];
  };
  return {
    via: choice("via", vias),
    within: readSome(fields.get("within"), (item) => readTime(item, "review.within", findings)),
    hours: readSome(fields.get("hours"), (item) => readWord(item, "review.hours", findings)),
    expiry: choice("expiry", expiries),
    escalate: readSome(fields.get("escalate"), (item) => readStep(item, policy, findings)),
    channels: readSome(fields.get("channels"), (item) => readWord(item, "review.channels", findings)),
    recheck: readSome(fields.get("recheck"), (item) => readTime(item, "review.recheck", findings)),
  };
}

/** The reviewers that a case expects: their names, and how many people of each. */
export function readExpectedReviewers(
  node: TreeNode | undefined,
  what: string,
  policy: CompiledPolicy,
  findings: Findings,
): readonly ReviewerGroup[] | undefined {
  const map = node && readMap(node, what, findings);
  if (!map) return undefined;
  const asked: ReviewerGroup[] = [];
  for (const { key: name, at, value } of map.entries.values()) {
    const group = policy.reviewers.get(name);
    const approvals = readInteger(value, `${what}.${name}`, { least: 1, most: 5 }, findings) ?? 1;
    if (group === undefined) {
      findings.error(at, `no reviewer named ${name}${didYouMean(name, policy.reviewers.keys())}`);
    } else asked.push({ group, name, approvals });
  }
  return unionOfReviewers([asked]);
}

function readSome(
  entry: MapEntry | undefined,
  read: (item: TreeNode) => Said | undefined,
): readonly Said[] | undefined {
  if (!entry) return undefined;
  const { value } = entry;
  if (value.kind === "scalar" && value.value === null) return [];
  return (value.kind === "list" ? value.items : [value]).flatMap((item) => read(item) ?? []);
}

function readWord(node: TreeNode, what: string, findings: Findings): Said | undefined {
  const text = readText(node, what, findings);
  return text === undefined ? undefined : word(text);
}

function readTime(node: TreeNode | undefined, what: string, findings: Findings): Said | undefined {
  const text = readText(node, what, findings);
  if (text === undefined || !node) return undefined;
  if (durationMinutes(text) === undefined) {
    findings.error(node.at, `${what} is a duration such as PT8H; ${JSON.stringify(text)} is not`);
  }
  return time(text);
}

function readStep(node: TreeNode, policy: CompiledPolicy, findings: Findings): Said | undefined {
  const what = "review.escalate";
  const fields = readFields(node, what, ["after", "to"], findings);
  if (!fields) return undefined;
  const after = readTime(requireField(fields, "after", what, node.at, findings), `${what}.after`, findings);
  const to = readNames(requireField(fields, "to", what, node.at, findings), `${what}.to`, findings) ?? [];
  const known = policy.reviewers;
  for (const { value: name, at } of to) {
    if (!known.has(name)) findings.error(at, `no reviewer named ${name}${didYouMean(name, known.keys())}`);
  }
  const groups = to.map(({ value: name }) => ({ name, group: known.get(name) ?? "" }));
  return after && step(after, groups);
}

function word(text: string): Said {
  return { shown: text, means: text };
}

function time(duration: string): Said {
  return { shown: duration, means: String(durationMinutes(duration)) };
}

function step(after: Said, to: readonly Pick<ReviewerGroup, "group" | "name">[]): Said {
  const names = to.map(({ name }) => name).sort(compareText);
  const groups = to.map(({ group }) => group).sort(compareText);
  return { shown: `${after.shown} to ${names.join(" and ")}`, means: `${after.means} ${groups.join(" ")}` };
}

type Asked = { readonly reviewers: readonly ReviewerGroup[]; readonly terms: ReviewTerms };

/** What was expected of a review and is otherwise: which part of it, what was expected, and what came. */
export function reviewDifferences(
  expected: ExpectedReview,
  asked: Asked,
): readonly (readonly [what: string, expected: string, got: string])[] {
  const got = saidBy(asked);
  return aspects.flatMap((aspect) => {
    const wanted = expected[aspect];
    if (!wanted || meaning(wanted) === meaning(got[aspect])) return [];
    return [[`review.${aspect}`, listed(wanted), listed(got[aspect])] as const];
  });
}

function saidBy({
  reviewers,
  terms: { via, deadlines, escalations, recheck },
}: Asked): Readonly<Record<Aspect, readonly Said[]>> {
  return {
    via: [word(via)],
    within: deadlines.map(({ within }) => time(within)),
    hours: [...deadlines, ...escalations].flatMap(({ hours }) => (hours ? [word(hours.name)] : [])),
    expiry: [word(deadlines[0]?.expiry ?? "leave")],
    escalate: escalations.map(({ after, to }) => step(time(after), to)),
    channels: reviewers.flatMap(({ channels = [] }) => channels.map(word)),
    recheck: recheck === undefined ? [] : [time(recheck)],
  };
}

function meaning(some: readonly Said[]): string {
  return JSON.stringify(unique(some.map(({ means }) => means)));
}

function listed(some: readonly Said[]): string {
  return some.length === 0 ? "none" : unique(some.map(({ shown }) => shown)).join(", ");
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compareText);
}

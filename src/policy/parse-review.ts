import type { Findings, Position } from "./faults.ts";
import { policyLimits } from "./limits.ts";
import { answerBounds, readDuration, recheckBounds } from "./parse-duration.ts";
import type { Reviewers } from "./parse-reviewers.ts";
import type { Windows } from "./parse-windows.ts";
import type { CountedHours, Deadline, Escalation, ReviewTerms } from "./review-terms.ts";
import { type ReviewerGroup, type StandIn, unionOfReviewers, unionOfStandIns } from "./reviewers.ts";
import { readChoice, readFields, readInteger, readNames, readText, requireField } from "./shape.ts";
import { durationMinutes } from "./time.ts";
import type { MapEntry, TreeNode } from "./yaml-tree.ts";

/** Whom a rule or a whole policy asks, and how. */
export type ReviewTree = { readonly reviewers: readonly ReviewerGroup[]; readonly terms: ReviewTerms };

/**
 * Who asks: `defaultReview`, a rule, or `drift`, which asks about what is approved already. A review rule that does not count yet
 * rejects nothing, whatever it says.
 */
export type Asker = "default" | "reject-rule" | "review-rule" | "uncounted-rule" | "drift";

export type ReviewScope = {
  readonly reviewers: Reviewers;
  readonly windows: Windows;
  readonly findings: Findings;
  readonly asker: Asker;
};

export const vias = ["card", "page"] as const;
export const expiries = ["leave", "reject"] as const;

const reviewFields = ["by", "approvals", "via", "within", "hours", "expiry", "escalate", "recheck"] as const;

type Fields = ReadonlyMap<string, MapEntry>;

/** A `review` or `defaultReview`; `what` is what its author calls it. */
export function readReview(node: TreeNode, what: string, scope: ReviewScope): ReviewTree | undefined {
  const { findings } = scope;
  const fields = readFields(node, what, reviewFields, findings);
  if (!fields) return undefined;
  const reviewers = readAsked(fields, what, node.at, scope);
  const via = readChoice(fields.get("via")?.value, `${what}.via`, vias, findings) ?? "card";
  const within = readDuration(fields.get("within")?.value, `${what}.within`, answerBounds, findings);
  const hours = readHours(fields, what, scope);
  const expiry = readExpiry(fields, what, scope);
  const deadlines: readonly Deadline[] = within === undefined ? [] : [{ within, hours, expiry }];
  const escalations = readEscalate(fields.get("escalate"), what, { reviewers, within, hours }, scope);
  const recheck = readRecheck(fields, what, { within, hours }, scope);
  return { reviewers, terms: { via, deadlines, escalations, ...(recheck === undefined ? {} : { recheck }) } };
}

function readAsked(fields: Fields, what: string, at: Position, scope: ReviewScope): readonly ReviewerGroup[] {
  const { findings } = scope;
  const by = readGroups(requireField(fields, "by", what, at, findings), `${what}.by`, scope);
  const count = fields.get("approvals");
  const bounds = { least: 1, most: 5 };
  const approvals = (count && readInteger(count.value, `${what}.approvals`, bounds, findings)) ?? 1;
  return unionOfReviewers([by.map(({ reviewer }) => ({ ...reviewer, approvals }))]);
}

type Named = { readonly name: string; readonly at: Position; readonly reviewer: StandIn };

function readGroups(node: TreeNode | undefined, what: string, scope: ReviewScope): readonly Named[] {
  return (readNames(node, what, scope.findings) ?? []).flatMap(({ value: name, at }) => {
    const reviewer = scope.reviewers.use(name, at, scope.findings);
    return reviewer ? [{ name, at, reviewer }] : [];
  });
}

function readHours(fields: Fields, what: string, { windows, findings }: ReviewScope): CountedHours | null {
  const entry = fields.get("hours");
  if (!entry) return null;
  if (!fields.has("within") && !fields.has("escalate")) {
    findings.error(entry.at, `${what}.hours says which hours count, and nothing is counted without within or escalate`);
  }
  const name = readText(entry.value, `${what}.hours`, findings);
  return (name === undefined ? undefined : windows.hours(name, entry.value.at, findings)) ?? null;
}

function readExpiry(fields: Fields, what: string, { asker, findings }: ReviewScope): Deadline["expiry"] {
  const entry = fields.get("expiry");
  const expiry = readChoice(entry?.value, `${what}.expiry`, expiries, findings) ?? "leave";
  if (!entry) return expiry;
  if (!fields.has("within")) {
    findings.error(
      entry.at,
      `${what}.expiry says what follows a deadline, and there is none; add within, such as PT8H`,
    );
  }
  if (expiry === "reject") checkReject(entry.at, asker, findings);
  return expiry;
}

/** A rejection is final in Azure, so only a review rule may say that it follows from silence. */
function checkReject(at: Position, asker: Asker, findings: Findings): void {
  const remedy = "write expiry: leave, or a review rule that says reject";
  switch (asker) {
    case "default":
      findings.error(at, `defaultReview asks about whatever no rule decides, and only a rule rejects; ${remedy}`);
      break;
    case "reject-rule":
      findings.error(at, `a reject rule asks only when it cannot be told, and then nothing is rejected; ${remedy}`);
      break;
    case "review-rule":
      findings.warn(at, "reject-on-expiry", "when nobody answers in time this rejects, and that is final in Azure");
      break;
    case "drift":
      findings.error(at, "drift.review asks whether a connection stays; to take it away on silence, write do: revoke");
      break;
    case "uncounted-rule":
      break;
  }
}

type Counted = { readonly within: string | undefined; readonly hours: CountedHours | null };

function readRecheck(
  fields: Fields,
  what: string,
  { within, hours }: Counted,
  { asker, findings }: ReviewScope,
): string | undefined {
  const entry = fields.get("recheck");
  const recheck = readDuration(entry?.value, `${what}.recheck`, recheckBounds, findings);
  if (!entry || recheck === undefined) return undefined;
  if (asker === "drift") {
    findings.error(entry.at, `${what} asks about what is approved already; recheck belongs to what waits for approval`);
  }
  // With counted hours the deadline may lie days ahead of what it says.
  if (within !== undefined && hours === null && minutesOf(recheck) >= minutesOf(within)) {
    findings.error(entry.value.at, `${what}.recheck comes before within; ${recheck} is not before ${within}`);
  }
  return recheck;
}

type Asked = Counted & { readonly reviewers: readonly ReviewerGroup[] };

function readEscalate(
  entry: MapEntry | undefined,
  what: string,
  { reviewers, within, hours }: Asked,
  scope: ReviewScope,
): readonly Escalation[] {
  const { findings } = scope;
  const whole = `${what}.escalate`;
  const fields = entry && readFields(entry.value, whole, ["after", "to"], findings);
  if (!entry || !fields) return [];
  const node = requireField(fields, "after", whole, entry.at, findings);
  const after = readDuration(node, `${whole}.after`, answerBounds, findings);
  const from = reviewers.map(({ group }) => group);
  const to = readStandIns(requireField(fields, "to", whole, entry.at, findings), `${whole}.to`, from, scope);
  if (after === undefined) return [];
  if (within !== undefined && minutesOf(after) >= minutesOf(within)) {
    findings.error(node?.at ?? entry.at, `${whole}.after comes before within; ${after} is not before ${within}`);
  }
  return [{ after, hours, from, to }];
}

function readStandIns(
  node: TreeNode | undefined,
  what: string,
  asked: readonly string[],
  scope: ReviewScope,
): readonly StandIn[] {
  const others = readGroups(node, what, scope);
  const most = policyLimits.standIns;
  if (node && others.length > most) scope.findings.error(node.at, `${what} names more than ${most} reviewers`);
  for (const { name, at, reviewer } of others) {
    // A group that could not be read was reported with the reviewer.
    if (reviewer.group === "" || !asked.includes(reviewer.group)) continue;
    scope.findings.error(at, `${name} is asked from the start; name somebody else in to`);
  }
  return unionOfStandIns(others.map(({ reviewer }) => reviewer));
}

/** What is no duration was reported as such, and is before and after nothing. */
function minutesOf(duration: string): number {
  return durationMinutes(duration) ?? Number.NaN;
}

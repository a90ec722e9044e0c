import { type DriftHandling, driftHandlings, usualGrace } from "./drift-terms.ts";
import type { Findings, Position } from "./faults.ts";
import { graceBounds, readDuration } from "./parse-duration.ts";
import { type ReviewScope, type ReviewTree, readReview } from "./parse-review.ts";
import type { RuleTree } from "./parse-rules.ts";
import { readChoice, readFields, requireField } from "./shape.ts";
import { durationMinutes } from "./time.ts";
import type { MapEntry } from "./yaml-tree.ts";

/** What a policy says of approvals that do not fit what plgate decided. */
export type DriftTree = {
  readonly line: number;
  readonly handling: DriftHandling;
  /** ISO 8601 duration; means something for `revoke` only. */
  readonly grace: string;
  /** Undefined when it names nobody: then the policy's `defaultReview` stands in its place. */
  readonly review: ReviewTree | undefined;
};

type Fields = ReadonlyMap<string, MapEntry>;
type DriftScope = Omit<ReviewScope, "asker">;

/** `drift: revoke`, or a map that also says how much time people have and who they are. */
export function readDrift(entry: MapEntry | undefined, scope: DriftScope): DriftTree | undefined {
  if (!entry) return undefined;
  const { findings } = scope;
  const { line } = entry.at;
  if (entry.value.kind !== "map") {
    const handling = readChoice(entry.value, "drift", driftHandlings, findings);
    return handling && { line, handling, grace: usualGrace, review: undefined };
  }
  const fields = readFields(entry.value, "drift", ["do", "grace", "review"], findings) ?? new Map<string, MapEntry>();
  const said = requireField(fields, "do", "drift", entry.at, findings);
  const handling = readChoice(said, "drift.do", driftHandlings, findings);
  const grace = readGrace(fields.get("grace"), handling, findings);
  const review = readAsking(fields, handling, grace, scope);
  return handling && { line, handling, grace, review };
}

function readGrace(entry: MapEntry | undefined, handling: DriftHandling | undefined, findings: Findings): string {
  const grace = readDuration(entry?.value, "drift.grace", graceBounds, findings) ?? usualGrace;
  if (entry && handling !== undefined && handling !== "revoke") {
    findings.error(
      entry.at,
      `drift.grace is the time until access is taken back, and do: ${handling} takes nothing back`,
    );
  }
  return grace;
}

function readAsking(
  fields: Fields,
  handling: DriftHandling | undefined,
  grace: string,
  scope: DriftScope,
): ReviewTree | undefined {
  const entry = fields.get("review");
  if (!entry) return undefined;
  const { findings } = scope;
  if (handling === "record") findings.error(entry.at, "drift.review says who is asked, and do: record asks nobody");
  const review = readReview(entry.value, "drift.review", { ...scope, asker: "drift" });
  if (handling === "revoke") checkGrace(entry, review, grace, findings);
  return review;
}

/** The grace is the deadline: another one beside it would say something else of the same time. */
function checkGrace(entry: MapEntry, review: ReviewTree | undefined, grace: string, findings: Findings): void {
  const within = entry.value.kind === "map" ? entry.value.entries.get("within") : undefined;
  if (within) findings.error(within.at, "with do: revoke people have the time of drift.grace; leave out within");
  for (const { after, hours } of review?.terms.escalations ?? []) {
    if (hours === null && minutesOf(after) >= minutesOf(grace)) {
      findings.error(
        entry.at,
        `drift.review.escalate.after comes before the grace ends; ${after} is not before ${grace}`,
      );
    }
  }
}

/** What is no duration was reported as such, and is before and after nothing. */
function minutesOf(duration: string): number {
  return durationMinutes(duration) ?? Number.NaN;
}

/** Warns where taking back whatever policy does not approve would take back everything. */
export function warnRevokesAll(
  drift: DriftTree | undefined,
  at: Position,
  rules: readonly RuleTree[],
  findings: Findings,
): void {
  const approves = rules.some(({ effect, mode }) => effect === "approve" && mode === "enforce");
  if (drift?.handling !== "revoke" || approves) return;
  const says = "this policy approves nothing, so whatever was approved without plgate at its services is taken back";
  findings.warn(at, "revokes-all", `${says} unless another policy approves it`);
}

import type { CompiledPolicy } from "./compile.ts";
import { type DriftHandling, type DriftTerms, driftHandlings } from "./drift-terms.ts";
import { compareText, type Findings } from "./faults.ts";
import type { ReviewerGroup } from "./reviewers.ts";
import { readChoice, readFields, readText, requireField, show } from "./shape.ts";
import { readExpectedReviewers } from "./test-review.ts";
import { durationMinutes } from "./time.ts";
import type { TreeNode } from "./yaml-tree.ts";

/** What a case expects of drift at the service of its facts. What is undefined is not asked for. */
export type ExpectedDrift = {
  readonly handling: DriftHandling;
  readonly grace: string | undefined;
  readonly reviewers: readonly ReviewerGroup[] | undefined;
};

/** `drift: revoke`, or a map that also expects a grace and reviewers. */
export function readExpectedDrift(
  node: TreeNode | undefined,
  policy: CompiledPolicy,
  findings: Findings,
): ExpectedDrift | undefined {
  if (!node) return undefined;
  if (node.kind !== "map") {
    const handling = readChoice(node, "drift", driftHandlings, findings);
    return handling && { handling, grace: undefined, reviewers: undefined };
  }
  const fields = readFields(node, "drift", ["do", "grace", "reviewers"], findings);
  if (!fields) return undefined;
  const said = requireField(fields, "do", "drift", node.at, findings);
  const handling = readChoice(said, "drift.do", driftHandlings, findings);
  const grace = readGrace(fields.get("grace")?.value, findings);
  const reviewers = readExpectedReviewers(fields.get("reviewers")?.value, "drift.reviewers", policy, findings);
  return handling && { handling, grace, reviewers };
}

function readGrace(node: TreeNode | undefined, findings: Findings): string | undefined {
  const text = readText(node, "drift.grace", findings);
  if (node && text !== undefined && durationMinutes(text) === undefined) {
    findings.error(node.at, `drift.grace is a duration such as P1D; ${show(node)} is not`);
  }
  return text;
}

/** What was expected of drift and is otherwise: which part of it, what was expected, and what came. */
export function driftDifferences(
  expected: ExpectedDrift,
  got: DriftTerms,
): readonly (readonly [what: string, expected: string, got: string])[] {
  const { handling, grace, reviewers } = expected;
  const asked = got.handling === "record" ? [] : got.reviewers;
  const differs: (readonly [string, string, string])[] = [];
  if (handling !== got.handling) differs.push(["drift", handling, got.handling]);
  if (grace !== undefined && durationMinutes(grace) !== durationMinutes(got.grace)) {
    differs.push(["drift.grace", grace, got.grace]);
  }
  if (reviewers && listed(reviewers, "group") !== listed(asked, "group")) {
    differs.push(["drift.reviewers", listed(reviewers, "name"), listed(asked, "name")]);
  }
  return differs;
}

function listed(reviewers: readonly ReviewerGroup[], by: "group" | "name"): string {
  const shown = reviewers.map((reviewer) => `${reviewer[by]}: ${reviewer.approvals}`).sort(compareText);
  return shown.length === 0 ? "nobody" : shown.join(", ");
}

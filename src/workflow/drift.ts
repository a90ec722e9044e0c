import type { Finding, FindingKind } from "../ledger/standing-finding.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import { driftLook, type Sight } from "./drift-look.ts";
import { findNoLongerApproved } from "./drift-of-policy.ts";
import { findApprovedOutside } from "./drift-outside.ts";
import { findWaysPast } from "./drift-ways-past.ts";
import { clearFinding } from "./findings.ts";
import type { Ports } from "./ports.ts";
import type { Review } from "./review.ts";

/**
 * Where ARM differs from what plgate decided: Approved without a decision of ours, approved by us and not by the policies of today,
 * and ways past plgate that are open. Each is put on record once, told once, handled as policy says, and cleared when it is over.
 * What happens to requests that wait, and to approvals that somebody else ended, is not found here (docs/drift.md).
 *
 * Level-triggered: all of it follows from ARM, the standing approvals and the findings, so that any look finds what the one
 * before did not come to. What was found and handled costs the next look nothing.
 */
export async function findDrift(sight: Sight, review: Review, ports: Ports): Promise<void> {
  const look = driftLook(sight, review, ports);
  review.found ||= sight.findings.length > 0;
  for (const find of [findWaysPast, findApprovedOutside, findNoLongerApproved]) {
    await find(look);
    if (review.mustStop()) return;
  }
  for (const finding of look.findings.values()) {
    if (review.mustStop()) return;
    const why = whyOver(finding, look.approvals, review);
    if (why) await clearFinding(finding, why, review, ports);
  }
  // Set last, because it ends this look: what is left is judged in the next.
  if (look.left > 0) review.delay ??= { seconds: 1, why: `${look.left} more approvals are to be held against policy` };
}

const aboutConnections: readonly FindingKind[] = ["approved-outside", "no-longer-approved", "pending-again"];

/** Why what was found about a connection is over; undefined while it stands, and for all that is found elsewhere. */
function whyOver(finding: Finding, approvals: ReadonlyMap<string, LiveApproval>, review: Review): string | undefined {
  if (!aboutConnections.includes(finding.kind)) return undefined;
  const shown = review.service.connections.find(({ ref }) => ref.id === finding.connectionId);
  if (!shown) return "The connection is gone.";
  // What ARM shows cannot be read, or people are being asked.
  if (shown.status === "Unknown" || review.openOn(shown.ref.id)?.request.live) return undefined;
  const status = finding.kind === "pending-again" ? "Pending" : "Approved";
  if (shown.status !== status) return `The connection is ${shown.status}.`;
  return finding.kind === "pending-again" ? undefined : whySettled(finding, approvals.get(shown.ref.id));
}

function whySettled({ kind, mark }: Finding, approval: LiveApproval | undefined): string | undefined {
  if (kind === "approved-outside") return approval && "plgate approved it meanwhile.";
  if (!approval) return "The approval that it was about stands no longer.";
  return mark.startsWith(`${approval.requestId} `) ? undefined : "It was kept.";
}

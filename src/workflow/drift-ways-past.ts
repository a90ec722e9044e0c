import type { Json } from "../ledger/event.ts";
import type { Finding, FindingKind } from "../ledger/standing-finding.ts";
import { mayCover } from "../policy/covers-service.ts";
import { driftTermsOf } from "../policy/evaluate.ts";
import { type DriftLook, inShort } from "./drift-look.ts";
import { aboutService, clearFinding, type Found, tellFindings } from "./findings.ts";
import { factsOfService } from "./gather-facts.ts";

type Way = {
  readonly kind: Extract<FindingKind, "auto-approval" | "visible-to-anyone">;
  readonly what: string;
  readonly mark: string;
  readonly subscriptions: readonly string[];
};

const kinds: readonly FindingKind[] = ["auto-approval", "visible-to-anyone"];

/**
 * Ways past plgate that are open at a service which some policy may be about, or all of them while there is no policy: told, and
 * told anew when the list changed. plgate has no right to change a service, so nothing else is done about them; what comes in
 * through them is found as an approval without a decision.
 */
export async function findWaysPast(look: DriftLook): Promise<void> {
  const { review, ports } = look;
  const { inForce } = review.policies;
  const facts = factsOfService(review.service, ports.clock.now());
  const isGoverned = inForce.length === 0 || mayCover(inForce, facts);
  const ways = isGoverned ? waysAt(look) : [];
  const { reviewers } = driftTermsOf(inForce, facts, ports.settings);
  await tellFindings(
    ways.filter(({ kind, mark }) => look.findings.get(kind)?.mark !== mark).map((way) => found(way, reviewers, look)),
    review,
    ports,
  );
  for (const finding of look.findings.values()) {
    if (review.mustStop()) return;
    if (!kinds.includes(finding.kind) || ways.some(({ kind }) => kind === finding.kind)) continue;
    const why = isGoverned ? "ARM shows it no longer." : "No policy is about this service.";
    await clearFinding(finding, why, review, ports);
  }
}

function waysAt({ review, ports }: DriftLook): readonly Way[] {
  const { autoApproval, visibility = [] } = review.service;
  // Where plgate only observes nobody is told; they are when it does more.
  const mode = ports.settings.mode === "observe" ? "observed" : "told";
  const ways: Way[] = [];
  if (autoApproval.length > 0) {
    const listed = autoApproval.map((id) => id.toLowerCase()).sort();
    const whom = listed.length === 1 ? "one subscription" : `${listed.length} subscriptions`;
    const what = `Azure's auto-approval lets ${whom} in past every policy.`;
    ways.push({ kind: "auto-approval", what, mark: `${inShort(listed.join())} ${mode}`, subscriptions: listed });
  }
  if (visibility.includes("*")) {
    const what = "Anyone who knows the alias may ask for a connection.";
    ways.push({ kind: "visible-to-anyone", what, mark: `* ${mode}`, subscriptions: ["*"] });
  }
  return ways;
}

function found({ kind, what, mark, subscriptions }: Way, reviewers: readonly unknown[], look: DriftLook): Found {
  const { review, ports, findings } = look;
  const since = findings.get(kind)?.since ?? ports.clock.now().toISOString();
  const finding: Finding = { v: 1, key: kind, kind, connectionId: null, since, mark, what };
  const detail: Json = JSON.parse(JSON.stringify({ kind, subscriptions, reviewers }));
  const event = aboutService("drift-detected", review.hand, review.service.ref.id, what, detail);
  return { finding, event, tell: ports.settings.mode !== "observe" };
}

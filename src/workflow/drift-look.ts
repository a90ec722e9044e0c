import { createHash } from "node:crypto";
import { type Connection, isSameConsumer } from "../connection/connection.ts";
import type { Finding } from "../ledger/standing-finding.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import { policyFingerprint } from "./judge.ts";
import type { Ports } from "./ports.ts";
import type { Review } from "./review.ts";

/** What stands at the service beside its open requests, as the look read it. */
export type Sight = { readonly approvals: readonly LiveApproval[]; readonly findings: readonly Finding[] };

/** One look for drift at one service. */
export type DriftLook = {
  readonly review: Review;
  readonly ports: Ports;
  /** By connection, and only where ARM shows the connection as Approved and the same consumer's. */
  readonly approvals: Map<string, LiveApproval>;
  readonly findings: ReadonlyMap<string, Finding>;
  /** Policies and mode in a few bytes: what was handled under these is handled. */
  readonly under: string;
  /** Undefined when the policies cannot be told. */
  readonly policies: string | undefined;
  /** How many more may be judged in this look; what is more is left to the next. */
  budget: number;
  left: number;
};

const judgedAtMost = 50;

export function driftLook({ approvals, findings }: Sight, review: Review, ports: Ports): DriftLook {
  const shown = new Map(review.service.connections.map((connection) => [connection.ref.id as string, connection]));
  const standing = approvals.filter((approval) => stands(approval, shown.get(approval.connectionId)));
  const policies = policyFingerprint(review.policies);
  return {
    review,
    ports,
    approvals: new Map(standing.map((approval) => [approval.connectionId, approval])),
    findings: new Map(findings.map((finding) => [finding.key, finding])),
    under: inShort(`${ports.settings.mode} ${policies ?? ""}`),
    policies,
    budget: judgedAtMost,
    left: 0,
  };
}

/** The first so many of them as this look has time for; the rest is counted as left. */
export function affordable<Item>(items: readonly Item[], look: DriftLook): readonly Item[] {
  const some = items.slice(0, look.budget);
  look.budget -= some.length;
  look.left += items.length - some.length;
  return some;
}

export function inShort(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 16);
}

function stands(approval: LiveApproval, connection: Connection | undefined): boolean {
  return connection?.status === "Approved" && isSameConsumer(connection, approval);
}

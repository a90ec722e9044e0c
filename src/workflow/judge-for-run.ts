import type { Connection, PrivateLinkService } from "../connection/connection.ts";
import type { Verdict } from "../policy/evaluate.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { Gathered } from "./gather-facts.ts";
import { policyFingerprint } from "./judge.ts";
import { askedFor, judgeLive } from "./judge-live.ts";
import type { PoliciesNow, Ports, StoredRequest } from "./ports.ts";

/** An approval that the policies in force would not give any more. */
export type Doubtful = { readonly gathered: Gathered; readonly verdict: Verdict };

/** What a judgement needs of a look at the service; a dry run has it without a lease. */
export type Beheld = {
  readonly policies: PoliciesNow;
  readonly open: { readonly all: readonly StoredRequest[] };
  readonly latest: { of(connection: Connection): Promise<StoredRequest | undefined> };
};

/**
 * Whether the policies in force would give this approval again. `stays`: they would, or people gave it and no rule says that it
 * must not be. One that plgate never gave is none of a re-judgement's business, because drift is: it counts as staying.
 * `unknown`: nobody can tell now.
 */
export async function wouldAsk(
  service: PrivateLinkService,
  connection: Connection,
  approval: LiveApproval | undefined,
  beheld: Beheld,
  ports: Ports,
): Promise<Doubtful | "stays" | "unknown"> {
  if (policyFingerprint(beheld.policies) === undefined) return "unknown";
  const approved = await approvedBy(connection, approval, beheld, ports);
  if (!approved) return "stays";
  const asked = await askedFor(approved, ports);
  const { verdict, gathered } = await judgeLive(service, connection, asked, beheld.open.all, beheld.policies, ports);
  if (verdict.effect === "approve") return "stays";
  const byPeople = (approval?.by ?? byOf(approved)) === "people";
  return byPeople && verdict.effect !== "reject" ? "stays" : { gathered, verdict };
}

/** The request that approved it; undefined when plgate did not. */
async function approvedBy(
  connection: Connection,
  approval: LiveApproval | undefined,
  { latest }: Beheld,
  { ledger }: Pick<Ports, "ledger">,
): Promise<ApprovalRequest | undefined> {
  if (approval) return (await ledger.request(approval.requestId))?.request;
  const found = (await latest.of(connection))?.request;
  return found?.state === "approved" ? found : undefined;
}

function byOf({ decided }: ApprovalRequest): LiveApproval["by"] {
  return decided?.by.kind === "person" ? "people" : "policy";
}

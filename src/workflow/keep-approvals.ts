import type { Finding } from "../ledger/standing-finding.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import type { Ports } from "./ports.ts";
import type { Review } from "./review.ts";

type Sight = { readonly approvals: readonly LiveApproval[]; readonly findings: readonly Finding[] };

/** What time and ARM bring to the approvals that stand: their end comes near, or the connection is gone. */
export async function keepApprovals(_sight: Sight, _review: Review, _ports: Ports): Promise<void> {}

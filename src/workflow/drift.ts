import type { Finding } from "../ledger/standing-finding.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import type { Ports } from "./ports.ts";
import type { Review } from "./review.ts";

type Sight = { readonly approvals: readonly LiveApproval[]; readonly findings: readonly Finding[] };

/** Where ARM differs from what plgate decided. */
export async function findDrift(_sight: Sight, _review: Review, _ports: Ports): Promise<void> {}

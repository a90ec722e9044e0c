import type { Finding } from "../ledger/standing-finding.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import type { Ports } from "./ports.ts";
import type { Review } from "./review.ts";

type Sight = { readonly approvals: readonly LiveApproval[]; readonly findings: readonly Finding[] };

/** What the runs that go on ask about this service. */
export async function advanceRuns(_sight: Sight, _review: Review, _ports: Ports): Promise<void> {}

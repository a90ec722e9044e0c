import type { ServiceRef } from "../connection/arm-id.ts";
import type { Finding } from "../ledger/standing-finding.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import { serviceKey } from "../requests/request-id.ts";
import { covers, openIn, type Run } from "../requests/run.ts";
import { drainService } from "./drain.ts";
import type { Ports } from "./ports.ts";
import type { Review } from "./review.ts";
import { askForRun } from "./run-questions.ts";
import { keepShare, knownShare } from "./run-share.ts";
import type { Situation } from "./situations.ts";

type Sight = { readonly approvals: readonly LiveApproval[]; readonly findings: readonly Finding[] };

// For so long the questions of a run that ended are looked for; each review of its services withdraws what it finds.
const afterlifeMs = 7 * 24 * 3_600_000;

/** The runs that a review of this service has to heed. */
export async function runsAbout(service: ServiceRef, ports: Pick<Ports, "ledger" | "clock">): Promise<readonly Run[]> {
  const now = ports.clock.now().getTime();
  const isHeeded = ({ state, endedAt }: Run) =>
    state === "running" || (state !== "proposed" && now - Date.parse(endedAt ?? "") < afterlifeMs);
  return (await ports.ledger.runs()).filter((run) => isHeeded(run) && covers(run, service));
}

/**
 * What the runs that go on ask about this service, or take away from it. Each step follows from ARM, the requests and the run
 * alone, so it is taken once, whoever dies and however many hosts look; and it ends where the look ends.
 */
export async function advanceRuns({ approvals }: Sight, review: Review, ports: Ports): Promise<void> {
  if (ports.settings.mode === "observe") return;
  for (const run of review.runs) {
    if (review.mustStop()) return;
    if (run.state !== "running") await closeShare(run, review, ports);
    else if (run.kind === "drain") await drainService(run, review, ports);
    else await askForRun(run, approvals, review, ports);
  }
}

/**
 * True when what is to become of a connection is for a run to say, or was.
 *
 * Where a service is drained nothing is judged and no time runs: the drain decides every connection, after everything that was
 * decided before it. A question of a run that was stopped is withdrawn before its time can do anything.
 */
export async function isLeftToRun(situation: Situation, review: Review): Promise<boolean> {
  if (situation.kind === "unreadable") return false;
  if ("stored" in situation && isOrphan(situation, review)) {
    await review.withdraw(situation.stored, "The run was stopped; the connection stays as it is.");
    // One that was Pending is judged again by a look that finds it without a request.
    if (!situation.stored.request.live) review.doubt ??= "a request was withdrawn";
    return true;
  }
  if (!review.runs.some((run) => run.kind === "drain" && run.state === "running")) return false;
  switch (situation.kind) {
    case "new":
    case "waiting":
      return true;
    case "decided":
      return situation.stored.request.decided?.kind === "approve";
    case "replaced":
    case "pending-again":
      await review.withdraw(situation.stored, "Another request took its place, and the service is drained.");
      return true;
    default:
      return false;
  }
}

/** A question that a run asked, or a removal that it decided on, and that nobody wants any more. People's decisions stay. */
function isOrphan({ kind, stored }: Extract<Situation, { readonly stored: unknown }>, review: Review): boolean {
  const { live, decided } = stored.request;
  const ended = review.runs.find(({ id, state }) => id === (decided?.run ?? live?.run) && state !== "running");
  if (!ended || (kind !== "waiting" && kind !== "decided")) return false;
  return decided === null || ended.kind === "drain" || decided.by.kind !== "person";
}

async function closeShare(run: Run, review: Review, ports: Ports): Promise<void> {
  const stored = await ports.ledger.runShare(run.id, serviceKey(review.service.ref.id));
  if (!stored || (openIn(stored) === 0 && stored.waiting === 0)) return;
  const known = await knownShare(run, stored, review, ports);
  await keepShare({ ...known, waiting: 0 }, stored, ports);
}

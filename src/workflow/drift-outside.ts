import { type Connection, isSameConsumer } from "../connection/connection.ts";
import { driftTermsOf } from "../policy/evaluate.ts";
import { isOpen } from "../requests/request.ts";
import { connectionKey } from "../requests/request-id.ts";
import { isStricter, markOf, readMark, stageOf } from "./drift-handling.ts";
import { affordable, type DriftLook, inShort } from "./drift-look.ts";
import { adopt, ask, type Drifted, foundOf } from "./drift-steps.ts";
import { type Found, tellFindings } from "./findings.ts";
import type { Judgement } from "./judge.ts";
import { type Asked, askedFor, judgeLive } from "./judge-live.ts";
import { rememberOld } from "./keep-approvals.ts";
import type { StoredRequest } from "./ports.ts";

type Unexplained = { readonly connection: Connection; readonly latest: StoredRequest | undefined };
type Judged = Drifted & { readonly judgement: Judgement };

const readsAtOnce = 16;
// So many are looked up in one look; the rest is left to the next one.
const explainedAtMost = 200;

/**
 * Connections that are Approved without a decision of plgate: by somebody in the portal, by the consumer's own rights, by Azure's
 * auto-approval, or because another endpoint took the place of the one that was approved. Policy is asked: what it would approve
 * is adopted, all else is handled as its `drift:` says. Approvals of a version that kept no rows for them are remembered in silence.
 */
export async function findApprovedOutside(look: DriftLook): Promise<void> {
  const candidates = look.review.service.connections.filter((connection) => isUnexplained(connection, look));
  const unexplained = await explain(candidates.slice(0, explainedAtMost), look);
  look.left += Math.max(0, candidates.length - explainedAtMost);
  const recorded: Found[] = [];
  const due = affordable(unexplained, look);
  for (let at = 0; at < due.length && !look.review.mustStop(); at += readsAtOnce) {
    const some = due.slice(at, at + readsAtOnce);
    const judged = await Promise.all(some.map((one) => judgeOne(one, look)));
    // One after the other: each counts towards what the robot may have under way.
    for (const one of judged) recorded.push(...(await handle(one, look)));
  }
  await tellFindings(recorded, look.review, look.ports);
}

/** Approved, with nothing that says why, and not handled under these policies. */
function isUnexplained({ ref, status, ...connection }: Connection, look: DriftLook): boolean {
  if (status !== "Approved" || look.approvals.has(ref.id) || look.review.openOn(ref.id)) return false;
  // A request that ended in this look may be the decision that was missing.
  if (look.review.open.endedOn(ref.id)) return true;
  const mark = readMark(look.findings.get(keyOf({ ref }))?.mark);
  if (mark?.what !== consumerIn(connection)) return true;
  // A store that cannot be read is no change of policy.
  return mark.under !== look.under && look.policies !== undefined;
}

/** Those for which there really is no decision: the ledger is asked once about each that has no row. */
async function explain(candidates: readonly Connection[], look: DriftLook): Promise<readonly Unexplained[]> {
  const unexplained: Unexplained[] = [];
  for (let at = 0; at < candidates.length; at += readsAtOnce) {
    const some = candidates.slice(at, at + readsAtOnce);
    const explained = await Promise.all(some.map((connection) => explainOne(connection, look)));
    unexplained.push(...explained.flatMap((one) => one ?? []));
  }
  return unexplained;
}

async function explainOne(connection: Connection, look: DriftLook): Promise<Unexplained | undefined> {
  const { review, ports } = look;
  const latest = review.open.endedOn(connection.ref.id) ?? (await review.latest.of(connection));
  if (latest && isOpen(latest.request)) {
    review.doubt = "a request was opened by another host";
    return undefined;
  }
  const approval = review.standing.of(connection.ref.id) ?? (await rememberOld(connection, review, ports));
  if (!approval || !isSameConsumer(connection, approval)) return { connection, latest };
  look.approvals.set(approval.connectionId, approval);
  return undefined;
}

async function judgeOne({ connection, latest }: Unexplained, { review, ports, ...look }: DriftLook): Promise<Judged> {
  const isKnown = latest !== undefined && isSameConsumer(connection, latest.request);
  const asked: Asked = isKnown
    ? await askedFor(latest.request, ports)
    : { at: ports.clock.now().toISOString(), message: undefined };
  const judgement = await judgeLive(review.service, connection, asked, review.open.all, review.policies, ports);
  const terms = driftTermsOf(review.policies.inForce, judgement.gathered.facts, ports.settings);
  return {
    ...{ connection, latest, judgement, terms, kind: "approved-outside", cause: "drift", approval: null },
    ...{ key: keyOf(connection), what: sentenceOf(connection, latest, review.service.autoApproval) },
    standing: look.findings.get(keyOf(connection)),
  };
}

async function handle(judged: Judged, look: DriftLook): Promise<readonly Found[]> {
  const { review, ports } = look;
  if (review.mustStop()) return [];
  const { connection, judgement, terms, standing } = judged;
  const { mode } = ports.settings;
  if (mode !== "observe" && judgement.verdict.effect === "approve" && connection.endpoint) {
    const approval = await adopt(judged, review, ports);
    if (approval) look.approvals.set(approval.connectionId, approval);
    return [];
  }
  const stage = stageOf(terms, judgement, mode, judgement.verdict.effect !== "approve");
  const before = readMark(standing?.mark);
  const what = consumerIn(connection);
  const isNew = before?.what !== what;
  const mark = markOf({ what, stage, under: look.under });
  const isStronger = isNew || isStricter(stage, before.stage);
  if (isStronger && (stage === "escalate" || stage === "revoke")) {
    await ask(judged, stage, mark, review, ports);
    return [];
  }
  return [foundOf(judged, { stage, mark, isNew, tell: isStronger && stage === "record" }, review)];
}

function keyOf({ ref }: Pick<Connection, "ref">): string {
  return `approved-outside|${connectionKey(ref.id)}`;
}

/** Another endpoint behind the same name is another finding. */
function consumerIn({ endpoint }: Pick<Connection, "endpoint">): string {
  return inShort(endpoint?.id.toLowerCase() ?? "");
}

function sentenceOf(
  { endpoint }: Connection,
  latest: StoredRequest | undefined,
  autoApproval: readonly string[],
): string {
  const isListed = autoApproval.some((id) => id.toLowerCase() === endpoint?.subscriptionId.toLowerCase());
  if (latest?.request.state === "resolved-elsewhere") return "Approved by somebody else while plgate had the request.";
  if (latest?.request.state === "approved") return "Approved, but for another endpoint than the one behind it now.";
  if (isListed) return "Approved by Azure itself: the subscription is on the service's auto-approval list.";
  return "Approved, and no decision of plgate says so.";
}

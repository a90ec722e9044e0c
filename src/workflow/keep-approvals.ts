import { type Connection, isSameConsumer } from "../connection/connection.ts";
import type { Finding } from "../ledger/standing-finding.ts";
import { defaultReviewOf } from "../policy/default-review.ts";
import { accessEnds, renewableFrom } from "../requests/expiry.ts";
import { type LiveApproval, standingOf } from "../requests/live-approval.ts";
import { hastened } from "./ask-again.ts";
import { endApproval, endOfApproval } from "./end-approval.ts";
import { gatherFacts } from "./gather-facts.ts";
import { isUsable } from "./judge.ts";
import type { Ports, StoredRequest } from "./ports.ts";
import type { Review } from "./review.ts";

type Sight = { readonly approvals: readonly LiveApproval[]; readonly findings: readonly Finding[] };

/** Approvals from before there were rows for them: so many are looked for in one look, the rest a minute later. */
const oldOnesAtMost = 200;
const readsAtOnce = 16;
const nextLookMs = 60_000;

/**
 * What time and ARM bring to the approvals that stand: the connection is gone or another one's, or the end of the approval
 * comes near and people are asked whether it is given again. Those whose end is nearest come first.
 *
 * Of an approval with nothing to do no storage is asked: a thousand of them cost no more than one.
 */
export async function keepApprovals({ approvals, findings }: Sight, review: Review, ports: Ports): Promise<void> {
  const shown = new Map<string, Connection>(review.service.connections.map((one) => [one.ref.id, one]));
  for (const approval of approvals.toSorted(byEnd)) {
    if (review.mustStop()) return;
    await keep(approval, shown.get(approval.connectionId), review, ports);
  }
  if (!review.mustStop()) await rememberOldOnes(findings, review, ports);
}

async function keep(
  approval: LiveApproval,
  connection: Connection | undefined,
  review: Review,
  ports: Ports,
): Promise<void> {
  const end = endOfApproval(approval, connection);
  if (end) return endApproval(approval, end, review, ports);
  // Of a status that plgate does not know nothing follows, as everywhere.
  if (connection?.status !== "Approved") return;
  if (approval.linkIdentifier === null && connection.linkIdentifier !== undefined) {
    // From now on another LinkID is another endpoint.
    await review.standing.remember({ ...approval, linkIdentifier: connection.linkIdentifier });
  }
  await keepTime(approval, connection, review, ports);
}

/** Its end comes near: people are asked, or those who are asked something else have to answer before. */
async function keepTime(approval: LiveApproval, connection: Connection, review: Review, ports: Ports): Promise<void> {
  const from = renewableFrom(approval);
  if (!from || approval.expiresAt === null || ports.settings.mode === "observe") return;
  if (ports.clock.now() < from) return review.lookAgainBy(from);
  const open = review.openOn(connection.ref.id);
  if (!open) return askToRenew(approval, approval.expiresAt, connection, review, ports);
  // What was put off at a service in a bad state stays put off.
  if (!isUsable(review.service)) return;
  const step = hastened(open, approval.expiresAt, review.hand);
  if (step) await review.note(ports.ledger.commit(step));
}

async function askToRenew(
  approval: LiveApproval,
  expiresAt: string,
  connection: Connection,
  review: Review,
  ports: Ports,
): Promise<void> {
  const { facts, consumer } = await gatherFacts(review.service, connection, [], ports);
  const { fallbackReviewers } = ports.settings;
  const { reviewers, terms } = defaultReviewOf(review.policies.inForce, facts, { fallbackReviewers });
  const now = ports.clock.now();
  const dueAt = accessEnds(expiresAt, now);
  const isOver = Date.parse(expiresAt) <= now.getTime();
  const why = isOver
    ? `The approval ended at ${expiresAt}, and the connection is still there.`
    : `The approval ends at ${expiresAt}.`;
  await review.ask(connection, {
    live: { cause: "expiry", why, approval: approval.requestId },
    ...{ reviewers, terms, consumer, verdict: null },
    end: { dueAt, expiry: "reject" },
  });
}

/**
 * Connections that were approved before approvals had rows: their requests say so, and the rows are written without a word.
 * Bounded, and asked only for connections of which nothing is known.
 */
async function rememberOldOnes(findings: readonly Finding[], review: Review, ports: Ports): Promise<void> {
  const found = new Set(findings.map(({ connectionId }) => connectionId));
  const unknown = review.service.connections.filter(
    ({ status, ref }) =>
      status === "Approved" && !review.standing.of(ref.id) && !found.has(ref.id) && !review.openOn(ref.id),
  );
  const some = unknown.slice(0, oldOnesAtMost);
  await review.latest.recall(some);
  for (let at = 0; at < some.length; at += readsAtOnce) {
    await Promise.all(some.slice(at, at + readsAtOnce).map((connection) => rememberOld(connection, review, ports)));
  }
  if (unknown.length > some.length) review.lookAgainBy(new Date(ports.clock.now().getTime() + nextLookMs));
}

/** The approval that the requests of a connection tell of, remembered; undefined when they tell of none. */
export async function rememberOld(
  connection: Connection,
  review: Review,
  ports: Pick<Ports, "ledger">,
): Promise<LiveApproval | undefined> {
  const approving = await approvingRequest(await review.latest.of(connection), ports);
  if (!approving || !isSameConsumer(connection, approving.request)) return undefined;
  const approval = standingOf(approving.request);
  await review.standing.remember(approval);
  return approval;
}

/** The request that says that a connection is approved: the latest, or the one that the latest asked about without an answer. */
async function approvingRequest(
  latest: StoredRequest | undefined,
  { ledger }: Pick<Ports, "ledger">,
): Promise<StoredRequest | undefined> {
  if (latest?.request.state === "approved") return latest;
  const { live, state } = latest?.request ?? {};
  if (!live?.approval || state === "rejected") return undefined;
  const asked = await ledger.request(live.approval);
  return asked?.request.state === "approved" ? asked : undefined;
}

function byEnd(one: LiveApproval, other: LiveApproval): number {
  return endMs(one) - endMs(other) || (one.connectionId < other.connectionId ? -1 : 1);
}

function endMs({ expiresAt }: LiveApproval): number {
  return expiresAt === null ? Number.MAX_SAFE_INTEGER : Date.parse(expiresAt);
}

import { randomUUID } from "node:crypto";
import type { ServiceRef } from "../connection/arm-id.ts";
import { type Connection, isPending, type PrivateLinkService } from "../connection/connection.ts";
import { type Door, robot } from "../decision/decision.ts";
import { serviceKey } from "../requests/request-id.ts";
import { NotNow } from "../runtime/errors.ts";
import { withdraw } from "./apply-decision.ts";
import { watchCapacity } from "./capacity.ts";
import { dispatch } from "./dispatch-outbox.ts";
import { findDrift } from "./drift.ts";
import { endApproval } from "./end-approval.ts";
import { currentPolicies } from "./judge.ts";
import { keepApprovals } from "./keep-approvals.ts";
import { type LinkSituation, linkSituationsOf } from "./late-links.ts";
import type { AwaitedLink, Lease, Ports, Unsettled } from "./ports.ts";
import { Review } from "./review.ts";
import { advanceRuns, isLeftToRun, runsAbout } from "./run-steps.ts";
import { type Situation, situationsOf } from "./situations.ts";
import { Turn } from "./turn.ts";

export type ReviewOutcome =
  /** Every connection is decided, escalated or left alone for a reason. */
  | { readonly kind: "settled"; readonly connections: number }
  /** Something has to wait: ARM is busy, or another host holds the service. A wake-up is on its way. */
  | { readonly kind: "later"; readonly seconds: number; readonly why: string };

const busySeconds = 2;
const looksAtMost = 5;

/**
 * Reviews one Private Link Service: the story of plgate.
 *
 * Lease the service, read it from ARM once, and bring every connection as far as it can go: judge what is new, carry out
 * what is decided, record what happened without us. Level-triggered and idempotent: it may be called by an event,
 * the timer or a decision, twice, late, on several hosts, and may die at any line; the next call finds what is left.
 */
export async function reviewService(
  service: ServiceRef,
  door: Door,
  ports: Ports,
  correlation: string = randomUUID(),
): Promise<ReviewOutcome> {
  const cause = { door, correlation };
  const turn = new Turn(ports.clock);
  const following: Promise<void>[] = [];
  try {
    for (let look = 1; look <= looksAtMost; look += 1) {
      const begun = await ports.watch.begin(service);
      if (begun.kind === "busy") return await later(service, cause, busySeconds, anotherHost, ports);

      const { review, askedAgain } = await reviewAndRelease(service, cause, begun.lease, turn, ports);
      following.push(dispatch(review.effects, ports));

      if (review.delay) return await later(service, cause, review.delay.seconds, review.delay.why, ports);
      // Somebody asked meanwhile, or an answer left a doubt: look once more at once instead of waiting for the message.
      if (!askedAgain && review.doubt === undefined) return { kind: "settled", connections: review.connections };
    }
    return await later(service, cause, busySeconds, "the service keeps changing", ports);
  } finally {
    // A look does not wait until lists and cards show what the last one did: ARM's tokens would be left lying meanwhile.
    await Promise.all(following);
  }
}

const anotherHost = "another host reviews this service";

/** What led to the review: by which door it came, and the correlation id of all that follows. */
type Cause = { readonly door: Door; readonly correlation: string };

async function reviewAndRelease(service: ServiceRef, cause: Cause, lease: Lease, turn: Turn, ports: Ports) {
  const hand = { who: robot, ...cause, clock: ports.clock };
  const review = new Review(lease, hand, turn, ports);
  try {
    await reviewUnderLease(service, review, ports);
  } catch (error) {
    if (!(error instanceof NotNow)) {
      // No mark after a fault: the next sweep sees a service that was not settled and looks again.
      await ports.watch.end(lease, undefined);
      throw error;
    }
    review.delay = { seconds: Math.max(1, Math.ceil(error.retryAfterMs / 1000)), why: error.message };
  }
  return { review, askedAgain: await ports.watch.end(lease, review.mark()) };
}

async function reviewUnderLease(ref: ServiceRef, review: Review, ports: Ports): Promise<void> {
  const [service, unsettled, policies, runs] = await Promise.all([
    ports.connections.read(ref),
    ports.ledger.unsettled(serviceKey(ref.id)),
    currentPolicies(ports),
    runsAbout(ref, ports),
  ]);
  review.runs = runs;
  review.begin(service, unsettled, policies);
  if (service === "gone") return endAll(unsettled, review, ports);
  const situations = situationsOf(service, unsettled.open);
  await review.latest.recall(situations.flatMap((one) => (one.kind === "new" ? [one.connection] : [])));
  for (const situation of situations) {
    if (review.mustStop()) return;
    await settle(situation, review, ports);
  }
  await settleLinks(service, unsettled.awaitedLinks, review, ports);
  // What is approved already: does it stay, does ARM agree, and does a run ask about it?
  for (const look of [keepApprovals, findDrift, watchCapacity, advanceRuns]) {
    if (review.mustStop()) return;
    await look({ approvals: review.standing.all, findings: unsettled.findings }, review, ports);
  }
}

/** The service is gone, and with it all that was asked and all that was approved. */
async function endAll({ open, approvals }: Unsettled, review: Review, ports: Ports): Promise<void> {
  for (const stored of open) await review.note(withdraw(stored, "The service is gone.", review.hand, ports));
  for (const approval of approvals) {
    if (review.mustStop()) return;
    await endApproval(approval, { how: "service-gone", status: null }, review, ports);
  }
}

async function settleLinks(
  service: PrivateLinkService,
  awaitedLinks: readonly AwaitedLink[],
  review: Review,
  ports: Ports,
): Promise<void> {
  for (const situation of linkSituationsOf(service, awaitedLinks, ports.clock.now())) {
    if (review.mustStop()) return;
    await settleLink(situation, review, ports);
  }
}

/** One connection, as far as it can go now. */
async function settle(situation: Situation, review: Review, ports: Ports): Promise<void> {
  if (await isLeftToRun(situation, review)) return;
  switch (situation.kind) {
    case "new":
      return review.judgeNew(situation.connection);
    case "waiting":
      await review.reconsider(situation.connection, situation.stored);
      return review.keepTime(situation.connection, situation.stored.request.id);
    case "decided":
      return review.carryOut(situation.connection, situation.stored);
    case "done":
      return review.confirm(situation.connection, situation.stored);
    case "resolved-elsewhere":
      return review.resolveElsewhere(situation.connection, situation.stored);
    case "replaced":
      await review.withdraw(situation.stored, "Another endpoint took its place.");
      return judgeIfPending(situation.connection, review);
    case "pending-again":
      await review.withdraw(situation.stored, "The connection is Pending again.");
      return judgeIfPending(situation.connection, review);
    case "removed":
      return review.confirmRemoved(situation.stored);
    case "withdrawn":
      return review.withdraw(situation.stored, "The connection is gone.");
    case "unreadable":
      return leaveAlone(situation.connection, ports);
  }
}

/** One LinkID that ARM did not show when its connection was approved. */
async function settleLink(situation: LinkSituation, review: Review, ports: Ports): Promise<void> {
  switch (situation.kind) {
    case "shown":
      return review.identifyLink(situation.awaited, situation.connection);
    case "awaited":
      return review.lookForLinkAgain(situation.awaited.since);
    case "given-up":
      return giveUpLink(situation.awaited, ports);
  }
}

async function judgeIfPending(connection: Connection, review: Review): Promise<void> {
  if (isPending(connection) && !review.mustStop()) await review.judgeNew(connection);
}

function leaveAlone({ ref, rawStatus: status }: Connection, { log }: Pick<Ports, "log">): void {
  log.warn("a connection has an unknown status and is left alone", { connection: ref.id, status });
}

async function giveUpLink({ requestId: request }: AwaitedLink, { ledger, log }: Ports): Promise<void> {
  log.info("the LinkID of an approved connection is not awaited any longer", { request });
  await ledger.forgetLink(request);
}

async function later(
  service: ServiceRef,
  { door, correlation }: Cause,
  seconds: number,
  why: string,
  ports: Pick<Ports, "watch" | "log">,
): Promise<ReviewOutcome> {
  await ports.watch.wake(service, door, seconds, correlation);
  ports.log.info("the review goes on later", { service: service.id, seconds, why });
  return { kind: "later", seconds, why };
}

import { type Connection, isPending } from "../connection/connection.ts";
import { mayWrite } from "../decision/decision.ts";
import type { Step } from "../ledger/commit.ts";
import { plainTerms } from "../policy/review-terms.ts";
import { type ApprovalRequest, type Decided, isOpen, type Live, untimed } from "../requests/request.ts";
import { serviceKey } from "../requests/request-id.ts";
import { fateOf, type Run, type RunShare } from "../requests/run.ts";
import { after, type Move } from "../requests/transitions.ts";
import { PlgateError } from "../runtime/errors.ts";
import { aboutRun, changeRuns, type RunChange } from "./change-run.ts";
import { openLive } from "./open-live.ts";
import type { Ports, StoredRequest } from "./ports.ts";
import { about, changed, type Hand } from "./record.ts";
import type { Review } from "./review.ts";
import { keepShare, knownShare, withEntries } from "./run-share.ts";

/**
 * Takes every connection of the service away: each is decided in the name of the two persons who wanted it, and carried out on the
 * same path as every other decision, one after the other, as fast as ARM takes it. What is left when the look must end is found
 * again by the next one, because ARM shows it.
 */
export async function drainService(run: Run, review: Review, ports: Ports): Promise<void> {
  const key = serviceKey(review.service.ref.id);
  const stored = await ports.ledger.runShare(run.id, key);
  const { share, acted } = await takeAll(run, await knownShare(run, stored, review, ports), review, ports);
  await keepShare(share, stored, ports);
  if (share.waiting > 0 || review.mustStop()) return;
  // What was rejected may have to be removed, and what was removed is still in what was read: only a fresh look says what is left.
  if (acted) review.doubt = "connections were taken away";
  else if (isClear(run, review)) await recordDrained(run, review, ports);
}

async function takeAll(run: Run, known: RunShare, review: Review, ports: Ports) {
  let share = known;
  let [waiting, acted] = [0, false];
  for (const connection of review.service.connections) {
    const request = await takeAway(run, connection, review, ports);
    if (request === "nothing-to-do") continue;
    acted = true;
    if (!request || isOpen(request)) waiting += 1;
    if (request) share = withEntries(share, [[connection, { request: request.id, fate: fateOf(request) }]]);
  }
  return { share: { ...share, waiting }, acted };
}

/** The request that takes the connection away, as it stands then; undefined when the look ended or the race was lost. */
async function takeAway(
  run: Run,
  connection: Connection,
  review: Review,
  ports: Ports,
): Promise<ApprovalRequest | "nothing-to-do" | undefined> {
  if (review.mustStop()) return undefined;
  const hand = handOf(run, review.hand);
  const open = review.openOn(connection.ref.id);
  if (open) return decideOpen(open, connection, run, hand, review, ports);
  const previous = await review.latest.of(connection);
  if (!isDue(run, connection, previous?.request)) return "nothing-to-do";
  if (previous && isOpen(previous.request)) {
    review.doubt = "a request was opened by another host";
    return undefined;
  }
  const step = decidedAtOnce(run, connection, previous?.request, hand, review);
  return carriedOut(await review.note(ports.ledger.commit(step)), connection, review, ports);
}

/** Pending and Approved ones go; those that are Rejected or Disconnected only when they are to be removed, and were not before. */
function isDue(run: Run, { status }: Connection, latest: ApprovalRequest | undefined): boolean {
  if (status === "Pending" || status === "Approved") return true;
  if (status === "Unknown" || run.by !== "remove") return false;
  return !(latest?.live?.run === run.id && latest.live.by === "remove" && latest.state === "rejected");
}

/** A request that somebody waits for is decided; what is decided already only has to be carried out. */
async function decideOpen(
  stored: StoredRequest,
  connection: Connection,
  run: Run,
  hand: Hand,
  review: Review,
  ports: Ports,
): Promise<ApprovalRequest | undefined> {
  const { request } = stored;
  // Carried out by this very look, as far as ARM let it: nothing is repeated here.
  if (request.decided?.kind === "reject" || (request.held && !mayWrite(ports.settings.mode, "reject"))) return request;
  let seen: StoredRequest | undefined = stored;
  if (request.state !== "awaiting-decision") {
    const step = steppedBack(stored, run, hand);
    seen = await review.note(ports.ledger.commit(step));
  }
  if (!seen) return undefined;
  const rejected = await review.note(ports.ledger.commit(decidedNow(seen, run, hand)));
  return carriedOut(rejected, connection, review, ports);
}

async function carriedOut(
  stored: StoredRequest | undefined,
  connection: Connection,
  review: Review,
  { ledger }: Ports,
): Promise<ApprovalRequest | undefined> {
  if (!stored || review.mustStop()) return stored?.request;
  await review.carryOut(connection, stored);
  return (await ledger.request(stored.request.id))?.request;
}

/** An approval that ARM does not show yet, or a request that nobody judged: it waits, so that the drain can decide it. */
function steppedBack({ request, etag }: StoredRequest, run: Run, hand: Hand): Step {
  const state = moved(request, "hold");
  const next = changed(untimed(request), hand.clock, { state, decided: null, held: null, failure: null });
  const event = about(next, "decided", hand, "Nothing is approved any more: the service is drained.", {
    detail: { run: run.id },
  });
  return { key: `${request.id}|drain-hold|${etag}`, request: next, expected: etag, events: [event], notify: false };
}

function decidedNow({ request, etag }: StoredRequest, run: Run, hand: Hand): Step {
  const state = moved(request, "decide-reject");
  // A question about a connection keeps its cause; how the connection goes is for the drain to say.
  const live = request.live && run.by ? { live: { ...request.live, by: run.by } } : {};
  const decided = decisionOf(run, hand);
  const next = changed(untimed(request), hand.clock, { state, decided, held: null, failure: null, ...live });
  const event = about(next, "decided", hand, whatDecides, whyDecided(run, decided));
  const key = `${request.id}|drain|${etag}`;
  return { key, request: next, expected: etag, events: [event], notify: next.shown };
}

/** A request that begins with its decision: nobody is asked. */
function decidedAtOnce(
  run: Run,
  connection: Connection,
  previous: ApprovalRequest | undefined,
  hand: Hand,
  review: Review,
): Step {
  const live: Live = {
    ...{ cause: "drain", why: `The service is drained: ${run.note}`, run: run.id, by: run.by ?? "reject" },
    approval: connection.status === "Approved" ? (previous?.id ?? null) : null,
  };
  const opening = { live, reviewers: [], terms: plainTerms, end: null, verdict: null, consumer: undefined };
  const opened = openLive(review.service, connection, opening, previous, hand);
  const { live: _, ...ordinary } = opened.request;
  const asked = isPending(connection)
    ? { ...ordinary, message: connection.description?.slice(0, 500) ?? null }
    : opened.request;
  const decided = decisionOf(run, hand);
  const request: ApprovalRequest = { ...asked, state: "rejecting", decided };
  const events = [
    about(request, "requested", hand, "The service is drained, and a connection is there.", {
      detail: { status: connection.status, run: run.id, round: request.round, message: request.message },
    }),
    about(request, "decided", hand, whatDecides, whyDecided(run, decided)),
  ];
  return { key: `${request.id}|drain|new`, request, expected: null, events, notify: false };
}

const whatDecides = "Two people drain the service: the connection is taken away.";

function whyDecided(run: Run, { reason }: Decided) {
  const who = ({ startedBy, confirmedBy }: Run) => ({
    proposedBy: startedBy.kind === "person" ? startedBy.objectId : startedBy.kind,
    confirmedBy: confirmedBy?.kind === "person" ? confirmedBy.objectId : null,
  });
  return { why: { reason, justification: run.note }, detail: { run: run.id, by: run.by, ...who(run) } };
}

function decisionOf(run: Run, { who: by, door, clock }: Hand): Decided {
  const names = [run.startedBy, run.confirmedBy].flatMap((one) => (one?.kind === "person" ? [one.name] : []));
  const reason = `The service is drained (${names.join(", ")}): ${run.note}`;
  return { kind: "reject", reason, by, door, at: clock.now().toISOString(), run: run.id };
}

/** What the drain does is done in the name of the person who confirmed it. */
function handOf(run: Run, hand: Hand): Hand {
  return { ...hand, who: run.confirmedBy ?? run.startedBy, door: "api" };
}

function moved(request: ApprovalRequest, move: Move): ApprovalRequest["state"] {
  const state = after(request.state, move);
  if (!state) throw new PlgateError(`a request in state ${request.state} cannot ${move}`, { retryable: false });
  return state;
}

/** By what ARM shows: nothing that could carry traffic or be approved is left, and nothing that was to be removed. */
function isClear(run: Run, { service, open }: Review): boolean {
  const harmless = run.by === "remove" ? ["Disconnected"] : ["Rejected", "Disconnected"];
  return open.all.length === 0 && service.connections.every(({ status }) => harmless.includes(status));
}

/** Puts on record, once, that nothing is left. The run goes on until the service is deleted, so that nobody comes in meanwhile. */
async function recordDrained(run: Run, review: Review, ports: Ports): Promise<void> {
  if (run.drainedAt !== null) return;
  const left = review.service.connections.length;
  const what =
    left === 0
      ? "The service is drained: it has no connection left and can be deleted."
      : `The service is drained: nobody is connected. Azure still lists ${left} ended connection(s), and may refuse to delete it.`;
  await changeRuns((runs): RunChange | { readonly kind: "nothing" } => {
    const now = runs.find(({ id }) => id === run.id);
    if (now?.state !== "running" || now.drainedAt !== null) return { kind: "nothing" };
    const drained: Run = { ...now, drainedAt: ports.clock.now().toISOString() };
    return { run: drained, event: aboutRun(drained, "run-drained", review.hand, what, { left }) };
  }, ports);
}

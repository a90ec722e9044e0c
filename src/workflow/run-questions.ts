import type { Connection } from "../connection/connection.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import { connectionKey, requestId, serviceKey } from "../requests/request-id.ts";
import { askedIn, coversConsumer, isOver, openIn, type Run, type RunShare } from "../requests/run.ts";
import { robotHand } from "./change-run.ts";
import { wouldAsk } from "./judge-for-run.ts";
import type { Ports } from "./ports.ts";
import type { Review } from "./review.ts";
import { openingOf, type Question } from "./run-opening.ts";
import { askedBefore, keepShare, knownShare, withEntries } from "./run-share.ts";
import { stopRun } from "./runs.ts";

/** An approved connection that the run has not come to, with what plgate knows of its approval. */
type Candidate = Omit<Question, "doubtful">;

/**
 * Asks about the approved connections of the service that the run has not come to, as many as may be open at a time.
 *
 * What is going to be asked is kept before it is asked, so that a host that dies in between leaves an account that is whole. An
 * approval that came after the run began is none of its business, and one about which somebody else asks waits until that is over.
 */
export async function askForRun(
  run: Run,
  approvals: readonly LiveApproval[],
  review: Review,
  ports: Ports,
): Promise<void> {
  const stored = await ports.ledger.runShare(run.id, serviceKey(review.service.ref.id));
  let share = await knownShare(run, stored, review, ports);
  const candidates = candidatesOf(run, share, approvals, review);
  const sorted = await sortOut(run, candidates, review, ports);
  share = withEntries({ ...share, waiting: sorted.later }, sorted.entries);

  const room = Math.max(0, run.cap - openIn(share));
  const now = sorted.questions.slice(0, room);
  share = { ...share, waiting: sorted.later + sorted.questions.length - now.length };
  const allowed = now.length > 0 ? await reserve(run, share, now, stored, review, ports) : [];
  let asked = 0;
  for (const question of allowed) {
    if (review.mustStop()) break;
    const opened = await review.ask(question.connection, await openingOf(run, question, review, ports));
    if (!opened) continue;
    share = withEntries(share, [[question.connection, { request: opened.request.id, fate: "open" }]]);
    asked += 1;
  }
  await keepShare(
    { ...share, waiting: share.waiting + now.length - asked },
    now.length > 0 ? undefined : stored,
    ports,
  );
}

function candidatesOf(
  run: Run,
  { connections }: RunShare,
  approvals: readonly LiveApproval[],
  review: Review,
): readonly Candidate[] {
  const known = new Map(approvals.map((approval) => [approval.connectionId, approval]));
  return review.service.connections.flatMap((connection) => {
    const approval = known.get(connection.ref.id);
    const isLater = approval !== undefined && isAfter(approval.since, run);
    const isDue =
      connection.status === "Approved" && !isLater && coversConsumer(run, connection.endpoint?.subscriptionId);
    return isDue && !(connectionKey(connection.ref.id) in connections) ? [{ connection, approval }] : [];
  });
}

function isAfter(time: string, { startedAt }: Run): boolean {
  return Date.parse(time) > Date.parse(startedAt);
}

type Sorted = {
  readonly entries: readonly (readonly [Connection, Entry])[];
  readonly questions: readonly Question[];
  /** Not to be told now. */
  readonly later: number;
};

/** What is to be asked, what need not be, and what cannot be told now. */
async function sortOut(run: Run, candidates: readonly Candidate[], review: Review, ports: Ports): Promise<Sorted> {
  const entries: Sorted["entries"][number][] = [];
  const questions: Question[] = [];
  let later = 0;
  await review.latest.recall(candidates.map(({ connection }) => connection));
  for (const candidate of candidates) {
    const found = await lookAt(run, candidate, review, ports);
    if (found === "none") continue;
    if (found === "later") later += 1;
    else if ("fate" in found) entries.push([candidate.connection, found]);
    else questions.push(found);
  }
  return { entries, questions, later };
}

type Entry = RunShare["connections"][string];

/** What becomes of the connection without asking; or the question, with what is doubted. */
async function lookAt(
  run: Run,
  candidate: Candidate,
  review: Review,
  ports: Ports,
): Promise<Entry | "later" | "none" | Question> {
  const { connection, approval } = candidate;
  const before = await askedBefore(run, connection, review, ports);
  if (before) return before;
  const latest = (await review.latest.of(connection))?.request;
  // Approved by this very look, which read the approvals before.
  if (!approval && latest?.state === "approved" && isAfter(latest.updatedAt, run)) return "none";
  if (isOver(run, ports.clock.now())) return { request: null, fate: "unasked" };
  // A judgement takes a while: what is left when the look must end is for the next one.
  if (review.openOn(connection.ref.id) || review.mustStop()) return "later";
  if (run.kind === "recertify") return { ...candidate, doubtful: undefined };
  const doubtful = await wouldAsk(review.service, connection, approval, review, ports);
  if (doubtful === "unknown") return "later";
  return doubtful === "stays" ? { request: null, fate: "stays" } : { ...candidate, doubtful };
}

/**
 * Keeps what is about to be asked, and gives back as much of it as may be. The cap of a re-judgement holds for all services
 * together: each host first says what it is about to ask and then adds up what all said, so of two who come at the same moment
 * both see each other, and never too much is open. One that would ask more than its dry run found is stopped instead.
 */
async function reserve(
  run: Run,
  share: RunShare,
  questions: readonly Question[],
  stored: RunShare | undefined,
  review: Review,
  ports: Ports,
): Promise<readonly Question[]> {
  const planned = await Promise.all(
    questions.map(async ({ connection }) => {
      const round = ((await review.latest.of(connection))?.request.round ?? 0) + 1;
      const id = requestId(connection.ref.service.id, connection.ref.id, round);
      return [connection, { request: id, fate: "planned" }] as const;
    }),
  );
  const wish = withEntries(share, planned);
  await keepShare(wish, stored, ports);
  if (run.kind !== "judge") return questions;
  const others = (await ports.ledger.runShares(run.id)).filter(({ service }) => service !== share.service);
  const sum = (count: (one: RunShare) => number) => [wish, ...others].reduce((total, one) => total + count(one), 0);
  if (run.most !== null && sum(askedIn) > run.most) {
    await keepShare(share, undefined, ports);
    return stopTooLarge(run, review, ports);
  }
  return questions.slice(0, Math.max(0, questions.length - Math.max(0, sum(openIn) - run.cap)));
}

async function stopTooLarge(run: Run, review: Review, ports: Ports): Promise<readonly Question[]> {
  const why = `It would ask about more than the ${run.most} connections that its dry run found.`;
  await stopRun(run.id, why, robotHand(ports, review.hand.correlation), ports);
  ports.log.error("a re-judgement found more than its dry run and was stopped", { run: run.id, most: run.most });
  review.doubt ??= "a run was stopped";
  return [];
}

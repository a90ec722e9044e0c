import type { OutboxEntry } from "../ledger/commit.ts";
import type { NewEvent } from "../ledger/event.ts";
import { shortest } from "../requests/expiry.ts";
import { sameVoter, type Tally, tally, withVote } from "../requests/quorum.ts";
import type { ApprovalRequest, Vote } from "../requests/request.ts";
import { parseRequestId } from "../requests/request-id.ts";
import { after } from "../requests/transitions.ts";
import { PlgateError } from "../runtime/errors.ts";
import { dispatchMeanwhile, type Patience } from "./dispatch-meanwhile.ts";
import { type Ballot, hasIdentity, mayDecide, type RefusalReason } from "./may-decide.ts";
import type { Ports, StoredRequest } from "./ports.ts";
import { about, changed, type Hand } from "./record.ts";
import { handOfVoter, recordRefusal } from "./refused-votes.ts";

export type { Ballot, RefusalReason } from "./may-decide.ts";

export type ManualOutcome =
  | { readonly kind: "recorded"; readonly stored: StoredRequest; readonly tally: Tally }
  /** Too late: the request was decided or has ended. `stored` shows how it stands. */
  | { readonly kind: "ended"; readonly stored: StoredRequest }
  | { readonly kind: "refused"; readonly why: RefusalReason };

const longestJustification = 1000;
/** Of those who vote at the same moment one is first each time; the others read again. */
const triesAtMost = 40;
const longestPauseMs = 150;

type How = {
  /** The request as the door has just read it: saves a read, and its etag decides whether it is still true. */
  readonly seen?: StoredRequest;
  /** Patient when left out. */
  readonly patience?: Patience;
};

/**
 * Takes a person's vote: may this person, is there still something to decide, does it reach the quorum?
 *
 * Never writes to ARM: a reached quorum is put on record as the decision, and the review of the service carries it out
 * on the same path as the robot's (design.md, rule 6). Told twice, a vote counts once. Who is refused is on record, too.
 */
export async function decideManually(ballot: Ballot, ports: Ports, how: How = {}): Promise<ManualOutcome> {
  const id = parseRequestId(ballot.requestId)?.id;
  const { seen, patience = "patient" } = how;
  let stored = seen?.request.id === id ? seen : undefined;
  for (let attempt = 1; attempt <= triesAtMost; attempt += 1) {
    stored ??= id && (await ports.ledger.request(id));
    if (!stored) return { kind: "refused", why: hasIdentity(ballot) ? "unknown-request" : "no-identity" };
    const outcome = await voteOn(stored, ballot, ports, patience);
    if (outcome !== "lost-race") return outcome;
    stored = undefined;
    await pause(Math.random() * Math.min(longestPauseMs, 5 * 2 ** attempt));
  }
  throw new PlgateError(`request ${id} keeps changing; try again`, { retryable: true });
}

async function voteOn(
  stored: StoredRequest,
  ballot: Ballot,
  ports: Ports,
  patience: Patience,
): Promise<ManualOutcome | "lost-race"> {
  // Directory and registry answer before the commit; its etag says that the request is still the one they were asked about.
  const may = await mayDecide(ballot, stored.request, ports);
  switch (may.kind) {
    case "ended":
      return { kind: "ended", stored };
    case "refused":
      await recordRefusal(stored, { ...ballot, why: may.why }, ports, patience);
      return may;
    case "may": {
      const hand = handOfVoter(ballot, ports);
      const outcome = await castVote(stored, voteOf(ballot, may.groups, hand), hand, ports);
      if (outcome === "lost-race") return outcome;
      await dispatchMeanwhile(outcome.outbox, ports, patience);
      return { kind: "recorded", stored: outcome.stored, tally: outcome.tally };
    }
  }
}

type Cast = { readonly stored: StoredRequest; readonly tally: Tally; readonly outbox: readonly OutboxEntry[] };

async function castVote(
  stored: StoredRequest,
  vote: Vote,
  hand: Hand,
  ports: Pick<Ports, "ledger">,
): Promise<Cast | "lost-race"> {
  const { request } = stored;
  const before = request.votes.find((other) => sameVoter(other, vote));
  if (before?.vote === vote.vote) return { stored, tally: tally(request.reviewers, request.votes), outbox: [] };

  const votes = withVote(request.votes, vote);
  const count = tally(request.reviewers, votes);
  const next = afterVote(request, votes, vote, count, hand);
  const committed = await ports.ledger.commit({
    key: `${request.id}|vote|${vote.objectId}|${stored.etag}`,
    request: next,
    expected: stored.etag,
    events: eventsOf(next, vote, before, hand),
    notify: true,
    wake: next.decided !== null,
  });
  if (committed.kind !== "committed") return "lost-race";
  return { stored: committed.stored, tally: count, outbox: committed.outbox };
}

function afterVote(
  request: ApprovalRequest,
  votes: readonly Vote[],
  vote: Vote,
  count: Tally,
  hand: Hand,
): ApprovalRequest {
  const move = count.kind === "waiting" ? "vote" : count.kind === "approve" ? "decide-approve" : "decide-reject";
  const state = after(request.state, move);
  if (!state) throw new PlgateError(`a request in state ${request.state} cannot ${move}`, { retryable: false });
  const limit = count.kind === "approve" ? limitOf(request, votes) : {};
  const decided =
    count.kind === "waiting"
      ? null
      : { kind: count.kind, reason: vote.justification, ...limit, by: hand.who, door: hand.door, at: vote.at };
  return changed(request, hand.clock, { votes, state, decided });
}

function limitOf({ verdict }: ApprovalRequest, votes: readonly Vote[]): { readonly expiresAfter?: string } {
  const expiresAfter = shortest([verdict?.expiresAfter, ...votes.map((one) => one.expiresAfter)]);
  return expiresAfter ? { expiresAfter } : {};
}

function eventsOf(next: ApprovalRequest, vote: Vote, before: Vote | undefined, hand: Hand): readonly NewEvent[] {
  const why = { justification: vote.justification };
  const voted = about(next, "voted", hand, `A reviewer votes to ${vote.vote}.`, {
    why,
    detail: {
      vote: vote.vote,
      groups: [...vote.groups],
      ...(vote.expiresAfter ? { expiresAfter: vote.expiresAfter } : {}),
      ...(before ? { changedFrom: before.vote } : {}),
    },
  });
  if (!next.decided) return [voted];
  const what = `Reviewers decide: ${next.decided.kind}.`;
  return [
    voted,
    about(next, "decided", hand, what, {
      why,
      detail: { votes: next.votes.map(({ objectId, vote }) => ({ objectId, vote })) },
    }),
  ];
}

function voteOf(ballot: Ballot, groups: readonly string[], hand: Hand): Vote {
  const { person, vote, door, expiresAfter } = ballot;
  const { objectId = "" } = person;
  return {
    ...(vote === "approve" && expiresAfter ? { expiresAfter } : {}),
    objectId: objectId.toLowerCase(),
    tenantId: person.tenantId.toLowerCase(),
    name: person.name,
    vote,
    justification: ballot.justification.trim().slice(0, longestJustification),
    groups,
    door,
    at: hand.clock.now().toISOString(),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

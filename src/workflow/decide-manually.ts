import { isGuid } from "../connection/arm-id.ts";
import { type Door, mayWrite } from "../decision/decision.ts";
import type { NewEvent } from "../ledger/event.ts";
import { shortest } from "../requests/expiry.ts";
import { sameVoter, type Tally, tally, withVote } from "../requests/quorum.ts";
import type { ApprovalRequest, Vote } from "../requests/request.ts";
import { parseRequestId } from "../requests/request-id.ts";
import { after } from "../requests/transitions.ts";
import { messageOf, PlgateError } from "../runtime/errors.ts";
import { dispatchPromptly } from "./dispatch-outbox.ts";
import type { Ports, StoredRequest } from "./ports.ts";
import { about, changed, type Hand } from "./record.ts";

/** A person's word on a request, as it came through a door. */
export type Ballot = {
  readonly requestId: string;
  readonly vote: "approve" | "reject";
  readonly justification: string;
  /** ISO 8601 duration; shortens an approval, never lengthens what policy asks for. */
  readonly expiresAfter?: string;
  readonly person: {
    readonly objectId: string | undefined;
    readonly tenantId: string;
    readonly name: string;
    /** Groups that a verified token names; undefined when the directory has to be asked. */
    readonly groups: readonly string[] | undefined;
  };
  readonly door: Door;
  readonly correlation: string;
};

export type RefusalReason =
  | "not-a-reviewer"
  | "no-justification"
  | "unknown-request"
  | "not-votable"
  | "directory-unavailable"
  | "no-identity";

export type ManualOutcome =
  | { readonly kind: "recorded"; readonly stored: StoredRequest; readonly tally: Tally }
  /** Too late: the request was decided or has ended. `stored` shows how it stands. */
  | { readonly kind: "ended"; readonly stored: StoredRequest }
  | { readonly kind: "refused"; readonly why: RefusalReason; readonly sentence: string };

const longestJustification = 1000;
const triesAtMost = 5;

/**
 * Takes a person's vote: may this person, is there still something to decide, does it reach the quorum?
 *
 * Never writes to ARM: a reached quorum is put on record as the decision, and the review of the service carries it out
 * on the same path as the robot's (design.md, rule 6). Told twice, a vote counts once.
 */
export async function decideManually(ballot: Ballot, ports: Ports): Promise<ManualOutcome> {
  const justification = ballot.justification.trim().slice(0, longestJustification);
  if (!justification) return refused("no-justification", "A decision needs a justification.");
  const { objectId } = ballot.person;
  if (!objectId || !isGuid(objectId)) {
    return refused("no-identity", "Your account has no object id in this tenant, so it cannot decide.");
  }
  const id = parseRequestId(ballot.requestId)?.id;
  if (!id) return refused("unknown-request", "There is no such request.");

  for (let attempt = 1; attempt <= triesAtMost; attempt += 1) {
    const stored = await ports.ledger.request(id);
    if (!stored) return refused("unknown-request", "There is no such request.");
    const outcome = await voteOn(stored, { ...ballot, justification, person: { ...ballot.person, objectId } }, ports);
    if (outcome !== "lost-race") return outcome;
  }
  throw new PlgateError(`request ${id} keeps changing; try again`, { retryable: true });
}

type CheckedBallot = Ballot & { readonly person: Ballot["person"] & { readonly objectId: string } };

async function voteOn(
  stored: StoredRequest,
  ballot: CheckedBallot,
  ports: Ports,
): Promise<ManualOutcome | "lost-race"> {
  const { request } = stored;
  if (request.state !== "awaiting-decision") return { kind: "ended", stored };
  const { mode } = ports.settings;
  if (request.held || !mayWrite(mode, ballot.vote)) {
    return refused("not-votable", `plgate runs in mode ${mode} and would not carry this out; decide in Azure instead.`);
  }
  const groups = await groupsOf(request, ballot, ports);
  if (groups === undefined) {
    return refused(
      "directory-unavailable",
      "The directory cannot say whether you are a reviewer. Try again in a minute.",
    );
  }
  const hand = handOf(ballot, ports);
  if (groups.length === 0) {
    await recordRefusal(stored, hand, ports);
    return refused("not-a-reviewer", "You are not a reviewer of this request.");
  }
  return castVote(stored, voteOf(ballot, groups, hand), hand, ports);
}

async function castVote(
  stored: StoredRequest,
  vote: Vote,
  hand: Hand,
  ports: Ports,
): Promise<ManualOutcome | "lost-race"> {
  const { request } = stored;
  const before = request.votes.find((other) => sameVoter(other, vote));
  if (before?.vote === vote.vote) return { kind: "recorded", stored, tally: tally(request.reviewers, request.votes) };

  const votes = withVote(request.votes, vote);
  const count = tally(request.reviewers, votes);
  const next = afterVote(request, votes, vote, count, hand);
  const committed = await ports.ledger.commit({
    key: `${request.id}|vote|${vote.objectId}|${stored.etag}`,
    request: next,
    expected: stored.etag,
    events: eventsOf(next, vote, hand),
    notify: true,
    wake: next.decided !== null,
  });
  if (committed.kind !== "committed") return "lost-race";
  await dispatchPromptly(committed.outbox, ports);
  return { kind: "recorded", stored: committed.stored, tally: count };
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

function eventsOf(next: ApprovalRequest, vote: Vote, hand: Hand): readonly NewEvent[] {
  const why = { justification: vote.justification };
  const voted = about(next, "voted", hand, `A reviewer votes to ${vote.vote}.`, {
    why,
    detail: {
      vote: vote.vote,
      groups: [...vote.groups],
      ...(vote.expiresAfter ? { expiresAfter: vote.expiresAfter } : {}),
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

/** A try by somebody who may not vote is on record once per person and request: enough to see it, too little to flood. */
async function recordRefusal(stored: StoredRequest, hand: Hand, ports: Ports): Promise<void> {
  const { request } = stored;
  const voter = hand.who.kind === "person" ? `${hand.who.tenantId}|${hand.who.objectId}` : hand.who.kind;
  const committed = await ports.ledger.commit({
    key: `${request.id}|vote-refused|${voter}`,
    request,
    expected: stored.etag,
    events: [about(request, "vote-refused", hand, "Somebody who is not a reviewer tried to decide.")],
    notify: false,
  });
  if (committed.kind === "committed") await dispatchPromptly(committed.outbox, ports);
}

/** The reviewer groups of this request that the person is in; undefined when nobody can tell. */
async function groupsOf(
  request: ApprovalRequest,
  ballot: CheckedBallot,
  ports: Pick<Ports, "directory" | "log">,
): Promise<readonly string[] | undefined> {
  const asked = request.reviewers.map(({ group }) => group.toLowerCase());
  const named = ballot.person.groups?.map((group) => group.toLowerCase());
  if (named) return asked.filter((group) => named.includes(group));
  try {
    const found = await ports.directory.groupsOf(ballot.person.objectId, asked);
    return asked.filter((group) => found.some((one) => one.toLowerCase() === group));
  } catch (error) {
    ports.log.error("the directory cannot answer; the vote is refused", {
      request: request.id,
      error: messageOf(error),
    });
    return undefined;
  }
}

function handOf({ person, door, correlation }: CheckedBallot, ports: Pick<Ports, "clock">): Hand {
  const { objectId, tenantId, name } = person;
  return {
    who: { kind: "person", objectId: objectId.toLowerCase(), tenantId: tenantId.toLowerCase(), name },
    door,
    correlation,
    clock: ports.clock,
  };
}

function voteOf(ballot: CheckedBallot, groups: readonly string[], hand: Hand): Vote {
  const { person, vote, justification, door, expiresAfter } = ballot;
  return {
    ...(vote === "approve" && expiresAfter ? { expiresAfter } : {}),
    objectId: person.objectId.toLowerCase(),
    tenantId: person.tenantId.toLowerCase(),
    name: person.name,
    vote,
    justification,
    groups,
    door,
    at: hand.clock.now().toISOString(),
  };
}

function refused(why: RefusalReason, sentence: string): ManualOutcome {
  return { kind: "refused", why, sentence };
}

/**
 * Half a year of a provider as the app would have put it on record: 1,000 services, of which few are busy, some hundred
 * consumers, forty reviewers. The same number of events always gives the same history, in the order of time, so nothing
 * of it has to be kept: who needs it again tells it again.
 */
import { pick, type Random, seededRandom } from "../local/seeded-random.ts";
import { connectionRef, type ServiceRef, serviceRef } from "../src/connection/arm-id.ts";
import { type Actor, type Door, robot } from "../src/decision/decision.ts";
import type { Step } from "../src/ledger/commit.ts";
import type { AuditKind, Json } from "../src/ledger/event.ts";
import type { ApprovalRequest, RequestState } from "../src/requests/request.ts";
import { about, type Hand } from "../src/workflow/record.ts";
import { provider, request, vote } from "../test/builders.ts";
import { evaluatorOf } from "./policy-peers.ts";
import { requests as judged } from "./policy-requests.ts";
import { namedLists, policySource, twentyRules } from "./policy-rules.ts";

export type Told = { readonly service: ServiceRef; readonly step: Step };

/** What happens to a request at one moment, which is one commit. */
type Beat = {
  readonly by: "robot" | "person";
  /** At least and at most this long after the beat before. */
  readonly afterMs: readonly [number, number];
  readonly kinds: readonly AuditKind[];
  readonly state: RequestState;
};
type Life = { readonly share: number; readonly beats: readonly Beat[] };

const seconds = 1_000;
const hours = 3_600 * seconds;
const days = 24 * hours;

/** When the first request came, and how long the history lasts, however many events it has. */
export const began = Date.parse("2026-01-05T08:00:00.000Z");
export const lastsMs = 180 * days;

const consumers = 300;
const reviewers = 40;

const asked = (then: AuditKind, state: RequestState): Beat => {
  return { by: "robot", afterMs: [0, 0], kinds: ["requested", "evaluated", then], state };
};
const applied = (state: RequestState): Beat => ({
  by: "robot",
  afterMs: [150, 3 * seconds],
  kinds: ["applied"],
  state,
});
const voted = (state: RequestState, ...then: readonly AuditKind[]): Beat => {
  return { by: "person", afterMs: [hours / 4, 2 * days], kinds: ["voted", ...then], state };
};

const lives: readonly Life[] = [
  { share: 0.6, beats: [asked("decided", "approving"), applied("approved")] },
  { share: 0.08, beats: [asked("decided", "rejecting"), applied("rejected")] },
  { share: 0.2, beats: [asked("escalated", "awaiting-decision"), voted("approving", "decided"), applied("approved")] },
  {
    share: 0.05,
    beats: [
      asked("escalated", "awaiting-decision"),
      voted("awaiting-decision"),
      voted("approving", "decided"),
      applied("approved"),
    ],
  },
  {
    share: 0.03,
    beats: [
      asked("escalated", "awaiting-decision"),
      { by: "robot", afterMs: [days, days], kinds: ["reminded"], state: "awaiting-decision" },
      { by: "robot", afterMs: [2 * days, 6 * days], kinds: ["expired"], state: "expired" },
    ],
  },
  {
    share: 0.04,
    beats: [
      asked("escalated", "awaiting-decision"),
      { by: "robot", afterMs: [hours, 2 * days], kinds: ["withdrawn"], state: "withdrawn" },
    ],
  },
];
const eventsOf = ({ beats }: Life) => beats.reduce((sum, { kinds }) => sum + kinds.length, 0);
const eventsPerRequest = lives.reduce((sum, life) => sum + life.share * eventsOf(life), 0);

/** The services of every history; the first are the busiest. */
export const services: readonly ServiceRef[] = Array.from({ length: 1_000 }, (_, index) =>
  serviceRef(provider, `rg-team-${index % 25}`, `pls-${index}`),
);

type Begun = { request: ApprovalRequest; readonly service: ServiceRef; readonly life: Life; at: number };

/**
 * Commits in the order of time, until at least so many events are told. No two commits share a time, so the history
 * backwards is what every listing, newest first, has to show.
 */
export function* history(events: number, seed = 4): Generator<Told> {
  const random = seededRandom(seed);
  const slotMs = lastsMs / (events / eventsPerRequest);
  const due = new Map<number, Begun[]>();
  let told = 0;
  // One request begins in each slot; what happens to it later waits for the slot of that time.
  for (let slot = 0; told < events; slot += 1) {
    const waiting = [...(due.get(slot) ?? []), begin(slot, random)];
    due.delete(slot);
    for (const [nth, one] of waiting.entries()) {
      const step = next(one, new Date(began + Math.floor(slot * slotMs) + nth), random);
      told += step.events.length;
      yield { service: one.service, step };
      const beat = one.life.beats[one.at];
      if (beat) add(due, slot + Math.max(1, Math.ceil(between(random, ...beat.afterMs) / slotMs)), one);
    }
  }
}

function begin(index: number, random: Random): Begun {
  const service = pickSkewed(random, services);
  const consumer = `99999999-0000-4000-8000-${padded(Math.floor(consumers * random() ** 2))}`;
  const name = `pe-${index}`;
  const endpointId = `/subscriptions/${consumer}/resourcegroups/rg-app/providers/microsoft.network/privateendpoints/${name}`;
  const linkIdentifier = random() < 0.6 ? String(536_870_912 + index) : null;
  const change = { consumerSubscriptionId: consumer, endpointId, linkIdentifier, message: `CHG${padded(index)}` };
  const id = connectionRef(service, `${name}.${padded(index)}`);
  return { request: request(change, id), service, life: lifeAt(random()), at: 0 };
}

function next(one: Begun, now: Date, random: Random): Step {
  const beat = one.life.beats[one.at];
  if (!beat) throw new Error(`request ${one.request.id} has ended`);
  const expected = one.at === 0 ? null : "the row before";
  const hand = handOf(beat, one.request, now, random);
  const updatedAt = now.toISOString();
  const cast = hand.who.kind === "person" ? [vote({ ...hand.who, at: updatedAt })] : [];
  const requestedAt = one.at === 0 ? updatedAt : one.request.requestedAt;
  const votes = [...one.request.votes, ...cast];
  one.request = { ...one.request, state: beat.state, requestedAt, updatedAt, votes };
  one.at += 1;
  const events = beat.kinds.map((kind) =>
    about(one.request, kind, hand, sentences[kind] ?? "", moreOf(kind, hand.who)),
  );
  return { key: `${one.request.id}|${one.at}`, request: one.request, expected, events, notify: false };
}

function handOf({ by }: Beat, { id }: ApprovalRequest, now: Date, random: Random): Hand {
  const n = padded(Math.floor(reviewers * random()));
  const person: Actor = {
    kind: "person",
    objectId: `44444444-0000-4000-8000-${n}`,
    tenantId: "33333333-0000-4000-8000-000000000003",
    name: `Reviewer ${n}`,
  };
  const who = by === "person" ? person : robot;
  const door = by === "person" ? pick<Door>(random, ["teams", "api"]) : "event";
  return { who, door, correlation: `66666666-0000-4000-8000-${id.slice(0, 12)}`, clock: { now: () => now } };
}

const sentences: Readonly<Partial<Record<AuditKind, string>>> = {
  requested: "A consumer asks for a private endpoint connection.",
  evaluated: "Policy says approve.",
  escalated: "People are asked.",
  reminded: "People are asked again.",
  voted: "A reviewer votes to approve.",
  decided: "It is decided: approve.",
  applied: "ARM shows the connection as Approved.",
  expired: "Nobody decided in time.",
  withdrawn: "The private endpoint is gone.",
};

// A judgement with twenty rules and their full trace, as every `evaluated` keeps one.
const [facts] = judged;
if (!facts) throw new Error("there is no request to judge");
const verdict = evaluatorOf(policySource(twentyRules, namedLists(10)))(facts);
const judgement: Json = JSON.parse(JSON.stringify({ facts, verdict, decision: { kind: "approve", reason: "known" } }));

function moreOf(kind: AuditKind, who: Actor): Parameters<typeof about>[4] {
  if (kind === "evaluated") return { detail: judgement };
  const justification = who.kind === "person" ? "Known customer, agreed with the owner of the service." : null;
  return { why: { rules: ["known-customers"], reason: "A registered customer asks.", justification } };
}

function lifeAt(share: number): Life {
  let left = share;
  const found = lives.find((life) => {
    left -= life.share;
    return left < 0;
  });
  return found ?? { share: 0, beats: [asked("decided", "approving"), applied("approved")] };
}

function pickSkewed<T>(random: Random, choices: readonly T[]): T {
  const found = choices[Math.floor(choices.length * random() ** 1.5)];
  if (found === undefined) throw new Error("there is nothing to choose from");
  return found;
}

function between(random: Random, least: number, most: number): number {
  return least + (most - least) * random();
}

function padded(n: number): string {
  return String(n).padStart(12, "0");
}

function add<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

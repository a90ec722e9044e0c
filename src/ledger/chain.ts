import { createHash } from "node:crypto";
import type { AuditEvent, Json, NewEvent } from "./event.ts";
import { rowVersions } from "./row-versions.ts";

/** Where a chain stands: the last sequence number and hash. */
export type Head = { readonly seq: number; readonly hash: string };

/** The head of a chain without events: 64 zeros stand where the hash before the first would be. */
export const emptyHead: Head = { seq: 0, hash: "0".repeat(64) };

/** Gives each event its place: sequence from 1 without a gap, and the hash over the one before (azure.md 8.4). */
export function link(
  head: Head,
  events: readonly NewEvent[],
): { readonly events: readonly AuditEvent[]; readonly head: Head } {
  let { seq, hash } = head;
  const linked = events.map((event): AuditEvent => {
    seq += 1;
    const prev = hash;
    hash = hashOf(prev, seq, event);
    return { ...event, v: rowVersions.ledger, seq, prev, hash };
  });
  return { events: linked, head: { seq, hash } };
}

/** SHA-256, hex, over previous hash, sequence and the canonical body. */
function hashOf(prev: string, seq: number, event: NewEvent): string {
  return createHash("sha256")
    .update(`${prev}|${seq}|${canonicalBody(event)}`, "utf8")
    .digest("hex");
}

/** What is wrong with a chain, and at which event. */
export type ChainFault = { readonly seq: number; readonly problem: string };

/** What stands in the place of an event; `first` to `seq` when one reason concerns several. */
export type StoredEvent =
  | { readonly seq: number; readonly event: AuditEvent }
  | { readonly seq: number; readonly first: number; readonly problem: string };

/**
 * Walks a chain from its head to its beginning, the order in which storage gives it, so that a forged number can send
 * nobody on a long way. Each event must carry the hash that the newer one names, and its own must fit its content.
 * After a fault it goes on behind it, so that one fault hides no other.
 */
export class ChainWalk {
  /** What the next older event has to be; its hash is unknown behind what cannot be read. */
  #due: { readonly seq: number; readonly hash: string | undefined };
  #newest = true;

  constructor(head: Head) {
    this.#due = head;
  }

  /** Takes the next older event and gives what is wrong with it, or between it and the one that was taken before. */
  take(stored: StoredEvent): readonly ChainFault[] {
    const due = this.#due;
    const faults: ChainFault[] = [];
    if (stored.seq > due.seq) return [{ seq: stored.seq, problem: this.#tooMany(stored.seq) }];
    if (stored.seq < due.seq) faults.push(missing(stored.seq + 1, due.seq));
    if ("problem" in stored) {
      faults.push({ seq: stored.first, problem: stored.problem });
      this.#goOn({ seq: stored.first - 1, hash: undefined });
      return faults;
    }
    const { event, seq } = stored;
    if (seq === due.seq && due.hash !== undefined && event.hash !== due.hash) faults.push(this.#broken(seq));
    if (!isUntouched(event)) faults.push({ seq, problem: `event ${seq} was altered` });
    this.#goOn({ seq: seq - 1, hash: event.prev });
    return faults;
  }

  /** What is missing at the beginning; `before` is where it begins, for a part of a chain. */
  end(before: Head = emptyHead): readonly ChainFault[] {
    if (this.#due.seq > before.seq) return [missing(before.seq + 1, this.#due.seq)];
    if (this.#due.hash === undefined || this.#due.hash === before.hash) return [];
    const problem = this.#newest
      ? "the head does not fit a chain without events"
      : `event ${before.seq + 1} does not follow from the one before it`;
    return [{ seq: before.seq + 1, problem }];
  }

  #goOn(due: { readonly seq: number; readonly hash: string | undefined }): void {
    this.#due = due;
    this.#newest = false;
  }

  #tooMany(seq: number): string {
    if (this.#newest) return `event ${seq} stands behind the end of the chain: its head says ${this.#due.seq} events`;
    return `event ${seq} stands there twice, or in another order`;
  }

  #broken(seq: number): ChainFault {
    if (this.#newest) return { seq, problem: `the head does not fit event ${seq}, the last one` };
    return { seq: seq + 1, problem: `event ${seq + 1} does not follow from the one before it` };
  }
}

export type Verified =
  | { readonly ok: true; readonly events: number; readonly head: Head }
  | { readonly ok: false; readonly events: number; readonly fault: ChainFault };

/** Verifies a chain, or the part of one behind `before`, that fits into memory; names the first break. */
export async function verifyChain(
  oldestFirst: AsyncIterable<AuditEvent> | Iterable<AuditEvent>,
  head: Head,
  before: Head = emptyHead,
): Promise<Verified> {
  const events: AuditEvent[] = [];
  for await (const event of oldestFirst) events.push(event);
  const walk = new ChainWalk(head);
  const faults = events.toReversed().flatMap((event) => walk.take({ seq: event.seq, event }));
  const [fault] = firstOf([...faults, ...walk.end(before)]);
  return fault ? { ok: false, events: events.length, fault } : { ok: true, events: events.length, head };
}

/** Faults in the order of events, the oldest first: what comes after may follow from it. */
export function firstOf<T extends { readonly seq: number }>(faults: readonly T[]): readonly T[] {
  return faults.toSorted((one, other) => one.seq - other.seq);
}

function missing(first: number, last: number): ChainFault {
  return {
    seq: first,
    problem: first === last ? `event ${first} is missing` : `events ${first} to ${last} are missing`,
  };
}

/** Whether the event's hash fits its content, and it holds nothing that the hash does not cover. */
export function isUntouched(event: AuditEvent): boolean {
  return hashOf(event.prev, event.seq, event) === event.hash && Object.keys(event).every((key) => covered.has(key));
}

// Every field by name: a column that somebody adds to a row later must not change old hashes, and none may be left out.
function canonicalBody(event: NewEvent): string {
  return canonical({
    kind: event.kind,
    time: event.time,
    who: event.who,
    door: event.door,
    what: event.what,
    why: event.why,
    serviceId: event.serviceId,
    requestId: event.requestId,
    connectionId: event.connectionId,
    consumerSubscriptionId: event.consumerSubscriptionId,
    linkIdentifier: event.linkIdentifier,
    correlation: event.correlation,
    detail: event.detail,
    // Events from before it was recorded keep their hash.
    ...(event.after === undefined ? {} : { after: event.after }),
  });
}

const covered: ReadonlySet<string> = new Set([
  ...["v", "seq", "prev", "hash", "kind", "time", "who", "door", "what", "why", "serviceId", "requestId"],
  ...["connectionId", "consumerSubscriptionId", "linkIdentifier", "correlation", "detail", "after"],
]);

/** JSON with sorted keys and no white space: the same value gives the same bytes wherever it was written. */
export function canonical(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`);
  return `{${members.join(",")}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

import { createHash } from "node:crypto";
import type { AuditEvent, Json, NewEvent } from "./event.ts";

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
    return { ...event, v: 1, seq, prev, hash };
  });
  return { events: linked, head: { seq, hash } };
}

/** SHA-256, hex, over previous hash, sequence and the canonical body. */
function hashOf(prev: string, seq: number, event: NewEvent): string {
  return createHash("sha256")
    .update(`${prev}|${seq}|${canonicalBody(event)}`, "utf8")
    .digest("hex");
}

export type ChainFault = { readonly seq: number; readonly problem: string };
export type Verified =
  | { readonly ok: true; readonly events: number; readonly head: Head }
  | { readonly ok: false; readonly events: number; readonly fault: ChainFault };

/**
 * Walks a chain from its first event and names the first break: an altered, missing, doubled or reordered event,
 * or a head that does not fit the last event.
 */
export async function verifyChain(
  oldestFirst: AsyncIterable<AuditEvent> | Iterable<AuditEvent>,
  storedHead: Head,
): Promise<Verified> {
  let head = emptyHead;
  for await (const event of oldestFirst) {
    const problem = problemOf(head, event);
    if (problem) return { ok: false, events: head.seq, fault: { seq: head.seq + 1, problem } };
    head = { seq: event.seq, hash: event.hash };
  }
  if (head.seq !== storedHead.seq || head.hash !== storedHead.hash) {
    const problem = `the head says ${storedHead.seq} events, the chain ends at ${head.seq}`;
    return { ok: false, events: head.seq, fault: { seq: head.seq + 1, problem } };
  }
  return { ok: true, events: head.seq, head };
}

function problemOf(head: Head, event: AuditEvent): string | undefined {
  if (event.seq !== head.seq + 1) return `event ${head.seq + 1} is missing; ${event.seq} stands in its place`;
  if (event.prev !== head.hash) return `event ${event.seq} does not follow from the one before it`;
  if (hashOf(event.prev, event.seq, event) !== event.hash) return `event ${event.seq} was altered`;
  return undefined;
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
  });
}

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

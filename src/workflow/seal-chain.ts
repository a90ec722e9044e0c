import type { OutboxEntry } from "../ledger/commit.ts";
import type { AuditEvent, NewEvent } from "../ledger/event.ts";
import { type SegmentFile, segmentFile } from "../ledger/segment.ts";
import { isOpen } from "../requests/request.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Archive, Trail } from "./audit-ports.ts";
import type { Ports } from "./ports.ts";
import type { Hand } from "./record.ts";
import { verifyChain } from "./verify-chain.ts";

/** What sealing needs. `follow` does what a note leaves to do. */
export type SealPorts = {
  readonly trail: Trail;
  readonly archive: Archive;
  readonly ledger: Pick<Ports["ledger"], "note" | "eventsBetween">;
  readonly follow: (outbox: readonly OutboxEntry[]) => Promise<void>;
};

export type Sealed = {
  readonly chain: ServiceKey;
  readonly segments: number;
  /** Events that are in files now and were in the table before. */
  readonly events: number;
  /** Why nothing was done; null when there was nothing to say. */
  readonly refused: string | null;
};

/** Small enough to be read whole, large enough to be few. */
const eventsInSegment = 2_000;
const charactersInSegment = 4_000_000;
/** The last events stay where they are: the present is read from them, and unfinished changes of policies are. */
const eventsKept = 200;
/** Telling of a file is an event, too: files of a few events would beget each other. */
const fewestEvents = 50;

/**
 * Moves the events of a chain that are older than `before` into files, and takes them out of the table.
 *
 * For each segment: the file is written once and read back; then the event that tells of it goes on record together with
 * the row that says where it lies; only then are the rows removed. Killed anywhere, the next run finishes: the same
 * events give the same file, the same file the same note, and rows that are left over are removed. A chain that does not
 * verify is left alone, for evidence, and so is everything from the first event of a request that is still open.
 */
export async function sealChain(chain: ServiceKey, before: Date, hand: Hand, ports: SealPorts): Promise<Sealed> {
  for (const segment of await ports.trail.segments(chain)) await ports.trail.forgetSealed(chain, segment);
  const old = await oldEvents(chain, before, ports);
  if (old.length < fewestEvents) return { chain, segments: 0, events: 0, refused: null };
  const verdict = await verifyChain(chain, { anchored: [] }, ports.trail);
  if (!verdict.ok) return { chain, segments: 0, events: 0, refused: verdict.findings[0]?.problem ?? "it is broken" };
  let [segments, events] = [0, 0];
  for (const part of partsOf(old)) {
    const file = segmentFile(chain, part);
    if (!file) continue;
    await sealSegment(chain, file, part, hand, ports);
    segments += 1;
    events += part.length;
  }
  return { chain, segments, events, refused: null };
}

async function sealSegment(
  chain: ServiceKey,
  { segment, text }: SegmentFile,
  [first]: readonly AuditEvent[],
  hand: Hand,
  ports: SealPorts,
): Promise<void> {
  const { blob } = segment;
  if (!(await ports.archive.keep(blob, text)) || (await ports.archive.read(blob)) !== text) {
    throw new PlgateError(`blob ${blob} of the archive holds something else than these events; nothing was removed`, {
      retryable: false,
    });
  }
  const event = sealedEvent(segment, first?.serviceId ?? null, hand);
  // The first number alone is the key: of two operators who seal at once, one is told that it was done.
  const key = `seal|${chain}|${segment.first}`;
  const noted = await ports.ledger.note({ key, chain, after: null, events: [event], segment });
  if (noted.kind === "noted") await ports.follow(noted.outbox);
  const known = (await ports.trail.segments(chain)).find((one) => one.first === segment.first);
  if (known) await ports.trail.forgetSealed(chain, known);
}

function sealedEvent(segment: SegmentFile["segment"], serviceId: string | null, hand: Hand): NewEvent {
  const { who, door, correlation, clock } = hand;
  const { first, last } = segment;
  return {
    ...{ kind: "segment-sealed", time: clock.now().toISOString(), who, door, correlation, why: null },
    what: `Sealed events ${first} to ${last} in a file.`,
    ...{ serviceId, requestId: null, connectionId: null, consumerSubscriptionId: null, linkIdentifier: null },
    detail: { ...segment },
  };
}

/** Oldest first: what lies before everything that is young, open or on its way into the lists. */
async function oldEvents(chain: ServiceKey, before: Date, { trail }: SealPorts): Promise<readonly AuditEvent[]> {
  const found = await trail.headOf(chain);
  if ("problem" in found) return [];
  const sealedUpTo = (await trail.segments(chain)).at(-1)?.last ?? 0;
  const waiting = (await trail.notYetIndexed(chain)).map(({ firstSeq }) => firstSeq);
  const last = Math.min(found.head.seq - eventsKept, ...waiting.map((seq) => seq - 1));
  if (last <= sealedUpTo) return [];
  const open = await openRequests(chain, trail);
  const newestFirst: AuditEvent[] = [];
  for await (const stored of trail.newestFirst(chain, last)) {
    if (stored.seq <= sealedUpTo) break;
    // What cannot be read is for the verification, which refuses the chain.
    if ("event" in stored) newestFirst.push(stored.event);
  }
  const events = newestFirst.reverse();
  const end = events.findIndex(
    ({ time, requestId }) => new Date(time) >= before || (requestId !== null && open.has(requestId)),
  );
  return end < 0 ? events : events.slice(0, end);
}

async function openRequests(chain: ServiceKey, trail: Trail): Promise<ReadonlySet<string>> {
  const open = new Set(await trail.openMarks(chain));
  for await (const state of trail.states(chain)) {
    if ("request" in state && isOpen(state.request)) open.add(state.request.id);
  }
  return open;
}

function* partsOf(events: readonly AuditEvent[]): Generator<readonly AuditEvent[]> {
  let part: AuditEvent[] = [];
  let characters = 0;
  for (const event of events) {
    const length = JSON.stringify(event).length;
    if (part.length > 0 && (part.length >= eventsInSegment || characters + length > charactersInSegment)) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(event);
    characters += length;
  }
  if (part.length > 0) yield part;
}

import type { OutboxEntry } from "../ledger/commit.ts";
import { type DecisionEvent, decisionEvent } from "../ledger/decision-event.ts";
import type { AuditEvent } from "../ledger/event.ts";
import { publishedType } from "../ledger/published.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import { parseRequestId } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Ports } from "./ports.ts";

type PublishPorts = Pick<Ports, "ledger" | "consumers" | "publisher" | "settings">;
type Told = { readonly entry: OutboxEntry; readonly events: readonly DecisionEvent[] };
/** What became of an entry: undefined when it is done, else why not. */
export type Published = { readonly entry: OutboxEntry; readonly fault: unknown };

/** A batch may have a megabyte and 5,000 events; one of ours has a good kilobyte. */
const eventsAtOnce = 200;
/** Entries that lie closer together than this in one chain are read at once. */
const readAtOnce = 200;

/**
 * Tells subscribers what commits put on record, as much of it in one batch as goes: a review leaves dozens of commits, and a call
 * for each would keep it. What the topic does not take stays with the outbox; ids are the same then. Never throws.
 */
export async function publishDecisions(
  entries: readonly OutboxEntry[],
  ports: PublishPorts,
): Promise<readonly Published[]> {
  if (!ports.publisher.isOn) return entries.map((entry) => ({ entry, fault: undefined }));
  const look = lookFor(entries, ports);
  const found = await Promise.all(entries.map((entry) => tellingOf(entry, look, ports).catch(faultAt(entry))));
  const told = found.filter((one) => "events" in one);
  const failed = found.filter((one) => "fault" in one);
  const sent: Published[] = [];
  for (const batch of batchesOf(told)) sent.push(...(await send(batch, ports)));
  return [...failed, ...sent];
}

/** What will never be taken as it is, is sent in halves: one event that the topic does not like keeps no other from subscribers. */
async function send(batch: readonly Told[], ports: PublishPorts): Promise<readonly Published[]> {
  const events = batch.flatMap((one) => one.events);
  let fault: unknown;
  try {
    if (events.length > 0) await ports.publisher.publish(events);
  } catch (error) {
    fault = error;
  }
  if (batch.length < 2 || !(fault instanceof PlgateError) || fault.retryable) {
    return batch.map(({ entry }) => ({ entry, fault }));
  }
  const half = Math.ceil(batch.length / 2);
  const parts = await Promise.all([batch.slice(0, half), batch.slice(half)].map((part) => send(part, ports)));
  return parts.flat();
}

/** Whole entries, so that each is done or not; the events of one commit are at most a hundred. */
function batchesOf(told: readonly Told[]): readonly (readonly Told[])[] {
  const batches: Told[][] = [];
  let room = 0;
  for (const one of told) {
    if (room < one.events.length) {
      batches.push([]);
      room = eventsAtOnce;
    }
    batches.at(-1)?.push(one);
    room -= one.events.length;
  }
  return batches;
}

type Look = {
  readonly events: (entry: OutboxEntry) => Promise<readonly AuditEvent[]>;
  readonly request: (id: string) => Promise<ApprovalRequest | undefined>;
};

/** What several entries need is read once. */
function lookFor(entries: readonly OutboxEntry[], { ledger }: PublishPorts): Look {
  const spans = new Map([...Map.groupBy(entries, ({ service }) => service)].map(([key, all]) => [key, spanOf(all)]));
  const ranges = new Map<string, Promise<readonly AuditEvent[]>>();
  const requests = new Map<string, Promise<ApprovalRequest | undefined>>();
  return {
    async events({ service, firstSeq, seq }) {
      const [from, to] = spans.get(service) ?? [firstSeq, seq];
      if (to - from > readAtOnce) return ledger.eventsBetween(service, firstSeq, seq);
      const range = ranges.get(service) ?? ledger.eventsBetween(service, from, to);
      ranges.set(service, range);
      return (await range).filter((event) => event.seq >= firstSeq && event.seq <= seq);
    },
    request(text) {
      const id = parseRequestId(text)?.id;
      const found = requests.get(text) ?? (id ? ledger.request(id) : Promise.resolve(undefined)).then(requestIn);
      requests.set(text, found);
      return found;
    },
  };
}

function requestIn(stored: { readonly request: ApprovalRequest } | undefined): ApprovalRequest | undefined {
  return stored?.request;
}

function spanOf(entries: readonly OutboxEntry[]): readonly [number, number] {
  const firsts = entries.map(({ firstSeq }) => firstSeq);
  return [Math.min(...firsts), Math.max(...entries.map(({ seq }) => seq))];
}

async function tellingOf(entry: OutboxEntry, look: Look, ports: PublishPorts): Promise<Told> {
  const request = entry.requestId === null ? undefined : await look.request(entry.requestId);
  // An entry whose request cannot be found is kept: it must be seen, not forgotten.
  if (entry.requestId !== null && !request) throw new Error("its request cannot be found");
  const told: DecisionEvent[] = [];
  for (const event of await look.events(entry)) {
    const type = publishedType(event, request?.live !== undefined);
    if (!type) continue;
    // That an approval ended is told in a note, which names the request that had approved it.
    const about = request ?? (event.requestId === null ? undefined : await look.request(event.requestId));
    const customer = await customerOf(event, about, ports);
    const { mode, publicUrl } = ports.settings;
    told.push(decisionEvent(event, type, { chain: entry.service, request: about, customer, mode, publicUrl }));
  }
  return { entry, events: told };
}

function faultAt(entry: OutboxEntry): (fault: unknown) => Published {
  return (fault) => ({ entry, fault });
}

/** As the registry called the customer when the request was judged, or calls them now where there is no request. */
async function customerOf(
  { consumerSubscriptionId }: AuditEvent,
  request: ApprovalRequest | undefined,
  { consumers }: PublishPorts,
): Promise<string | null> {
  if (request) return request.consumer?.name ?? null;
  if (consumerSubscriptionId === null) return null;
  return (await consumers.find(consumerSubscriptionId))?.name ?? null;
}

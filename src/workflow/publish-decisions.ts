import type { OutboxEntry } from "../ledger/commit.ts";
import { type DecisionEvent, decisionEvent } from "../ledger/decision-event.ts";
import type { AuditEvent } from "../ledger/event.ts";
import { publishedType } from "../ledger/published.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import { parseRequestId } from "../requests/request-id.ts";
import type { Ports } from "./ports.ts";

type PublishPorts = Pick<Ports, "ledger" | "consumers" | "publisher" | "settings">;

/**
 * Tells subscribers what one commit put on record, all of it in one batch: a commit has at most a hundred events of a good
 * kilobyte each, and a batch may have a megabyte. `request` is the one that the commit is about; null of a note.
 *
 * Throws when the topic does not take it, and leaves it to the outbox to try again; ids stay the same.
 */
export async function publishDecisions(
  entry: OutboxEntry,
  request: ApprovalRequest | null,
  ports: PublishPorts,
): Promise<void> {
  if (!ports.publisher.isOn) return;
  const events = await ports.ledger.eventsBetween(entry.service, entry.firstSeq, entry.seq);
  const told: DecisionEvent[] = [];
  for (const event of events) {
    const type = publishedType(event, request?.live !== undefined);
    if (!type) continue;
    const about = request ?? (await requestOf(event, ports));
    const customer = await customerOf(event, about, ports);
    const { mode, publicUrl } = ports.settings;
    told.push(decisionEvent(event, type, { chain: entry.service, request: about, customer, mode, publicUrl }));
  }
  if (told.length > 0) await ports.publisher.publish(told);
}

/** That an approval ended is told in a note, which names the request that had approved it. */
async function requestOf({ requestId }: AuditEvent, { ledger }: PublishPorts): Promise<ApprovalRequest | undefined> {
  const id = requestId === null ? undefined : parseRequestId(requestId)?.id;
  return id && (await ledger.request(id))?.request;
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

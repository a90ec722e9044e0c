import type { AuditEvent } from "../ledger/event.ts";
import { parseRequestId } from "../requests/request-id.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Ports, RequestLine, RequestView } from "./ports.ts";
import { viewOf } from "./view-of.ts";

/** A request with all that people are shown of it. */
export type ShownRequest = {
  readonly view: RequestView;
  /** Oldest first, from the ledger itself. */
  readonly events: readonly AuditEvent[];
  /** The latest requests of the consumer, this one among them; undefined when the list cannot be read now. */
  readonly earlier: readonly RequestLine[] | undefined;
};

const earlierShown = 10;

/** Collects what a page shows of a request; undefined when there is no such request. Throws when the ledger cannot be read. */
export async function showRequest(
  request: string,
  ports: Pick<Ports, "ledger" | "index" | "settings" | "log">,
): Promise<ShownRequest | undefined> {
  const id = parseRequestId(request)?.id;
  const stored = id && (await ports.ledger.request(id));
  if (!id || !stored) return undefined;
  const { consumerSubscriptionId: consumer } = stored.request;
  const [view, events, earlier] = await Promise.all([
    viewOf(stored.request, ports),
    ports.ledger.eventsOf(id),
    consumer ? earlierOf(consumer, ports) : [],
  ]);
  return { view, events, earlier };
}

async function earlierOf(
  consumer: string,
  { index, log }: Pick<Ports, "index" | "log">,
): Promise<readonly RequestLine[] | undefined> {
  try {
    return (await index.searchRequests({ consumer, top: earlierShown })).requests;
  } catch (error) {
    // The lists are derived: a decision must not wait for them.
    log.warn("earlier requests cannot be read", { consumer, error: messageOf(error) });
    return undefined;
  }
}

import type { ApprovalRequest } from "../requests/request.ts";
import { messageOf, PlgateError } from "../runtime/errors.ts";
import type { EarlierRequest, Ports, RequestLine, RequestView } from "./ports.ts";

const shownAtMost = 3;
const pageLength = 10;
// One consumer may ask many times at once: those after this request are passed over on the way to those before it.
const pagesAtMost = 5;

/**
 * The last requests of this consumer subscription at this service that came before `request`, newest first.
 *
 * The index says which they are, the ledger how they stand: the index is derived and may lag. Never throws: what cannot be
 * read is `unreadable`, and the log says why. Costs one search beside what there is to show, and one point read for each.
 */
export async function earlierRequests(
  request: ApprovalRequest,
  consumer: string,
  ports: Pick<Ports, "ledger" | "index" | "log">,
): Promise<RequestView["earlier"]> {
  try {
    const lines = await linesBefore(request, consumer, ports);
    const stored = await Promise.all(lines.map(({ id }) => ports.ledger.request(id)));
    return stored.flatMap((one) => (one ? [lineOf(one.request)] : []));
  } catch (error) {
    ports.log.warn("earlier requests of a consumer cannot be listed", { request: request.id, error: messageOf(error) });
    return "unreadable";
  }
}

async function linesBefore(
  { serviceId, requestedAt }: ApprovalRequest,
  consumer: string,
  { index }: Pick<Ports, "index">,
): Promise<readonly RequestLine[]> {
  const found: RequestLine[] = [];
  const question = { serviceId, consumer, top: pageLength };
  let after: string | null = null;
  for (let page = 1; page <= pagesAtMost; page += 1) {
    const { requests, next } = await index.searchRequests(after === null ? question : { ...question, after });
    found.push(...requests.filter((line) => Date.parse(line.requestedAt) < Date.parse(requestedAt)));
    if (found.length >= shownAtMost || next === null) return found.slice(0, shownAtMost);
    after = next;
  }
  throw new PlgateError("too many later requests of the same consumer", { retryable: false });
}

function lineOf({ id, state, updatedAt, connectionName, endpointId, decided, live }: ApprovalRequest): EarlierRequest {
  return { id, state, updatedAt, connectionName, endpointId, decided, ...(live ? { live } : {}) };
}

import type { ApprovalRequest } from "../requests/request.ts";
import { earlierRequests } from "./earlier-requests.ts";
import type { Ports, RequestView } from "./ports.ts";

/**
 * What a card, a page or an API answer shows of a request.
 *
 * Throws when the ledger cannot be read. The list of earlier requests is a help for people and no more: without it the
 * view says so and is shown all the same.
 */
export async function viewOf(
  request: ApprovalRequest,
  ports: Pick<Ports, "ledger" | "index" | "settings" | "log">,
): Promise<RequestView> {
  const { mode, language, publicUrl } = ports.settings;
  const { consumerSubscriptionId: consumer } = request;
  const [history, earlier] = consumer
    ? await Promise.all([ports.ledger.history(request.service, consumer), earlierRequests(request, consumer, ports)])
    : [{ approvedBefore: false, rejectedBefore: false }, []];
  const link = publicUrl ? `${publicUrl}/api/requests/${request.id}` : null;
  return { request, mode, language, history, earlier, link };
}

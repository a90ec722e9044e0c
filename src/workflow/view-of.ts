import type { ApprovalRequest } from "../requests/request.ts";
import type { Ports, RequestView } from "./ports.ts";

/** What a card, a page or an API answer shows of a request. */
export async function viewOf(
  request: ApprovalRequest,
  ports: Pick<Ports, "ledger" | "settings">,
): Promise<RequestView> {
  const { mode, publicUrl } = ports.settings;
  const { consumerSubscriptionId: consumer } = request;
  const history = consumer
    ? await ports.ledger.history(request.service, consumer)
    : { approvedBefore: false, rejectedBefore: false };
  return { request, mode, history, link: publicUrl ? `${publicUrl}/api/requests/${request.id}` : null };
}

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
  const [history, earlier, standing] = await Promise.all([
    consumer ? ports.ledger.history(request.service, consumer) : { approvedBefore: false, rejectedBefore: false },
    consumer ? earlierRequests(request, consumer, ports) : [],
    standingOf(request, ports),
  ]);
  const link = publicUrl ? `${publicUrl}/api/requests/${request.id}` : null;
  return { request, mode, language, history, earlier, link, ...standing };
}

/** By which decision the connection stands that a live request is about: one point read, and none for any other request. */
async function standingOf(
  { live }: ApprovalRequest,
  { ledger }: Pick<Ports, "ledger">,
): Promise<Pick<RequestView, "approval">> {
  if (!live) return {};
  const stored = live.approval === null ? undefined : await ledger.request(live.approval);
  return { approval: stored?.request ?? null };
}

import { parseConnectionId } from "../connection/arm-id.ts";
import { type Connection, isSameConsumer } from "../connection/connection.ts";
import type { NewEvent } from "../ledger/event.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import { connectionKey, serviceKey } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Ports } from "./ports.ts";
import type { Review } from "./review.ts";

/**
 * How an approval ended that plgate did not end. A provider's Remove leaves a connection as Disconnected, so that, as a rejection,
 * is somebody's deed; that a connection is gone, or asks anew, is the consumer's.
 */
export type EndOfApproval = {
  readonly how: "gone" | "disconnected" | "rejected" | "pending" | "replaced" | "service-gone";
  /** As ARM spelled it; null when it shows no such connection. */
  readonly status: string | null;
};

const sentences: Readonly<Record<EndOfApproval["how"], string>> = {
  gone: "The approval ended: its connection is gone.",
  disconnected: "The approval ended: its connection was removed outside plgate.",
  rejected: "The approval ended: its connection was rejected outside plgate.",
  pending: "The approval ended: its connection is Pending again.",
  replaced: "The approval ended: another endpoint took the connection's place.",
  "service-gone": "The approval ended: the service is gone.",
};

/** Undefined while ARM shows the connection that was approved, or a status that plgate does not know. */
export function endOfApproval(approval: LiveApproval, connection: Connection | undefined): EndOfApproval | undefined {
  if (!connection) return { how: "gone", status: null };
  const { status, rawStatus } = connection;
  if (status === "Unknown") return undefined;
  if (!isSameConsumer(connection, approval)) return { how: "replaced", status: rawStatus };
  switch (status) {
    case "Approved":
      return undefined;
    case "Pending":
      return { how: "pending", status: rawStatus };
    case "Rejected":
      return { how: "rejected", status: rawStatus };
    case "Disconnected":
      return { how: "disconnected", status: rawStatus };
  }
}

/**
 * Puts on record, once, how an approval ended, and forgets it. Nothing is said of one that plgate took away itself: `revoked` is
 * on record then, and somebody died before the approval was forgotten.
 */
export async function endApproval(
  approval: LiveApproval,
  end: EndOfApproval,
  review: Review,
  ports: Pick<Ports, "ledger" | "clock">,
): Promise<void> {
  if (!(await wasRevoked(approval, ports))) {
    const note = {
      key: `${approval.requestId}|approval-ended|${end.how}`,
      chain: serviceKey(review.lease.service.id),
      after: null,
      events: [eventOf(approval, end, review, ports)],
      tell: end.how === "rejected" || end.how === "disconnected",
    };
    await review.tell(ports.ledger.note(note));
  }
  await review.standing.forget(approval.connectionId);
}

/** Whether a later request of the connection ended with plgate taking it away. */
async function wasRevoked({ connectionId, requestId }: LiveApproval, ports: Pick<Ports, "ledger">): Promise<boolean> {
  const ref = parseConnectionId(connectionId);
  if (!ref) throw new PlgateError(`${connectionId} is not the id of a connection`, { retryable: false });
  let at = (await ports.ledger.latestOf(serviceKey(ref.service.id), connectionKey(ref.id)))?.request;
  while (at && at.id !== requestId) {
    if (at.live && at.state === "rejected") return true;
    at = at.previous === null ? undefined : (await ports.ledger.request(at.previous))?.request;
  }
  return false;
}

function eventOf(
  approval: LiveApproval,
  { how, status }: EndOfApproval,
  { hand, lease }: Pick<Review, "hand" | "lease">,
  { clock }: Pick<Ports, "clock">,
): NewEvent {
  const isOutside = how === "rejected" || how === "disconnected";
  return {
    kind: "approval-ended",
    time: clock.now().toISOString(),
    who: isOutside ? { kind: "outside" } : hand.who,
    door: isOutside ? "outside" : hand.door,
    what: sentences[how],
    why: null,
    serviceId: lease.service.id,
    requestId: approval.requestId,
    connectionId: approval.connectionId,
    consumerSubscriptionId: approval.consumerSubscriptionId,
    linkIdentifier: approval.linkIdentifier,
    correlation: hand.correlation,
    detail: { how, status, approvedAt: approval.since },
  };
}

import { sameId } from "../connection/arm-id.ts";
import type { Step } from "../ledger/commit.ts";
import type { Finding } from "../ledger/standing-finding.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import { about, type Hand } from "./record.ts";

/** What the step that begins a request says before the judgement. */
export type Beginning = Pick<Step, "events" | "finding" | "tell">;

/**
 * That a consumer asks, and where its connection was rejected before and is Pending again, that as well: Azure knows no way
 * back from Rejected (azure.md 3.4), so somebody found one, and people are told once. The new request is judged like any other.
 */
export function beginning(request: ApprovalRequest, previous: ApprovalRequest | undefined, hand: Hand): Beginning {
  const asked = about(request, "requested", hand, "A consumer asks for a private endpoint connection.", {
    detail: { message: request.message, endpointId: request.endpointId, round: request.round },
  });
  if (!previous || !isBack(request, previous)) return { events: [asked] };
  const what = "The connection is Pending again after plgate rejected it.";
  const found = about(request, "drift-detected", hand, what, {
    detail: { kind: "pending-again", rejected: previous.id },
  });
  const finding: Finding = {
    ...{ v: 1, key: `pending-again|${request.id}`, kind: "pending-again", what },
    ...{ connectionId: request.connectionId.toLowerCase(), since: request.requestedAt, mark: previous.id },
  };
  return { events: [asked, found], finding, tell: true };
}

function isBack(request: ApprovalRequest, previous: ApprovalRequest): boolean {
  if (previous.state !== "rejected" || request.endpointId === null || previous.endpointId === null) return false;
  return sameId(request.endpointId, previous.endpointId);
}

import { shortest } from "./expiry.ts";
import { fingerprintOf } from "./policy-fingerprint.ts";
import type { ApprovalRequest } from "./request.ts";
import type { RequestId } from "./request-id.ts";

/**
 * An approval that stands, as each review of its service reads it: enough to compare with ARM and with the clock. Derived from
 * the request that it names, and written anew whenever a look learns more; there is one for each connection.
 */
export type LiveApproval = {
  readonly requestId: RequestId;
  /** Lower-cased. */
  readonly connectionId: string;
  readonly endpointId: string | null;
  readonly consumerSubscriptionId: string | null;
  readonly linkIdentifier: string | null;
  /** When ARM confirmed it; ISO 8601, as all instants here. */
  readonly since: string;
  /** Null: without end. */
  readonly expiresAt: string | null;
  /** For how long it was given, as an ISO 8601 duration; left out: without end. */
  readonly lasts?: string;
  /** Who decided: policy alone, or people. */
  readonly by: "policy" | "people";
  /** Fingerprint of the policies that it was last held against; null: of none yet. */
  readonly judgedBy: string | null;
  /** The run that asked about it last; null: none did. */
  readonly run: string | null;
};

/** The approval that a request in state `approved` leaves standing. */
export function standingOf(request: ApprovalRequest): LiveApproval {
  const lasts = request.expiresAt ? shortest([request.decided?.expiresAfter, request.live?.lasts]) : undefined;
  return {
    requestId: request.id,
    connectionId: request.connectionId.toLowerCase(),
    endpointId: request.endpointId,
    consumerSubscriptionId: request.consumerSubscriptionId,
    linkIdentifier: request.linkIdentifier,
    since: request.updatedAt,
    expiresAt: request.expiresAt ?? null,
    ...(lasts ? { lasts } : {}),
    by: request.decided?.by.kind === "person" ? "people" : "policy",
    judgedBy: request.verdict ? fingerprintOf(request.verdict.policies) : null,
    run: request.live?.run ?? null,
  };
}

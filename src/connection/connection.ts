import { type ConnectionRef, type EndpointRef, type ServiceRef, sameId } from "./arm-id.ts";

/**
 * The states that plgate acts on. ARM's `status` is a free string: anything else is `Unknown`,
 * which is left alone and reported (azure.md 3.1).
 */
export type ConnectionStatus = "Pending" | "Approved" | "Rejected" | "Disconnected" | "Unknown";

/** One private endpoint connection as ARM showed it. Everything the consumer wrote is hostile text. */
export type Connection = {
  readonly ref: ConnectionRef;
  readonly status: ConnectionStatus;
  /** The status as ARM spelled it, for reports. */
  readonly rawStatus: string;
  /** The consumer's request message while Pending; our own words after a decision (azure.md 3.5). */
  readonly description: string | undefined;
  /** Absent or unparsable: the connection is never approved automatically (azure.md 0.16). */
  readonly endpoint: EndpointRef | undefined;
  readonly endpointRegion: string | undefined;
  /** Decimal UInt32 as text; may appear only after approval (azure.md 9). */
  readonly linkIdentifier: string | undefined;
};

/** A Private Link Service with all its connections: what one ARM read brings. */
export type PrivateLinkService = {
  readonly ref: ServiceRef;
  readonly region: string | undefined;
  readonly alias: string | undefined;
  readonly provisioningState: string | undefined;
  readonly visibility: readonly string[] | undefined;
  readonly autoApproval: readonly string[];
  readonly proxyProtocol: boolean | undefined;
  readonly natIps: number | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly connections: readonly Connection[];
};

export function connectionStatus(raw: string | undefined): ConnectionStatus {
  switch (raw?.toLowerCase()) {
    case "pending":
      return "Pending";
    case "approved":
      return "Approved";
    case "rejected":
      return "Rejected";
    case "disconnected":
    case "removed":
      return "Disconnected";
    default:
      return "Unknown";
  }
}

export function isPending(connection: Connection): boolean {
  return connection.status === "Pending";
}

/**
 * True when the connection still belongs to the consumer who was judged.
 * Azure may move an endpoint, subscription and all, under the same connection name (azure.md 3.1);
 * a link identifier that only appears later is not a change (azure.md 8.5).
 */
export function isSameConsumer(
  connection: Connection,
  judged: { readonly endpointId: string | null; readonly linkIdentifier: string | null },
): boolean {
  const endpointId = connection.endpoint?.id ?? null;
  if (endpointId === null || judged.endpointId === null) return endpointId === judged.endpointId;
  if (!sameId(endpointId, judged.endpointId)) return false;
  if (connection.linkIdentifier === undefined || judged.linkIdentifier === null) return true;
  return connection.linkIdentifier === judged.linkIdentifier;
}

import { type Connection, isPending, isSameConsumer, type PrivateLinkService } from "../connection/connection.ts";
import type { StoredRequest } from "./ports.ts";

/** How one connection on ARM and our open request about it stand to each other. */
export type Situation =
  /** Pending without an open request: nobody has judged it yet, or its request has ended. */
  | { readonly kind: "new"; readonly connection: Connection }
  /** Decided but not yet carried out: somebody died on the way, or ARM was busy. */
  | { readonly kind: "decided"; readonly connection: Connection; readonly stored: StoredRequest }
  /** Waits for people. */
  | { readonly kind: "waiting"; readonly connection: Connection; readonly stored: StoredRequest }
  /** ARM already shows what we decided; only the record is missing. */
  | { readonly kind: "done"; readonly connection: Connection; readonly stored: StoredRequest }
  /** Somebody beside plgate decided. */
  | { readonly kind: "resolved-elsewhere"; readonly connection: Connection; readonly stored: StoredRequest }
  /** The endpoint behind the connection's name is another one now: the old request ends, a new one begins. */
  | { readonly kind: "replaced"; readonly connection: Connection; readonly stored: StoredRequest }
  /** The connection is gone. */
  | { readonly kind: "withdrawn"; readonly stored: StoredRequest }
  /** A status that plgate does not know: left alone and reported (azure.md 3.1). */
  | { readonly kind: "unreadable"; readonly connection: Connection };

/**
 * Compares what ARM shows with what is open. Pure and complete: called again after any crash it finds what is left to do.
 * Decided requests come first, so that quotas count them before anything new is judged.
 */
export function situationsOf(service: PrivateLinkService, open: readonly StoredRequest[]): readonly Situation[] {
  const byConnection = new Map(open.map((stored) => [stored.request.connectionId.toLowerCase(), stored]));
  const shown = service.connections.flatMap((connection) => {
    const situation = situationOf(connection, byConnection.get(connection.ref.id));
    return situation ? [situation] : [];
  });
  const present = new Set<string>(service.connections.map((connection) => connection.ref.id));
  const withdrawn = open
    .filter((stored) => !present.has(stored.request.connectionId.toLowerCase()))
    .map((stored): Situation => ({ kind: "withdrawn", stored }));
  const all = [...withdrawn, ...shown];
  return [...all.filter((one) => one.kind !== "new"), ...all.filter((one) => one.kind === "new")];
}

function situationOf(connection: Connection, stored: StoredRequest | undefined): Situation | undefined {
  if (connection.status === "Unknown") return { kind: "unreadable", connection };
  if (!stored) return isPending(connection) ? { kind: "new", connection } : undefined;
  if (!isSameConsumer(connection, stored.request)) return { kind: "replaced", connection, stored };
  if (isPending(connection)) return pendingSituation(connection, stored);
  return { kind: isAsDecided(connection, stored) ? "done" : "resolved-elsewhere", connection, stored };
}

function pendingSituation(connection: Connection, stored: StoredRequest): Situation {
  const waits = stored.request.state === "awaiting-decision" || stored.request.state === "received";
  return { kind: waits ? "waiting" : "decided", connection, stored };
}

function isAsDecided(connection: Connection, { request }: StoredRequest): boolean {
  if (request.state === "awaiting-decision" || request.state === "received") return false;
  const wanted = request.decided?.kind === "approve" ? "Approved" : "Rejected";
  return request.decided !== null && connection.status === wanted;
}

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
  /** A connection that was Approved, and about which people were asked, is Pending again: a new question. */
  | { readonly kind: "pending-again"; readonly connection: Connection; readonly stored: StoredRequest }
  /** ARM does not show the connection any more, as we decided; only the record is missing. */
  | { readonly kind: "removed"; readonly stored: StoredRequest }
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
    .map((stored): Situation => ({ kind: isTakenAway(stored) ? "removed" : "withdrawn", stored }));
  const all = [...withdrawn, ...shown];
  return [...all.filter((one) => one.kind !== "new"), ...all.filter((one) => one.kind === "new")];
}

function situationOf(connection: Connection, stored: StoredRequest | undefined): Situation | undefined {
  if (connection.status === "Unknown") return { kind: "unreadable", connection };
  if (!stored) return isPending(connection) ? { kind: "new", connection } : undefined;
  if (!isSameConsumer(connection, stored.request)) return { kind: "replaced", connection, stored };
  if (stored.request.live) return liveSituation(connection, stored);
  if (isPending(connection)) return pendingSituation(connection, stored);
  return { kind: isAsDecided(connection, stored) ? "done" : "resolved-elsewhere", connection, stored };
}

/** The question is whether the connection stays: Approved is what it is about, and all else is an end. */
function liveSituation(connection: Connection, stored: StoredRequest): Situation {
  if (isPending(connection)) return { kind: "pending-again", connection, stored };
  // A removal is carried out whatever became of the connection meanwhile; ARM's answer ends it.
  if (stored.request.live?.by === "remove" && isTakenAway(stored)) return { kind: "decided", connection, stored };
  if (connection.status !== "Approved") {
    return { kind: isTakenAway(stored) ? "done" : "resolved-elsewhere", connection, stored };
  }
  if (waitsForPeople(stored)) return { kind: "waiting", connection, stored };
  return { kind: stored.request.decided?.kind === "approve" ? "done" : "decided", connection, stored };
}

/** True when we decided to take a connection away that was Approved. */
function isTakenAway({ request }: StoredRequest): boolean {
  const isUnderWay = request.state === "rejecting" || request.state === "failed";
  return request.live !== undefined && isUnderWay && request.decided?.kind === "reject";
}

function waitsForPeople({ request }: StoredRequest): boolean {
  return request.state === "awaiting-decision" || request.state === "received";
}

function pendingSituation(connection: Connection, stored: StoredRequest): Situation {
  return { kind: waitsForPeople(stored) ? "waiting" : "decided", connection, stored };
}

function isAsDecided(connection: Connection, stored: StoredRequest): boolean {
  const { request } = stored;
  if (waitsForPeople(stored)) return false;
  const wanted = request.decided?.kind === "approve" ? "Approved" : "Rejected";
  return request.decided !== null && connection.status === wanted;
}

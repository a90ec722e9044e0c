import { type Connection, isSameConsumer, type PrivateLinkService } from "../connection/connection.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { AwaitedLink, Committed, Ports, StoredRequest } from "./ports.ts";
import { about, changed, type Hand } from "./record.ts";

/*
 * The LinkID of a connection may be there while it is Pending, in ARM's answer to the approval, or only later (azure.md 3.1).
 * What is not there when the approval is put on record is awaited: every review looks for it, and asks for a next one.
 */

const shortestPauseMs = 30_000;
const longestPauseMs = 24 * 60 * 60_000;
/** By then Azure will not show it any more, and a service that never does shall not cost for ever. */
const givenUpAfterMs = 7 * 24 * 60 * 60_000;

/** How an awaited LinkID and the connection on ARM stand to each other. */
export type LinkSituation =
  | { readonly kind: "shown"; readonly awaited: AwaitedLink; readonly connection: Connection }
  | { readonly kind: "awaited"; readonly awaited: AwaitedLink }
  /** The connection is gone or not Approved any more, or it was looked for long enough. */
  | { readonly kind: "given-up"; readonly awaited: AwaitedLink };

/** Whether the LinkID has to be looked for later: ARM shows the connection Approved, and nobody knows its number. */
export function lacksLink(connection: Connection, request: Pick<ApprovalRequest, "linkIdentifier">): boolean {
  return connection.status === "Approved" && (connection.linkIdentifier ?? request.linkIdentifier) === null;
}

/** Compares what ARM shows with the LinkIDs that are awaited. Pure and complete, as `situationsOf` is for requests. */
export function linkSituationsOf(
  service: PrivateLinkService,
  awaitedLinks: readonly AwaitedLink[],
  now: Date,
): readonly LinkSituation[] {
  const byId = new Map<string, Connection>(service.connections.map((connection) => [connection.ref.id, connection]));
  return awaitedLinks.map((awaited) => situationOf(awaited, byId.get(awaited.connectionId.toLowerCase()), now));
}

function situationOf(awaited: AwaitedLink, connection: Connection | undefined, now: Date): LinkSituation {
  // A status that plgate does not know says nothing about the approval: left alone, as everywhere.
  if (connection?.status === "Unknown") return { kind: "awaited", awaited };
  if (connection?.status !== "Approved") return { kind: "given-up", awaited };
  if (connection.linkIdentifier !== undefined) return { kind: "shown", awaited, connection };
  const isOld = now.getTime() - awaited.since.getTime() > givenUpAfterMs;
  return { kind: isOld ? "given-up" : "awaited", awaited };
}

/**
 * When to look again for a LinkID: soon at first, then after as long as it has been awaited, at most a day. So it is found
 * after at most twice the time that Azure took, in about twenty looks a week.
 */
export function nextLookForLink(since: Date, now: Date): Date {
  const waited = now.getTime() - since.getTime();
  return new Date(now.getTime() + Math.min(longestPauseMs, Math.max(shortestPauseMs, waited)));
}

/**
 * Puts on record the LinkID that ARM shows by now. No move: the request stays in the state in which it ended.
 * Undefined when there is nothing to record: it is known already, or the connection is another endpoint's by now.
 */
export async function identifyLink(
  { requestId }: AwaitedLink,
  connection: Connection,
  hand: Hand,
  ports: Pick<Ports, "ledger">,
): Promise<Committed | undefined> {
  const stored = await ports.ledger.request(requestId);
  const linkIdentifier = connection.linkIdentifier ?? null;
  if (!stored || linkIdentifier === null || !isNewsTo(stored, connection)) return undefined;
  const next = changed(stored.request, hand.clock, { linkIdentifier });
  return ports.ledger.commit({
    key: `${requestId}|identify-link|${stored.etag}`,
    request: next,
    expected: stored.etag,
    events: [about(next, "link-identified", hand, `ARM shows LinkID ${linkIdentifier} by now.`)],
    notify: false,
    link: "known",
  });
}

function isNewsTo({ request }: StoredRequest, connection: Connection): boolean {
  return request.linkIdentifier === null && isSameConsumer(connection, request);
}

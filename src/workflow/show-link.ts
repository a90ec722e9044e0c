import type { AuditEntry } from "../ledger/query.ts";
import { parseRequestId } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import { doubtAbout, holderFrom, type LinkHolder, type OnRecord } from "./link-holder.ts";
import type { Ports } from "./ports.ts";

/** An index row that leads to a request of another LinkID, to none, or to one that cannot be read. */
export type NotMatching = { readonly service: string; readonly seq: number; readonly why: string };

export type ShownLink = {
  readonly linkIdentifier: string;
  /** The newest first. More than one when a consumer asked again, or when services use the same number. */
  readonly holders: readonly LinkHolder[];
  /** What the index claims and the ledger does not confirm: for whoever looks after the store, never an answer. */
  readonly notMatching: readonly NotMatching[];
};

/** What of the ports is asked. */
export type LinkPorts = {
  readonly index: Pick<Ports["index"], "searchAudit">;
  readonly ledger: Pick<Ports["ledger"], "request" | "latestOf" | "eventsOf">;
};

const pageOfEntries = 1000;
const readsAtOnce = 8;

/**
 * Who is behind a LinkID: found by the index, read whole from the ledger. The index never decides: a request is shown only
 * when its row and its chain carry this very number.
 *
 * Asks storage once for the index and four to six times for each request, however long the history of its service is.
 */
export async function showLink(linkIdentifier: string, { index, ledger }: LinkPorts): Promise<ShownLink> {
  const claims = await claimsOf(linkIdentifier, index);
  const found: (LinkHolder | NotMatching)[] = [];
  for (let at = 0; at < claims.length; at += readsAtOnce) {
    const some = claims.slice(at, at + readsAtOnce);
    found.push(...(await Promise.all(some.map((entry) => holderOf(entry, linkIdentifier, ledger)))));
  }
  const holders = found.filter((one) => "requestId" in one);
  const newestFirst = holders.toSorted((one, other) => Date.parse(other.requestedAt) - Date.parse(one.requestedAt));
  return { linkIdentifier, holders: newestFirst, notMatching: found.filter((one) => "why" in one) };
}

/** The newest entry of each request that the index knows under the number. */
async function claimsOf(link: string, index: LinkPorts["index"]): Promise<readonly AuditEntry[]> {
  const claims = new Map<string, AuditEntry>();
  for (let after: string | null | undefined; after !== null; ) {
    const page = await index.searchAudit({ link, top: pageOfEntries, ...(after === undefined ? {} : { after }) });
    for (const entry of page.entries) {
      const key = entry.requestId ?? `${entry.service}|${entry.seq}`;
      if (!claims.has(key)) claims.set(key, entry);
    }
    after = page.next;
  }
  return [...claims.values()];
}

async function holderOf(
  { requestId, service, seq }: AuditEntry,
  link: string,
  ledger: LinkPorts["ledger"],
): Promise<LinkHolder | NotMatching> {
  const mismatch = (why: string): NotMatching => ({ service, seq, why });
  const id = parseRequestId(requestId ?? "");
  if (!id) return mismatch("the entry names no request");
  try {
    const known = await onRecord(id, ledger);
    if (!known) return mismatch(`the ledger has no request ${id.id}`);
    const doubt = doubtAbout(known, link);
    return doubt === undefined ? holderFrom(known) : mismatch(doubt);
  } catch (error) {
    // A row that somebody edited must not hide the other requests; storage that does not answer is no finding.
    if (error instanceof PlgateError && !error.retryable) return mismatch(error.message);
    throw error;
  }
}

async function onRecord(
  { id, service, connection }: NonNullable<ReturnType<typeof parseRequestId>>,
  ledger: LinkPorts["ledger"],
): Promise<OnRecord | undefined> {
  const [latest, events] = await Promise.all([ledger.latestOf(service, connection), ledger.eventsOf(id)]);
  const stored = latest?.request.id === id ? latest : await ledger.request(id);
  const asked = latest?.request.live ? { asked: latest.request } : {};
  return latest && stored && { request: stored.request, latest: latest.request.id, ...asked, events };
}

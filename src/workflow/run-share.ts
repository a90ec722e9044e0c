import type { Connection } from "../connection/connection.ts";
import { connectionKey, parseRequestId, type RequestId, serviceKey } from "../requests/request-id.ts";
import { type Fate, fateOf, type Run, type RunShare } from "../requests/run.ts";
import type { Ports, StoredRequest } from "./ports.ts";
import type { Review } from "./review.ts";

type Entry = RunShare["connections"][string];

const readsAtOnce = 16;
// A connection is asked about a few times in the life of a run, by others too.
const roundsAtMost = 50;

/** What is known of the run at the service by now: each question that was open is looked up again. */
export async function knownShare(
  run: Run,
  stored: RunShare | undefined,
  review: Review,
  ports: Pick<Ports, "ledger">,
): Promise<RunShare> {
  const { ref } = review.service;
  const here = new Map<string, StoredRequest>(review.open.all.map((one) => [one.request.id, one]));
  const entries = Object.entries(stored?.connections ?? {});
  const connections: Record<string, Entry> = {};
  for (let at = 0; at < entries.length; at += readsAtOnce) {
    const some = entries.slice(at, at + readsAtOnce);
    const found = await Promise.all(
      some.map(async ([key, entry]) => [key, await entryNow(run, entry, here, ports)] as const),
    );
    for (const [key, entry] of found) if (entry) connections[key] = entry;
  }
  return {
    ...{ v: 1, run: run.id, service: serviceKey(ref.id), serviceId: ref.id },
    ...{ connections, waiting: stored?.waiting ?? 0 },
  };
}

/** Undefined when what was planned was not done: then it is still to do. */
async function entryNow(
  run: Run,
  entry: Entry,
  here: ReadonlyMap<string, StoredRequest>,
  { ledger }: Pick<Ports, "ledger">,
): Promise<Entry | undefined> {
  const { request: id, fate } = entry;
  if (id === null || (fate !== "open" && fate !== "planned")) return entry;
  const stored = here.get(id) ?? (await ledger.request(id));
  if (!stored || (fate === "planned" && !isOf(run, stored))) return undefined;
  return { request: id, fate: fateOf(stored.request) };
}

/** A request that the run made, seen in it; a drain also rejects what is Pending, which is an ordinary request. */
function isOf(run: Run, { request }: StoredRequest): boolean {
  return request.live?.run === run.id || (run.kind === "drain" && !request.live);
}

/**
 * The question that the run asked about the connection before, by the requests themselves: whatever was lost of a share, nobody
 * is asked twice.
 */
export async function askedBefore(
  run: Run,
  connection: Connection,
  review: Review,
  { ledger }: Pick<Ports, "ledger">,
): Promise<{ readonly request: RequestId; readonly fate: Fate } | undefined> {
  let stored = await review.latest.of(connection);
  for (let round = 0; stored && round < roundsAtMost; round += 1) {
    const { id, live, previous, requestedAt } = stored.request;
    if (live?.run === run.id) return { request: id, fate: fateOf(stored.request) };
    if (!previous || Date.parse(requestedAt) < Date.parse(run.startedAt)) return undefined;
    const before: StoredRequest | undefined = parseRequestId(previous) && (await ledger.request(previous));
    stored = before;
  }
  return undefined;
}

export function withEntries(share: RunShare, entries: readonly (readonly [Connection, Entry])[]): RunShare {
  const added = Object.fromEntries(entries.map(([{ ref }, entry]) => [connectionKey(ref.id), entry]));
  return { ...share, connections: { ...share.connections, ...added } };
}

/** Writes the share unless it says what is written. */
export async function keepShare(
  share: RunShare,
  stored: RunShare | undefined,
  { ledger }: Pick<Ports, "ledger">,
): Promise<void> {
  if (stored && JSON.stringify(stored) === JSON.stringify(share)) return;
  await ledger.putRunShare(share);
}

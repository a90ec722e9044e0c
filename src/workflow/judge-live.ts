import type { Connection, PrivateLinkService } from "../connection/connection.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { Asked } from "./gather-facts.ts";
import { type Judgement, judge } from "./judge.ts";
import type { PoliciesNow, Ports, StoredRequest } from "./ports.ts";

export type { Asked } from "./gather-facts.ts";

// Each question about a connection that stays names the approval before it: a few, unless somebody asks every day for years.
const questionsAtMost = 50;

/**
 * What the policies in force would say if an Approved connection were asked for again: does it still stand on policy?
 *
 * Facts are those of ARM and the registry now. Only what belongs to the moment of asking is as it was then: the time, the
 * consumer's message (`asked`), and the connection itself, which counts as one that waits and not as one that is approved,
 * so that a quota which it fills exactly is not exceeded by itself. `history.approvedBefore` is of now, and may know of this
 * very approval. Decides and writes nothing. Facts that cannot be read are unavailable in the verdict, as ever: it never throws
 * for them, and nobody may take a connection away because of them.
 */
export function judgeLive(
  service: PrivateLinkService,
  connection: Connection,
  asked: Asked,
  open: readonly StoredRequest[],
  policies: PoliciesNow,
  ports: Ports,
): Promise<Judgement> {
  const then: Connection = { ...connection, status: "Pending", rawStatus: "Pending" };
  const connections = service.connections.map((one) => (one.ref.id === connection.ref.id ? then : one));
  const others = open.filter(({ request }) => request.connectionId.toLowerCase() !== connection.ref.id);
  return judge({ ...service, connections }, then, others, policies, ports, asked);
}

/**
 * When the consumer asked for the connection that a request approved, and in which words. A request that asked whether the
 * connection stays names the approval that it was about; the first in that row is the one that the consumer made. Where plgate
 * never approved it, the first that asked about it counts. Throws when the ledger cannot be read.
 */
export async function askedFor(approved: ApprovalRequest, ports: Pick<Ports, "ledger">): Promise<Asked> {
  let first = approved;
  for (let step = 0; step < questionsAtMost && first.live?.approval; step += 1) {
    const before: StoredRequest | undefined = await ports.ledger.request(first.live.approval);
    if (!before) break;
    first = before.request;
  }
  return { at: first.requestedAt, message: first.message };
}

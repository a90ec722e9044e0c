import { parseRequestId, type RequestId } from "../requests/request-id.ts";
import { messageOf } from "../runtime/errors.ts";
import { avoided, isSamePlace, standingPlaces, wantsCards } from "./card-places.ts";
import type { Ports, Router, StoredRequest } from "./ports.ts";
import { type CardPorts, type Scope, showCards } from "./show-cards.ts";

const atOnce = 8;
const pageSize = 100;

/**
 * Posts cards of open requests where they should stand and do not: no channel had the bot when people were asked, only the
 * fallback had it, or a channel took nothing. `missing-and-lost` tries the latter at once, as when a channel became
 * known; `missing` leaves them alone for some minutes, as the sweep does. Tells how many requests lacked a card.
 */
export async function postMissingCards(ports: CardPorts, scope: Exclude<Scope, "all">): Promise<number> {
  const router = await ports.notifier.router();
  if (router.usable === 0) return 0;
  let lacking = 0;
  for await (const ids of openRequests(ports)) {
    const found = await Promise.all(ids.map((id) => postIfMissing(id, router, scope, ports)));
    lacking += found.filter(Boolean).length;
  }
  return lacking;
}

/** Requests that may want a card, some at a time; those that are open longest last. */
export async function* openRequests({ index }: Pick<Ports, "index">): AsyncGenerator<readonly RequestId[]> {
  let after: string | undefined;
  do {
    const page = await index.searchRequests({ status: "open", top: pageSize, ...(after ? { after } : {}) });
    const asking = page.requests.filter(({ state }) => state === "awaiting-decision" || state === "failed");
    const ids = asking.flatMap(({ id }) => parseRequestId(id)?.id ?? []);
    for (let at = 0; at < ids.length; at += atOnce) yield ids.slice(at, at + atOnce);
    after = page.next ?? undefined;
  } while (after);
}

async function postIfMissing(id: RequestId, router: Router, scope: Scope, ports: CardPorts): Promise<boolean> {
  try {
    if (!(await lacksCard(id, router, scope, ports))) return false;
    const stored = await requestUpTo(id, ports);
    if (stored) await showCards(stored.stored, stored.seq, ports, scope);
    return true;
  } catch (error) {
    ports.log.warn("a missing card cannot be posted now", { request: id, error: messageOf(error) });
    return true;
  }
}

async function lacksCard(id: RequestId, router: Router, scope: Scope, ports: CardPorts): Promise<boolean> {
  const [stored, known] = await Promise.all([ports.ledger.request(id), ports.cards.all(id)]);
  if (!stored || !wantsCards(stored.request)) return false;
  const standing = standingPlaces(known);
  const avoid = scope === "missing" ? avoided(known, ports.clock.now()) : [];
  const { places } = router.route(stored.request, avoid);
  return places.some((place) => !standing.some((one) => isSamePlace(one, place)));
}

/** The request, and an event that it shows at least: whatever happened before its chain was read is in it. */
async function requestUpTo(
  id: RequestId,
  { ledger }: Pick<Ports, "ledger">,
): Promise<{ readonly stored: StoredRequest; readonly seq: number } | undefined> {
  const service = parseRequestId(id)?.service;
  if (!service) return undefined;
  const { seq } = await ledger.head(service);
  const stored = await ledger.request(id);
  return stored && { stored, seq };
}

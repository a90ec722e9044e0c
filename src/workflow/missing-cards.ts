import { parseRequestId, type RequestId } from "../requests/request-id.ts";
import { messageOf } from "../runtime/errors.ts";
import { avoided, isSamePlace, standingPlaces, wantsCards } from "./card-places.ts";
import type { CardRounds } from "./card-rounds.ts";
import { openPages } from "./measure.ts";
import type { Ports, RequestLine, Router, StoredRequest } from "./ports.ts";
import { type CardPorts, type Scope, showCards } from "./show-cards.ts";

const atOnce = 8;
const pageSize = 100;

/**
 * Posts cards of open requests where they should stand and do not: no channel had the bot when people were asked, only the
 * fallback had it, or a channel took nothing. `missing-and-lost` tries the latter at once, as when a channel became
 * known; `missing` leaves them alone for some minutes, as the sweep does. Tells how many requests lacked a card.
 *
 * With `rounds` only those are looked at of which the worker does not know that they stand where they should.
 */
export async function postMissingCards(
  ports: CardPorts,
  scope: Exclude<Scope, "all">,
  rounds?: CardRounds,
): Promise<number> {
  const router = await ports.notifier.router();
  if (router.usable === 0) return 0;
  const lines = await linesThatAsk(ports);
  const due = new Set(rounds ? rounds.due(lines, router, ports.clock.now()) : lines.map(({ id }) => id));
  const asked = lines.filter(({ id }) => due.has(id));
  let lacking = 0;
  for (let at = 0; at < asked.length; at += atOnce) {
    const some = asked.slice(at, at + atOnce);
    const found = await Promise.all(some.map((line) => postIfMissing(line, router, scope, ports, rounds)));
    lacking += found.filter(Boolean).length;
  }
  return lacking;
}

async function linesThatAsk(ports: Pick<Ports, "index">): Promise<readonly RequestLine[]> {
  const lines: RequestLine[] = [];
  for await (const page of openPages(ports)) lines.push(...page.filter(mayWantCard));
  return lines;
}

function mayWantCard({ state }: RequestLine): boolean {
  return state === "awaiting-decision" || state === "failed";
}

/** Requests that may want a card, some at a time; those that are open longest last. */
export async function* openRequests({ index }: Pick<Ports, "index">): AsyncGenerator<readonly RequestId[]> {
  let after: string | undefined;
  do {
    const page = await index.searchRequests({ status: "open", top: pageSize, ...(after ? { after } : {}) });
    const ids = page.requests.filter(mayWantCard).flatMap(({ id }) => parseRequestId(id)?.id ?? []);
    for (let at = 0; at < ids.length; at += atOnce) yield ids.slice(at, at + atOnce);
    after = page.next ?? undefined;
  } while (after);
}

async function postIfMissing(
  line: RequestLine,
  router: Router,
  scope: Scope,
  ports: CardPorts,
  rounds: CardRounds | undefined,
): Promise<boolean> {
  const id = parseRequestId(line.id)?.id;
  if (!id) return false;
  try {
    if (!(await lacksCard(id, line, router, scope, ports, rounds))) return false;
    const stored = await requestUpTo(id, ports);
    if (stored) await showCards(stored.stored, stored.seq, ports, scope);
    return true;
  } catch (error) {
    ports.log.warn("a missing card cannot be posted now", { request: id, error: messageOf(error) });
    return true;
  }
}

async function lacksCard(
  id: RequestId,
  line: RequestLine,
  router: Router,
  scope: Scope,
  ports: CardPorts,
  rounds: CardRounds | undefined,
): Promise<boolean> {
  const [stored, known] = await Promise.all([ports.ledger.request(id), ports.cards.all(id)]);
  if (!stored) return false;
  const now = ports.clock.now();
  const wanted = wantsCards(stored.request);
  const standing = standingPlaces(known);
  rounds?.saw(line, stored.request.reviewers, wanted ? standing : null, now);
  if (!wanted) return false;
  const { places } = router.route(stored.request, scope === "missing" ? avoided(known, now) : []);
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

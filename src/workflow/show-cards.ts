import { type ApprovalRequest, isOpen } from "../requests/request.ts";
import { messageOf } from "../runtime/errors.ts";
import { avoided, isSamePlace, standingPlaces, wantsCards } from "./card-places.ts";
import type { Place, PlaceRecord, Ports, Post, RequestView, SentCard, StoredRequest } from "./ports.ts";
import { viewOf } from "./view-of.ts";

export type CardPorts = Pick<Ports, "cards" | "notifier" | "ledger" | "index" | "settings" | "clock" | "log">;

/** What is to be done: everything, or only what is missing; the latter may also try again where nothing was taken lately. */
export type Scope = "all" | "missing" | "missing-and-lost";

/** `later`: not now, try again. `lost`: the place takes nothing, look for another. */
type Result = "done" | "later" | "lost";

type Showing = { readonly view: RequestView; readonly seq: number; readonly ports: CardPorts };

// Each round shows what somebody changed during the one before; nobody changes a request faster for long.
const mostRounds = 4;

/**
 * Makes the request show its present state wherever it stands, and posts the cards that are missing. False: not all now.
 *
 * Safe to do twice and at once on several hosts, each killed at any line: what is posted is a line of text, only one line
 * is kept for each place, and only what is kept becomes the card (docs/architecture.md, "When a host dies").
 */
export async function showCards(
  stored: StoredRequest,
  seq: number,
  ports: CardPorts,
  scope: Scope = "all",
): Promise<boolean> {
  let [shown, upTo, what] = [stored, seq, scope];
  for (let round = 1; round <= mostRounds; round += 1) {
    const outcome = await showState(shown.request, upTo, ports, what);
    if (outcome === "nothing to show") return true;
    // Somebody changed it while we showed it: what they showed may have come before ours, so theirs is shown once more.
    const latest = await ports.ledger.request(shown.request.id);
    if (!latest || latest.etag === shown.etag) return outcome === "done";
    const head = await ports.ledger.head(shown.request.service);
    [shown, upTo, what] = [(await ports.ledger.request(latest.request.id)) ?? latest, head.seq, "all"];
  }
  return false;
}

type Outcome = "done" | "later" | "nothing to show";

async function showState(request: ApprovalRequest, seq: number, ports: CardPorts, scope: Scope): Promise<Outcome> {
  const known = await ports.cards.all(request.id);
  if (!wantsCards(request) && known.length === 0) return "nothing to show";
  const showing = { view: await viewOf(request, ports), seq, ports };
  if (wantsCards(request)) return (await showWhereAsked(showing, known, scope)) ? "done" : "later";
  const results = await Promise.all(standingPlaces(known).map((place) => attempt(place, showing)));
  // Who is posting at this moment looks at the request once more afterwards, but may die before.
  const isDone = !results.includes("later") && !known.some(({ kind }) => kind === "claimed");
  return isDone ? "done" : "later";
}

/** In every place that should show it and every place that does. Where one takes nothing, the fallback stands in for it. */
async function showWhereAsked(showing: Showing, known: readonly PlaceRecord[], scope: Scope): Promise<boolean> {
  const { view, ports } = showing;
  const router = await ports.notifier.router();
  const standing = standingPlaces(known);
  const avoid = scope === "missing-and-lost" ? [] : [...avoided(known, ports.clock.now())];
  const seen = scope === "all" ? [] : [...standing];
  const results: Result[] = [];
  for (;;) {
    const routing = router.route(view.request, avoid);
    const due = [...standing, ...routing.places].filter((place, at, all) => isNew(place, all.slice(0, at), seen));
    if (due.length === 0) {
      report(view.request, routing, ports);
      return !results.includes("later");
    }
    seen.push(...due);
    const round = await Promise.all(due.map((place) => attempt(place, showing)));
    results.push(...round);
    avoid.push(...due.filter((_, at) => round[at] === "lost"));
  }
}

function isNew(place: Place, before: readonly Place[], seen: readonly Place[]): boolean {
  return ![...before, ...seen].some((other) => isSamePlace(place, other));
}

function report(
  { id }: ApprovalRequest,
  { notes, nowhere }: { readonly notes: readonly string[]; readonly nowhere: string | null },
  { log }: CardPorts,
): void {
  if (notes.length > 0)
    log.warn("a request is not shown where its reviewers are", { request: id, why: notes.join("; ") });
  if (nowhere)
    log.warn("no channel shows this request; it waits in the list and the API", { request: id, why: nowhere });
}

/** One place that fails does not keep the others from being done. */
async function attempt(place: Place, showing: Showing): Promise<Result> {
  try {
    return await showIn(place, showing);
  } catch (error) {
    const { view, ports } = showing;
    const said = { request: view.request.id, place: place.id, error: messageOf(error) };
    ports.log.warn("a request cannot be shown in a place now; it stays in the outbox", said);
    return "later";
  }
}

async function showIn(place: Place, showing: Showing): Promise<Result> {
  const post: Post = { request: showing.view.request.id, place, what: "card" };
  const claim = await showing.ports.cards.claim(post);
  switch (claim.kind) {
    case "busy":
      return "later";
    case "post":
      return postAnew(post, claim.token, showing);
    case "standing":
      return bringUpToDate(post, claim.record.card, showing, "kept before");
  }
}

async function postAnew(post: Post, token: string, showing: Showing): Promise<Result> {
  const { cards, notifier } = showing.ports;
  if (!wantsCards(showing.view.request)) {
    await cards.release(post, token, "free");
    return "done";
  }
  const announced = await notifier.announce(showing.view, post.place);
  if (announced.kind === "gone") {
    await cards.release(post, token, "lost");
    return lose(post, announced.why, showing);
  }
  // We took so long that another host was given the right: its line becomes the card, and ours stays a line of text.
  if (!(await cards.keep(post, token, announced.card))) return "later";
  return bringUpToDate(post, announced.card, showing, "just announced");
}

async function bringUpToDate(
  post: Post,
  card: SentCard | null,
  showing: Showing,
  since: "just announced" | "kept before",
): Promise<Result> {
  const { view, seq, ports } = showing;
  if (card === null) return isOpen(view.request) ? "done" : tellEnd(post, card, showing);
  const updated = await ports.notifier.update(view, card);
  switch (updated.kind) {
    case "shown":
      await ports.cards.showed(post, card, seq);
      return "done";
    case "gone":
      if (wantsCards(view.request)) await ports.cards.drop(post, card, "lost");
      return lose(post, updated.why, showing);
    case "missing":
      // What was announced a moment ago may turn up; if not, the outbox comes again and finds it kept before.
      return since === "just announced" ? "later" : replace(post, card, showing);
  }
}

/** The card cannot be found any more: while people are asked another one is posted, and an end is told in the thread. */
async function replace(post: Post, card: SentCard, showing: Showing): Promise<Result> {
  const { view, ports } = showing;
  if (!isOpen(view.request)) return tellEnd(post, card, showing);
  if (!wantsCards(view.request)) return "done";
  await ports.cards.drop(post, card, "free");
  return showIn(post.place, showing);
}

function lose({ request, place }: Post, why: string, { view, ports }: Showing): Result {
  ports.log.warn("a place takes nothing of a request", { request, place: place.id, why });
  return wantsCards(view.request) ? "lost" : "done";
}

/** Once in each place: in the thread of a card that cannot be found, and in a webhook. */
async function tellEnd(card: Post, sent: SentCard | null, { view, ports }: Showing): Promise<Result> {
  const post: Post = { ...card, what: "end" };
  const claim = await ports.cards.claim(post);
  if (claim.kind !== "post") return claim.kind === "standing" ? "done" : "later";
  const told = await ports.notifier.tellEnd(view, { place: post.place, card: sent });
  if (told.kind === "told") {
    await ports.cards.keep(post, claim.token, sent);
    return "done";
  }
  await ports.cards.release(post, claim.token, "free");
  ports.log.warn("the end of a request cannot be told", { request: post.request, place: post.place.id, why: told.why });
  return "done";
}

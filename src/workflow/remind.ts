import type { OutboxEntry } from "../ledger/commit.ts";
import type { AuditEvent } from "../ledger/event.ts";
import { messageOf } from "../runtime/errors.ts";
import type { PlaceRecord, Post, RequestView, StoredRequest } from "./ports.ts";
import { type CardPorts, showCards } from "./show-cards.ts";
import { viewOf } from "./view-of.ts";

type Step = "half" | "nine-tenths";
type Standing = Extract<PlaceRecord, { kind: "standing" }>;
type Result = "done" | "later" | "lost";

/**
 * Says in the thread of each card, and in each webhook that was asked, how much time is over: once in each place, unless
 * a host dies between saying and keeping it. False: not everywhere now. Nobody is reminded of what needs no answer.
 */
export async function remind(stored: StoredRequest, entry: OutboxEntry, ports: CardPorts): Promise<boolean> {
  const { request } = stored;
  if (request.state !== "awaiting-decision") return true;
  const step = stepIn(await ports.ledger.eventsBetween(entry.service, entry.firstSeq, entry.seq));
  if (!step) throw new Error("the event that says which reminder it is cannot be found");
  const known = await ports.cards.all(request.id);
  const view = await viewOf(request, ports);
  const standing = known.filter((one) => one.kind === "standing");
  const results = await Promise.all(standing.map((one) => attempt(one, view, step, ports)));
  // A card whose thread is gone has to stand elsewhere, and says itself how much time is left.
  const isShown = results.includes("lost") ? await showCards(stored, entry.seq, ports) : true;
  return isShown && !results.includes("later") && !known.some(({ kind }) => kind === "claimed");
}

function stepIn(events: readonly AuditEvent[]): Step | undefined {
  const reminded = events.find(({ kind }) => kind === "reminded");
  const { detail } = reminded ?? {};
  const step = typeof detail === "object" && detail !== null ? Reflect.get(detail, "step") : undefined;
  return step === "half" || step === "nine-tenths" ? step : undefined;
}

async function attempt(standing: Standing, view: RequestView, step: Step, ports: CardPorts): Promise<Result> {
  try {
    return await remindIn(standing, view, step, ports);
  } catch (error) {
    const said = { request: view.request.id, place: standing.place.id, error: messageOf(error) };
    ports.log.warn("a reminder cannot be given in a place now; it stays in the outbox", said);
    return "later";
  }
}

async function remindIn(standing: Standing, view: RequestView, step: Step, ports: CardPorts): Promise<Result> {
  const { place, card } = standing;
  const post: Post = { request: view.request.id, place, what: step };
  const claim = await ports.cards.claim(post);
  if (claim.kind !== "post") return claim.kind === "standing" ? "done" : "later";
  const told = await ports.notifier.remind(view, standing, step);
  if (told.kind === "told") {
    await ports.cards.keep(post, claim.token, card);
    return "done";
  }
  ports.log.warn("a place takes nothing of a request", { request: post.request, place: place.id, why: told.why });
  await ports.cards.release(post, claim.token, "free");
  await ports.cards.drop({ ...post, what: "card" }, card, "lost");
  return "lost";
}

import type { OutboxEntry } from "../ledger/commit.ts";
import type { AuditEvent } from "../ledger/event.ts";
import { bulletinId } from "../requests/request-id.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Place, Ports, Post } from "./ports.ts";

/**
 * Says in Teams what an event about no request tells: drift that policy only records, a limit that is near, what a run did.
 * Once in each place of the fallback reviewers, unless a host dies between saying and keeping it. False: not everywhere now.
 */
export async function tellBulletin(entry: OutboxEntry, ports: Ports): Promise<boolean> {
  const events = await ports.ledger.eventsBetween(entry.service, entry.firstSeq, entry.seq);
  const router = await ports.notifier.router();
  const { places, nowhere } = router.route({ reviewers: ports.settings.fallbackReviewers }, []);
  if (nowhere) ports.log.warn("no channel is told of an event", { seq: entry.seq, why: nowhere });
  const told = await Promise.all(events.flatMap((event) => places.map((place) => attempt(event, place, entry, ports))));
  return told.every(Boolean);
}

async function attempt(event: AuditEvent, place: Place, { service }: OutboxEntry, ports: Ports): Promise<boolean> {
  const post: Post = { request: bulletinId(service, event.seq), place, what: "bulletin" };
  try {
    const claim = await ports.cards.claim(post);
    if (claim.kind !== "post") return claim.kind === "standing";
    const told = await ports.notifier.bulletin(event, place);
    if (told.kind === "told") return await ports.cards.keep(post, claim.token, null);
    ports.log.warn("a place takes no bulletin", { place: place.id, why: told.why });
    await ports.cards.release(post, claim.token, "lost");
    return true;
  } catch (error) {
    ports.log.warn("a bulletin cannot be told in a place now; it stays in the outbox", {
      ...{ place: place.id, seq: event.seq, error: messageOf(error) },
    });
    return false;
  }
}

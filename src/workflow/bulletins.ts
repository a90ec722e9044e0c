import type { OutboxEntry } from "../ledger/commit.ts";
import type { AuditEvent, Json } from "../ledger/event.ts";
import type { ReviewerGroup } from "../policy/evaluate.ts";
import { bulletinId } from "../requests/request-id.ts";
import { messageOf } from "../runtime/errors.ts";
import { isSamePlace } from "./card-places.ts";
import type { Bulletin, Place, Ports, Post } from "./ports.ts";

/** `later`: not now, try again. `lost`: the place takes nothing, look for another. */
type Result = "done" | "later" | "lost";
type Telling = { readonly bulletin: Bulletin; readonly id: Post["request"] };
type BulletinPorts = Pick<Ports, "ledger" | "notifier" | "cards" | "settings" | "log">;

const sentencesKept = 10;

/**
 * Says in Teams what events tell that no card shows: drift that policy only records, a limit that is near, what a run did. Once in
 * each place of the people whom the event names, or of the fallback reviewers, unless a host dies between saying and keeping
 * it. What was found at many connections at once is one bulletin. False: not everywhere now.
 *
 * Where a place takes nothing the fallback place stands in. Where there is none at all, nothing is told and nothing waits: the
 * record has it, and so has the list of services.
 */
export async function tellBulletin(entry: OutboxEntry, ports: BulletinPorts): Promise<boolean> {
  const events = await ports.ledger.eventsBetween(entry.service, entry.firstSeq, entry.seq);
  // A step of a request tells what it found; how the request goes on, its card shows.
  const news = entry.requestId === null ? events : events.filter(({ kind }) => kind === "drift-detected");
  const reviewers = reviewersIn(news) ?? ports.settings.fallbackReviewers;
  const results: Result[] = [];
  for (const telling of tellingsOf(news, entry)) results.push(...(await tellEverywhere(telling, reviewers, ports)));
  return !results.includes("later");
}

async function tellEverywhere(
  telling: Telling,
  reviewers: readonly ReviewerGroup[],
  ports: BulletinPorts,
): Promise<readonly Result[]> {
  const router = await ports.notifier.router();
  const [seen, avoid]: [Place[], Place[]] = [[], []];
  const results: Result[] = [];
  for (;;) {
    const { places, nowhere } = router.route({ reviewers }, avoid);
    const due = places.filter((place) => !seen.some((other) => isSamePlace(place, other)));
    if (due.length === 0) {
      if (nowhere) ports.log.warn("no channel is told of an event", { bulletin: telling.id, why: nowhere });
      return results;
    }
    seen.push(...due);
    const round = await Promise.all(due.map((place) => attempt(telling, place, ports)));
    results.push(...round);
    avoid.push(...due.filter((_, at) => round[at] === "lost"));
  }
}

async function attempt(telling: Telling, place: Place, ports: BulletinPorts): Promise<Result> {
  try {
    return await tellIn(telling, place, ports);
  } catch (error) {
    const said = { place: place.id, bulletin: telling.id, error: messageOf(error) };
    ports.log.warn("a bulletin cannot be told in a place now; it stays in the outbox", said);
    return "later";
  }
}

async function tellIn({ bulletin, id }: Telling, place: Place, ports: BulletinPorts): Promise<Result> {
  const post: Post = { request: id, place, what: "bulletin" };
  const claim = await ports.cards.claim(post);
  if (claim.kind !== "post") return claim.kind === "standing" ? "done" : "later";
  const told = await ports.notifier.bulletin(bulletin, place);
  // We took so long that another host was given the right: whatever it says counts.
  if (told.kind === "told") return (await ports.cards.keep(post, claim.token, null)) ? "done" : "later";
  ports.log.warn("a place takes no bulletin", { place: place.id, bulletin: id, why: told.why });
  await ports.cards.release(post, claim.token, "lost");
  return "lost";
}

/** One for each event; what was found at several connections in one note is one. */
function tellingsOf(events: readonly AuditEvent[], { service }: OutboxEntry): readonly Telling[] {
  const [first, ...others] = events;
  const isMany =
    others.length > 0 && events.every(({ kind, connectionId }) => kind === "drift-detected" && connectionId);
  const last = events.at(-1);
  if (first && last && isMany) return [{ bulletin: together(first, events), id: bulletinId(service, last.seq) }];
  return events.map((event) => ({ bulletin: event, id: bulletinId(service, event.seq) }));
}

function together(first: AuditEvent, events: readonly AuditEvent[]): Bulletin {
  const sentences = [...new Set(events.map(({ what }) => what))];
  const what = `${events.length} connections were found: ${sentences.slice(0, sentencesKept).join(" ")}`;
  const { kind, time, serviceId } = first;
  const detail = { found: events.length, connections: events.flatMap(({ connectionId }) => connectionId ?? []) };
  return { kind, time, serviceId, what, connectionId: null, consumerSubscriptionId: null, detail };
}

/** Those whom the event names; undefined when it names nobody. */
function reviewersIn(events: readonly AuditEvent[]): readonly ReviewerGroup[] | undefined {
  const named = events.flatMap(({ detail }) => groupsIn(detail));
  return named.length > 0 ? named : undefined;
}

function groupsIn(detail: Json): readonly ReviewerGroup[] {
  const listed = memberOf(detail, "reviewers");
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((one: Json) => {
    const [group, name, channels] = ["group", "name", "channels"].map((key) => memberOf(one, key));
    if (typeof group !== "string" || typeof name !== "string") return [];
    const places = Array.isArray(channels) ? channels.filter((channel) => typeof channel === "string") : [];
    return [{ group, name, approvals: 1, ...(places.length > 0 ? { channels: places } : {}) }];
  });
}

function memberOf(value: Json, key: string): Json | undefined {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

import type { OutboxEntry } from "../ledger/commit.ts";
import type { Json, NewEvent } from "../ledger/event.ts";
import { registryChain } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Consumer, Consumers, Ledger } from "./ports.ts";
import type { Hand } from "./record.ts";

/** What changing the registry needs. `follow` does what a note leaves to do; what it leaves undone, the sweep does. */
export type RegistryOffice = {
  readonly consumers: Pick<Consumers, "find" | "put" | "remove">;
  readonly ledger: Pick<Ledger, "note">;
  readonly follow: (outbox: readonly OutboxEntry[]) => Promise<void>;
};

/** What became of an entry: `unchanged` is as wished already, and nothing was written. */
export type Registration = "registered" | "changed" | "unchanged";

/** An entry that differs from the one before; `before` undefined is somebody new. */
export type EntryChange = { readonly before: Consumer | undefined; readonly now: Consumer };

/** Puts an entry into the registry as a whole. Who is already known exactly so is left alone. */
export async function registerConsumer(consumer: Consumer, hand: Hand, office: RegistryOffice): Promise<Registration> {
  const before = await office.consumers.find(consumer.subscriptionId);
  const what = registrationOf(before, consumer);
  if (what !== "unchanged") await registerAll([{ before, now: consumer }], hand, office);
  return what;
}

/**
 * Writes entries that differ from those before, at most 50 at once, each of another consumer.
 *
 * Registry and ledger are two tables, so no transaction spans them: the record comes first, and nothing is in the
 * registry that is not on record. When writing fails after that, the record tells of a change that did not happen; who
 * tries again leaves a second one, and its `before` shows what was the case.
 */
export async function registerAll(changes: readonly EntryChange[], hand: Hand, office: RegistryOffice): Promise<void> {
  const events = changes.map(({ before, now }) => {
    const [kind, what] = before
      ? (["consumer-changed", "Changes what the registry knows of a consumer."] as const)
      : (["consumer-registered", "Registers a consumer."] as const);
    return registryEvent(kind, what, now.subscriptionId, { before: detailOf(before), now: detailOf(now) }, hand);
  });
  await putOnRecord(events, hand, office);
  await Promise.all(changes.map(({ now }) => office.consumers.put(now)));
}

/** Forgets a consumer, even one whose entry cannot be read; false when nobody knew them, and nothing was done. */
export async function removeConsumer(subscriptionId: string, hand: Hand, office: RegistryOffice): Promise<boolean> {
  const before = await lastKnown(subscriptionId, office.consumers);
  if (before === undefined) return false;
  const event = registryEvent("consumer-removed", "Removes a consumer.", subscriptionId, { before, now: null }, hand);
  await putOnRecord([event], hand, office);
  return office.consumers.remove(subscriptionId);
}

async function lastKnown(subscriptionId: string, consumers: Pick<Consumers, "find">): Promise<Json | undefined> {
  try {
    const before = await consumers.find(subscriptionId);
    return before && detailOf(before);
  } catch (error) {
    // A damaged entry is one that somebody wants to be rid of.
    if (error instanceof PlgateError && !error.retryable) return { unreadable: error.message };
    throw error;
  }
}

async function putOnRecord(events: readonly NewEvent[], hand: Hand, office: RegistryOffice): Promise<void> {
  const key = `registry|${hand.correlation}|${events[0]?.consumerSubscriptionId}`;
  const noted = await office.ledger.note({ key, chain: registryChain, after: null, events });
  if (noted.kind === "noted") await office.follow(noted.outbox);
}

function registryEvent(kind: NewEvent["kind"], what: string, consumer: string, detail: Json, hand: Hand): NewEvent {
  const { who, door, correlation, clock } = hand;
  return {
    ...{ kind, time: clock.now().toISOString(), who, door, what, why: null, correlation, detail },
    ...{ serviceId: null, requestId: null, connectionId: null, linkIdentifier: null },
    consumerSubscriptionId: consumer.toLowerCase(),
  };
}

function detailOf(consumer: Consumer | undefined): Json {
  if (!consumer) return null;
  const { name, tier, tenantId, tags, owners } = consumer;
  return { name, tier, tenantId, tags, owners };
}

/** What it takes to come from one entry to another. */
export function registrationOf(before: Consumer | undefined, now: Consumer): Registration {
  if (!before) return "registered";
  const same = before.name === now.name && before.tier === now.tier && before.tenantId === now.tenantId;
  const sameOwners = before.owners.join() === now.owners.join();
  return same && sameOwners && sameTags(before.tags, now.tags) ? "unchanged" : "changed";
}

/**
 * What is to change of an entry: what is left out stays, an empty text takes out what was there. `owners` that are given
 * take the place of those before, so that nobody is left among them by oversight.
 */
export type ConsumerWish = { readonly [Field in "name" | "tier" | "tenantId"]?: string | null | undefined } & {
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly owners?: readonly string[] | undefined;
};

/**
 * The entry after a change; `before` undefined is somebody unknown. Not checked: tags may have become too many.
 * Policy takes `Team` and `team` for the same tag, so the key that is given takes the place of both.
 */
export function changedConsumer(subscriptionId: string, before: Consumer | undefined, wish: ConsumerWish): Consumer {
  const { name, tier, tenantId } = { ...before };
  return {
    subscriptionId,
    name: fieldOf(wish.name, name),
    tier: fieldOf(wish.tier, tier),
    tenantId: fieldOf(wish.tenantId, tenantId),
    tags: laidOver(before?.tags ?? {}, wish.tags ?? {}),
    owners: wish.owners ?? before?.owners ?? [],
  };
}

function fieldOf(wished: string | null | undefined, before: string | null | undefined): string | null {
  return (wished === undefined ? before : wished) || null;
}

function laidOver(before: Consumer["tags"], over: Consumer["tags"]): Consumer["tags"] {
  const changes = Object.entries(over);
  const named = new Set(changes.map(([key]) => key.toLowerCase()));
  const kept = Object.entries(before).filter(([key]) => !named.has(key.toLowerCase()));
  return Object.fromEntries([...kept, ...changes.filter(([, value]) => value !== "")]);
}

function sameTags(before: Consumer["tags"], now: Consumer["tags"]): boolean {
  const known = new Map(Object.entries(before));
  const entries = Object.entries(now);
  return entries.length === known.size && entries.every(([key, value]) => known.get(key) === value);
}

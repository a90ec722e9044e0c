import type { Consumer, Consumers } from "./ports.ts";

/** What became of an entry: `unchanged` is as wished already, and nothing was written. */
export type Registration = "registered" | "changed" | "unchanged";

/** Puts an entry into the registry as a whole. Who is already known exactly so is left alone. */
export async function registerConsumer(
  consumer: Consumer,
  { consumers }: { readonly consumers: Pick<Consumers, "find" | "put"> },
): Promise<Registration> {
  const what = registrationOf(await consumers.find(consumer.subscriptionId), consumer);
  if (what !== "unchanged") await consumers.put(consumer);
  return what;
}

/** What it takes to come from one entry to another. */
export function registrationOf(before: Consumer | undefined, now: Consumer): Registration {
  if (!before) return "registered";
  const same = before.name === now.name && before.tier === now.tier && before.tenantId === now.tenantId;
  return same && sameTags(before.tags, now.tags) ? "unchanged" : "changed";
}

/** What is to change of an entry: what is left out stays, an empty text takes out what was there. */
export type ConsumerWish = { readonly [Field in "name" | "tier" | "tenantId"]?: string | null | undefined } & {
  readonly tags?: Readonly<Record<string, string>> | undefined;
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

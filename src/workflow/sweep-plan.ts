import type { ServiceRef } from "../connection/arm-id.ts";
import type { Mode } from "../decision/decision.ts";
import type { Inventory, InventoryItem, WatchedService } from "./ports.ts";
import { differenceFrom, seenMark } from "./seen-digest.ts";

export type Circumstances = { readonly mode: Mode; readonly at: Date; readonly policies: string | undefined };

/** Which services need a look, and how urgently. */
export type SweepPlan = {
  /** Something came, went or is due: consumers or people may be waiting. */
  readonly changed: readonly ServiceRef[];
  /** Nothing came, but policy or mode changed; those that were looked at longest ago come first. */
  readonly reJudged: readonly ServiceRef[];
};

/** So many watched services that a listing of their subscription does not show are not taken at its word. */
const suspicious = 5;

/**
 * Compares an inventory with what the last reviews saw. Pure.
 *
 * A service that is not listed any more is among the changed: its open requests have to end. That causes a look and no more;
 * the look reads ARM, so a service that the inventory has lost loses nothing.
 */
export function planSweep(inventory: Inventory, watched: readonly WatchedService[], now: Circumstances): SweepPlan {
  const known = new Map<string, WatchedService>(watched.map((service) => [service.ref.id, service]));
  const changed: ServiceRef[] = [];
  const reJudged: { readonly ref: ServiceRef; readonly last: number }[] = [];
  for (const item of inventory.items) {
    const before = known.get(item.ref.id);
    const difference = need(item, before, now);
    if (difference === "changed") changed.push(item.ref);
    if (difference === "re-judge" && !before?.comingAt) {
      reJudged.push({ ref: item.ref, last: before?.lastReviewedAt?.getTime() ?? 0 });
    }
  }
  const longestFirst = reJudged.toSorted((one, other) => one.last - other.last);
  return {
    changed: [...changed, ...missing(inventory, watched).map(({ ref }) => ref)],
    reJudged: longestFirst.map(({ ref }) => ref),
  };
}

/** Subscriptions of which so much is missing that the inventory is doubted rather than believed. Pure. */
export function doubtful(inventory: Inventory, watched: readonly WatchedService[]): readonly string[] {
  const lost = new Map<string, number>();
  for (const { ref } of missing(inventory, watched)) {
    lost.set(ref.subscriptionId, (lost.get(ref.subscriptionId) ?? 0) + 1);
  }
  return [...lost].filter(([, count]) => count >= suspicious).map(([subscription]) => subscription);
}

/** The inventory with some subscriptions as `again` has them. Pure. */
export function amended(inventory: Inventory, again: Inventory, subscriptions: readonly string[]): Inventory {
  const asked = new Set(subscriptions);
  const isAsked = ({ ref }: InventoryItem) => asked.has(ref.subscriptionId);
  return {
    ...inventory,
    items: [...inventory.items.filter((item) => !isAsked(item)), ...again.items.filter(isAsked)],
    unreadable: [...inventory.unreadable, ...again.unreadable],
  };
}

/** The mark that a review leaves which sees the service as it is listed. Pure. */
export function markOf(item: InventoryItem, { mode, policies }: Omit<Circumstances, "at">): string {
  return seenMark(item, mode, policies, false);
}

function need(item: InventoryItem, known: WatchedService | undefined, now: Circumstances) {
  if (known?.lookAgainAt && known.lookAgainAt <= now.at) return "changed";
  if (!known?.digest) return item.connections.length > 0 || isOpenToOthers(item) ? "changed" : "none";
  return differenceFrom(known.digest, item, now.mode, now.policies);
}

/** Azure itself lets somebody in, or lets anyone ask: to be told even before the first connection. */
function isOpenToOthers({ autoApproval, visibility }: InventoryItem): boolean {
  return autoApproval.length > 0 || visibility.includes("*");
}

/** Services that were watched and are not listed any more, though their subscription was read. */
function missing({ items, unreadable }: Inventory, watched: readonly WatchedService[]): readonly WatchedService[] {
  const listed = new Set<string>(items.map(({ ref }) => ref.id));
  const unknown = new Set(unreadable.map(({ subscriptionId }) => subscriptionId));
  return watched.filter(
    ({ ref, digest }) => digest !== "gone" && !listed.has(ref.id) && !unknown.has(ref.subscriptionId),
  );
}

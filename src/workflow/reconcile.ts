import type { ServiceRef } from "../connection/arm-id.ts";
import type { Mode } from "../decision/decision.ts";
import { messageOf } from "../runtime/errors.ts";
import { policyOffice, settle } from "./activation.ts";
import { dispatchLeftOver } from "./dispatch-outbox.ts";
import { currentPolicies, policyFingerprint } from "./judge.ts";
import type { InventoryItem, Ports, WatchedService } from "./ports.ts";
import { isSeen } from "./seen-digest.ts";

export type Sweep = {
  readonly services: number;
  readonly woken: number;
  readonly unreadable: number;
  readonly effects: number;
};

/**
 * The sweep: finds what no event told (design.md, rule 2).
 *
 * Compares a cheap inventory with what the last review of each service saw, and wakes the review where they differ.
 * The inventory may lag: it only ever causes a look, and the look reads ARM. Unchanged services cost nothing more.
 */
export async function reconcile(ports: Ports): Promise<Sweep> {
  const [inventory, watched, policies] = await Promise.all([
    ports.finder.list(),
    ports.watch.list(),
    currentPolicies(ports),
  ]);
  if (inventory.trouble) ports.log.warn("the inventory was made the slow way", { why: inventory.trouble });
  for (const { subscriptionId, reason } of inventory.unreadable) {
    ports.log.error("a subscription cannot be read; its services are not swept", { subscriptionId, reason });
  }
  const known = new Map(watched.map((service) => [service.ref.id as string, service]));
  const now = { mode: ports.settings.mode, at: ports.clock.now(), policies: policyFingerprint(policies) };
  const changed = inventory.items.filter((item) => needsLook(item, known.get(item.ref.id), now)).map(({ ref }) => ref);
  const due = [...changed, ...vanished(watched, inventory.items, inventory.unreadable)];
  for (const service of due) await ports.watch.wake(service, "timer");

  await finishPolicies(ports);
  const { found } = await dispatchLeftOver(ports);
  const sweep = {
    services: inventory.items.length,
    woken: due.length,
    unreadable: inventory.unreadable.length,
    effects: found,
  };
  ports.log.info("swept", sweep);
  return sweep;
}

// What a crash left between the record of a policy and the store; whatever is wrong there must not stop the sweep.
async function finishPolicies(ports: Ports): Promise<void> {
  try {
    await settle(policyOffice(ports));
  } catch (error) {
    ports.log.error("a change of policy cannot be finished", { error: messageOf(error) });
  }
}

type Now = { readonly mode: Mode; readonly at: Date; readonly policies: string | undefined };

function needsLook(item: InventoryItem, known: WatchedService | undefined, now: Now): boolean {
  if (known?.lookAgainAt && known.lookAgainAt <= now.at) return true;
  if (!known?.digest) return item.connections.length > 0 || isOpenToOthers(item);
  return !isSeen(known.digest, item, now.mode, now.policies);
}

/** Azure itself lets somebody in, or lets anyone ask: to be told even before the first connection. */
function isOpenToOthers({ autoApproval, visibility }: InventoryItem): boolean {
  return autoApproval.length > 0 || visibility.includes("*");
}

/** Services that were watched and are not listed any more: their open requests have to end. */
function vanished(
  watched: readonly WatchedService[],
  items: readonly InventoryItem[],
  unreadable: readonly { readonly subscriptionId: string }[],
): readonly ServiceRef[] {
  const listed = new Set<string>(items.map(({ ref }) => ref.id));
  const unknown = new Set(unreadable.map(({ subscriptionId }) => subscriptionId));
  return watched
    .filter(({ ref, digest }) => digest !== "gone" && !listed.has(ref.id) && !unknown.has(ref.subscriptionId))
    .map(({ ref }) => ref);
}

import { messageOf } from "../runtime/errors.ts";
import { policyOffice, settle } from "./activation.ts";
import { dispatchLeftOver } from "./dispatch-outbox.ts";
import { currentPolicies, policyFingerprint } from "./judge.ts";
import { measured, measureRequests, metricFields } from "./measure.ts";
import type { Inventory, Ports, SweepMeasures, WatchedService } from "./ports.ts";
import { pursueRuns } from "./pursue-runs.ts";
import { amended, doubtful, planSweep } from "./sweep-plan.ts";
import { wakeAll } from "./wake-all.ts";

export type Sweep = {
  readonly services: number;
  readonly woken: number;
  readonly unreadable: number;
  readonly effects: number;
  readonly measures: SweepMeasures;
};

/** How much one sweep does at most; the next one goes on. */
export type SweepLimits = {
  /** Wake-ups under way at once: each is two or three short calls to storage. */
  readonly lanes: number;
  /** Re-judgements a second, and for how many seconds of them one sweep provides. */
  readonly reJudgedPerSecond: number;
  readonly reJudgedSeconds: number;
  /** After so many milliseconds nothing more is woken: the function ends at five minutes. */
  readonly wakingMs: number;
};

export const sweepLimits: SweepLimits = { lanes: 32, reJudgedPerSecond: 40, reJudgedSeconds: 100, wakingMs: 150_000 };

/**
 * The sweep: finds what no event told (design.md, rule 2).
 *
 * Compares a cheap inventory with what the last review of each service saw, and wakes the review where they differ.
 * The inventory may lag: it only ever causes a look, and the look reads ARM. Unchanged services cost nothing more.
 * Two sweeps at once do no harm: many wake-ups of a service are one message.
 */
export async function reconcile(ports: Ports, limits: SweepLimits = sweepLimits): Promise<Sweep> {
  const began = ports.clock.now();
  const [found, watched, policies] = await Promise.all([
    ports.finder.list(),
    ports.watch.list(),
    currentPolicies(ports),
  ]);
  const inventory = await confirmed(found, watched, ports);
  report(inventory, ports);
  const now = { mode: ports.settings.mode, at: ports.clock.now(), policies: policyFingerprint(policies) };
  const { changed, reJudged } = planSweep(inventory, watched, now);
  const next = reJudged.slice(0, limits.reJudgedPerSecond * limits.reJudgedSeconds);
  // New requests first: what is merely judged anew comes spread over the time until the next sweep, behind nobody.
  const wakeUps = [
    ...changed.map((service) => ({ service, seconds: 0 })),
    ...next.map((service, at) => ({ service, seconds: Math.floor(at / limits.reJudgedPerSecond) })),
  ];
  const until = began.getTime() + limits.wakingMs;
  const woken = await wakeAll(wakeUps, { lanes: limits.lanes, until }, ports);

  await pursueRuns(inventory, { lanes: limits.lanes, until }, ports);
  await finishPolicies(ports);
  const { found: effects } = await dispatchLeftOver(ports);
  const services = inventory.items.length;
  const postponed = reJudged.length - next.length;
  const measures = await measure(
    { inventory, services, woken, postponed, isComplete: woken === wakeUps.length },
    began,
    ports,
  );
  ports.log.info("swept", { services, woken, unreadable: inventory.unreadable.length, effects });
  return { services, woken, unreadable: inventory.unreadable.length, effects, measures };
}

/** Where a listing has lost many services of a subscription at once, ARM lists that subscription: one call instead of a look each. */
async function confirmed(
  found: Inventory,
  watched: readonly WatchedService[],
  { finder, log }: Pick<Ports, "finder" | "log">,
): Promise<Inventory> {
  const subscriptions = doubtful(found, watched);
  if (subscriptions.length === 0) return found;
  log.warn("many services are not listed any more; ARM is asked for them", { subscriptions: subscriptions.join(",") });
  return amended(found, await finder.list(subscriptions), subscriptions);
}

function report({ trouble, unreadable }: Inventory, { log }: Pick<Ports, "log">): void {
  if (trouble) log.warn("the inventory was made the slow way", { why: trouble });
  for (const { subscriptionId, reason } of unreadable) {
    log.error("a subscription cannot be read; its services are not swept", { subscriptionId, reason });
  }
}

// What a crash left between the record of a policy and the store; whatever is wrong there must not stop the sweep.
async function finishPolicies(ports: Ports): Promise<void> {
  try {
    await settle(policyOffice(ports));
  } catch (error) {
    ports.log.error("a change of policy cannot be finished", { error: messageOf(error) });
  }
}

/** Measures for alerts; what cannot be kept now must not fail a sweep that did its work. */
async function measure(swept: Parameters<typeof measured>[0], began: Date, ports: Ports): Promise<SweepMeasures> {
  const [waiting, before] = await Promise.all([
    attempt("the waiting requests cannot be counted", ports, () => measureRequests(ports)),
    attempt("what the last sweep did cannot be read", ports, () => ports.sweeps.last()),
  ]);
  const { undecided = 0, oldestUndecidedAt = null, openByState = {} } = waiting ?? before ?? {};
  const measures = measured(swept, { undecided, oldestUndecidedAt, openByState }, before, {
    began,
    ended: ports.clock.now(),
  });
  await attempt("what this sweep did cannot be kept", ports, () => ports.sweeps.keep(measures));
  ports.log.info("measured", metricFields(measures, ports.clock.now()));
  return measures;
}

async function attempt<T>(what: string, { log }: Pick<Ports, "log">, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    log.warn(what, { error: messageOf(error) });
    return undefined;
  }
}

import { randomUUID } from "node:crypto";
import { parseServiceId, type ServiceRef } from "../connection/arm-id.ts";
import type { RequestId } from "../requests/request-id.ts";
import { countsOf, covers, fateOf, isDone, isOver, openIn, type Run, type RunShare } from "../requests/run.ts";
import { messageOf } from "../runtime/errors.ts";
import { aboutRun, changeRuns, type RunChange, robotHand } from "./change-run.ts";
import type { Inventory, Ports } from "./ports.ts";
import { type WakeUp, type WakingLimits, wakeAll } from "./wake-all.ts";

type Listed = {
  readonly items: readonly Pick<Inventory["items"][number], "ref" | "connections">[];
  readonly unreadable: readonly { readonly subscriptionId: string }[];
};

/**
 * The sweep's part in runs: wakes the services that a run has still to come to, and ends the runs that are finished. Services at
 * which people are being waited for are not woken: their answers and their times do that. Never throws, because whatever is wrong
 * with runs must not stop the sweep. Gives the number of services that were woken.
 */
export async function pursueRuns(listed: Listed, limits: WakingLimits, ports: Ports): Promise<number> {
  try {
    const runs = await ports.ledger.runs();
    let woken = 0;
    for (const run of runs) {
      if (run.state === "running") woken += await pursue(run, listed, limits, ports);
      else if (run.state === "stopped") woken += await withdrawLeft(run, limits, ports);
    }
    return woken;
  } catch (error) {
    ports.log.error("the runs cannot be carried on now", { error: messageOf(error) });
    return 0;
  }
}

async function pursue(run: Run, { items, unreadable }: Listed, limits: WakingLimits, ports: Ports): Promise<number> {
  const shares = new Map((await ports.ledger.runShares(run.id)).map((share) => [share.serviceId, share]));
  const inScope = items.filter(
    ({ ref, connections }) => covers(run, ref) && (connections.length > 0 || shares.has(ref.id)),
  );
  const open = [...shares.values()].reduce((sum, share) => sum + openIn(share), 0);
  const due = inScope.filter(({ ref }) => needsLook(run, shares.get(ref.id), open, ports.clock.now()));
  if (due.length > 0) return wakeAll(due.map(atOnce), limits, ports);
  if (unreadable.some(({ subscriptionId }) => mayHold(run, subscriptionId))) {
    ports.log.warn("a run cannot end: a subscription in its scope cannot be read", { run: run.id });
    return 0;
  }
  if (run.kind === "drain") await endDrain(run, ports);
  else await endIfDone(run, new Set(inScope.map(({ ref }) => ref.id)), [...shares.values()], ports);
  return 0;
}

/** True when a look could do something: there was none yet, or something waits for a reason that passes without an event. */
function needsLook(run: Run, share: RunShare | undefined, open: number, now: Date): boolean {
  if (!share) return true;
  if (share.waiting === 0) return false;
  switch (run.kind) {
    case "drain":
      return true;
    case "recertify":
      return isOver(run, now);
    case "judge":
      return open < run.cap;
  }
}

function mayHold({ scope }: Run, subscriptionId: string): boolean {
  const only = scope.serviceId ? parseServiceId(scope.serviceId)?.subscriptionId : scope.subscriptionId;
  return only === undefined || only === subscriptionId.toLowerCase();
}

async function endIfDone(
  run: Run,
  listed: ReadonlySet<string>,
  shares: readonly RunShare[],
  ports: Ports,
): Promise<void> {
  const settled: RunShare[] = [];
  for (const share of shares) {
    // A service that is deleted, or that the list lacks for a moment: its requests say whether anybody still waits.
    const now = listed.has(share.serviceId) ? share : await withoutService(share, ports);
    if (!isDone(now)) return;
    settled.push(now);
  }
  await finish(run, settled, "The run is finished.", ports);
}

async function withoutService(share: RunShare, { ledger }: Pick<Ports, "ledger">): Promise<RunShare> {
  const connections = { ...share.connections };
  for (const [key, { request, fate }] of Object.entries(connections)) {
    if (request === null || (fate !== "open" && fate !== "planned")) continue;
    const stored = await ledger.request(request as RequestId);
    connections[key] = { request, fate: stored ? fateOf(stored.request) : "withdrawn" };
  }
  return { ...share, connections, waiting: 0 };
}

/** A drain lasts until ARM has the service no longer. */
async function endDrain(run: Run, ports: Ports): Promise<void> {
  const service = parseServiceId(run.scope.serviceId ?? "");
  if (run.drainedAt === null && !(await ports.ledger.runShares(run.id)).length && service)
    return wakeDrain(service, ports);
  if (!service || (await ports.connections.read(service)) !== "gone") return;
  const shares = await Promise.all((await ports.ledger.runShares(run.id)).map((share) => withoutService(share, ports)));
  await finish(run, shares, "The service that was drained is deleted.", ports);
}

/** A service without connections is in no list of those to look at, and its drain is told to be done all the same. */
async function wakeDrain(service: ServiceRef, ports: Pick<Ports, "watch">): Promise<void> {
  await ports.watch.wake(service, "timer");
}

async function finish(run: Run, shares: readonly RunShare[], what: string, ports: Ports): Promise<void> {
  const counts = countsOf(shares);
  await changeRuns((runs): RunChange | { readonly kind: "nothing" } => {
    const now = runs.find(({ id }) => id === run.id);
    if (now?.state !== "running") return { kind: "nothing" };
    const finished: Run = { ...now, state: "finished", endedAt: ports.clock.now().toISOString(), counts };
    const hand = robotHand(ports, randomUUID());
    return { run: finished, event: aboutRun(finished, "run-finished", hand, `${what}${inWords(counts)}`, { counts }) };
  }, ports);
}

function inWords(counts: Run["counts"]): string {
  const parts = Object.entries(counts ?? {}).map(([fate, count]) => `${count} ${fate}`);
  return parts.length === 0 ? " No connection was in its scope." : ` ${parts.join(", ")}.`;
}

/** What a host that died after stopping a run did not wake. */
async function withdrawLeft(run: Run, limits: WakingLimits, ports: Ports): Promise<number> {
  const recently = ports.clock.now().getTime() - Date.parse(run.endedAt ?? "") < 24 * 3_600_000;
  if (!recently) return 0;
  const left = (await ports.ledger.runShares(run.id)).filter((share) => !isDone(share));
  const services = left.flatMap(({ serviceId }) => parseServiceId(serviceId) ?? []);
  return wakeAll(
    services.map((ref) => atOnce({ ref })),
    limits,
    ports,
  );
}

function atOnce({ ref }: { readonly ref: ServiceRef }): WakeUp {
  return { service: ref, seconds: 0 };
}

import type { LogFields } from "../runtime/log.ts";
import type { Inventory, Ports, RequestLine, SweepMeasures } from "./ports.ts";

type Waiting = Pick<SweepMeasures, "undecided" | "oldestUndecidedAt" | "openByState">;

const pageSize = 1000;
/** More open requests than anybody has; a list that never ends must not hold the sweep. */
const mostPages = 100;
const toldSubscriptions = 20;

/** How many requests wait and since when: the list of open requests gives a thousand in one answer. */
export async function measureRequests(ports: Pick<Ports, "index">): Promise<Waiting> {
  let undecided = 0;
  let oldest: string | undefined;
  const byState: Record<string, number> = {};
  for await (const requests of openPages(ports)) {
    const times = requests.filter(isUndecided).map(({ requestedAt }) => requestedAt);
    undecided += times.length;
    for (const { state } of requests) byState[state] = (byState[state] ?? 0) + 1;
    oldest = [...times, ...(oldest === undefined ? [] : [oldest])].sort()[0];
  }
  return { undecided, oldestUndecidedAt: oldest ?? null, openByState: byState };
}

/** The lines of all open requests, the newest first, a thousand at a time. */
export async function* openPages({ index }: Pick<Ports, "index">): AsyncGenerator<readonly RequestLine[]> {
  let after: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const found = await index.searchRequests({ status: "open", top: pageSize, ...(after ? { after } : {}) });
    yield found.requests;
    if (found.next === null) return;
    after = found.next;
  }
}

function isUndecided({ state }: RequestLine): boolean {
  return state === "received" || state === "awaiting-decision";
}

type Swept = Pick<SweepMeasures, "services" | "woken" | "postponed"> & {
  readonly inventory: Inventory;
  readonly isComplete: boolean;
};

/** Puts the measures of a sweep together; `before` are those of the last one. Pure. */
export function measured(
  swept: Swept,
  waiting: Waiting,
  before: SweepMeasures | undefined,
  { began, ended }: { readonly began: Date; readonly ended: Date },
): SweepMeasures {
  const { inventory, isComplete, services, woken, postponed } = swept;
  const lastBefore = before?.lastCompleteAt ?? null;
  return {
    at: ended.toISOString(),
    seconds: secondsBetween(began, ended),
    ...{ services, woken, postponed },
    unreadable: inventory.unreadable.slice(0, toldSubscriptions),
    trouble: inventory.trouble ?? null,
    lastCompleteAt: isComplete ? ended.toISOString() : lastBefore,
    lagSeconds: lastBefore === null ? null : secondsBetween(new Date(lastBefore), ended),
    ...waiting,
  };
}

/** The measures as the fields of one log line, for alerts over logs; ages are taken at `now`. */
export function metricFields(measures: SweepMeasures, now: Date): LogFields {
  const { oldestUndecidedAt, unreadable, trouble: _, at: __, openByState: ___, ...rest } = measures;
  return {
    metric: "sweep",
    ...rest,
    unreadable: unreadable.length,
    oldestUndecidedSeconds: oldestUndecidedAt === null ? 0 : secondsBetween(new Date(oldestUndecidedAt), now),
  };
}

/** Never below 0: hosts' clocks differ. */
export function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, Math.round((to.getTime() - from.getTime()) / 100) / 10);
}

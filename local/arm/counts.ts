import type { CallTrace } from "./pipeline.ts";
import type { RouteKind } from "./routes.ts";

type ByKind = Readonly<Record<RouteKind, number>>;

/** How often the local ARM was called since its start, however the call ended. */
export type ArmCounts = {
  readonly total: number;
  readonly byKind: ByKind;
  readonly byRoute: Readonly<Record<string, number>>;
  /** By status; `none` where no answer was sent. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** By object id of the caller. */
  readonly byCaller: Readonly<Record<string, ByKind>>;
  /** Answers that the table of shapes has stopped. Any number but 0 is a fault of the emulator. */
  readonly shapeFaults: number;
};

export type Counter = {
  count(trace: CallTrace, status: number | undefined): void;
  countShapeFault(): void;
  read(): ArmCounts;
};

export function createCounter(): Counter {
  const total = { total: 0, shapeFaults: 0 };
  const byRoute = new Map<string, number>();
  const byStatus = new Map<string, number>();
  const byKind = new Map<RouteKind, number>();
  const byCaller = new Map<string, Map<RouteKind, number>>();
  return {
    count({ route, caller }, status) {
      total.total += 1;
      increase(byStatus, String(status ?? "none"));
      if (!route) return;
      increase(byRoute, route.name);
      increase(byKind, route.kind);
      if (!caller) return;
      const kinds = byCaller.get(caller.objectId) ?? new Map<RouteKind, number>();
      byCaller.set(caller.objectId, kinds);
      increase(kinds, route.kind);
    },
    countShapeFault() {
      total.shapeFaults += 1;
    },
    read: () => ({
      ...total,
      byKind: asKinds(byKind),
      byRoute: Object.fromEntries(byRoute),
      byStatus: Object.fromEntries(byStatus),
      byCaller: Object.fromEntries([...byCaller].map(([caller, kinds]) => [caller, asKinds(kinds)])),
    }),
  };
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function asKinds(kinds: ReadonlyMap<RouteKind, number>): ByKind {
  const of = (kind: RouteKind) => kinds.get(kind) ?? 0;
  return { read: of("read"), write: of("write"), delete: of("delete"), graph: of("graph") };
}

/**
 * The designs that are measured, each on an Azurite of its own: Azurite looks at every row of a table for every question,
 * so what one holds must not slow another. A design says which rows it keeps of a commit.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TableClient, TransactionAction } from "@azure/data-tables";
import { type Azurite, startAzurite } from "../local/storage/azurite.ts";
import { auditRows } from "../src/azure/audit-rows.ts";
import { type Attempt, actionsOf } from "../src/azure/ledger-rows.ts";
import { openStorage, type Storage } from "../src/azure/storage.ts";
import { emptyHead, type Head } from "../src/ledger/chain.ts";
import { planCommit, type RowChange } from "../src/ledger/commit.ts";
import type { AuditEvent } from "../src/ledger/event.ts";
import type { ServiceKey } from "../src/requests/request-id.ts";
import { history } from "./audit-history.ts";

/** A commit with its place in its chain. */
export type Chained = {
  readonly events: readonly AuditEvent[];
  readonly changes: readonly RowChange[];
  readonly attempt: Attempt;
};

export type Design = {
  /** Part of the names of tables and folders. */
  readonly name: string;
  readonly kind: "index" | "ledger" | "by day" | "in one";
  readonly rowsPerEvent: number;
  /** Which partitions of the index it has; none, when it is not the index. */
  readonly letters?: readonly Letter[];
  actions(commit: Chained): readonly TransactionAction[];
};

/** The partitions of the index by their letters: time, kind, actor, service, consumer, request, link. */
export const letters = ["t", "k", "a", "s", "c", "q", "l"] as const;
export type Letter = (typeof letters)[number];

/** The index as the app keeps it, or the partitions of some letters alone. */
export function indexOf(kept: readonly Letter[]): Design {
  const whole = kept.length === letters.length;
  return {
    name: whole ? "index" : `index${kept.join("")}`,
    kind: "index",
    rowsPerEvent: whole ? 6.6 : kept.length,
    letters: kept,
    actions: (commit) =>
      indexRows(commit)
        .filter(({ partitionKey }) => kept.some((letter) => partitionKey.startsWith(`${letter}:`)))
        .map(upsert),
  };
}

/**
 * The ledger at rest: nothing waits in the outbox. Marks of open requests stay when a request ends, because a group may
 * name a row once only; one too many leads a review to a request that it leaves alone.
 */
export const ledger: Design = {
  name: "ledger",
  kind: "ledger",
  rowsPerEvent: 2.9,
  actions: ({ changes, attempt }) => {
    const lasting = changes.filter((change) => change.do !== "insert-effect" && change.do !== "close");
    return actionsOf(lasting, attempt).map(overwriting);
  },
};

/** What people start with: a partition for each day. The rows are ours, so that all read the same bytes. */
export const byDay: Design = {
  name: "byday",
  kind: "by day",
  rowsPerEvent: 1,
  actions: (commit) => everything(commit).map((row) => upsert({ ...row, partitionKey: dayOf(String(row["time"])) })),
};

/** What people start with: all in one partition. */
export const inOne: Design = {
  name: "inone",
  kind: "in one",
  rowsPerEvent: 1,
  actions: (commit) => everything(commit).map((row) => upsert({ ...row, partitionKey: "audit" })),
};

export function dayOf(time: string): string {
  return time.slice(0, "2026-01-01".length);
}

function indexRows({ events, attempt }: Chained) {
  return events.flatMap((event) => auditRows(attempt.service, event));
}

// The row for the time has all columns; the designs of the peers only lay it elsewhere.
function everything(commit: Chained) {
  return indexRows(commit).filter(({ partitionKey }) => partitionKey.startsWith("t:"));
}

function upsert(entity: TransactionAction[1]): TransactionAction {
  return ["upsert", entity, "Replace"];
}

// Rows are sent in other groups than they were committed in, and again by who goes on after a crash.
function overwriting(action: TransactionAction): TransactionAction {
  return action[0] === "create" || action[0] === "update" ? upsert(action[1]) : action;
}

/** The history with each event in the chain of its service. */
export function* chained(events: number): Generator<Chained> {
  const heads = new Map<ServiceKey, Head>();
  for (const { step } of history(events)) {
    const { service, id: requestId, updatedAt: at } = step.request;
    const head = heads.get(service) ?? emptyHead;
    const planned = planCommit(head, step);
    heads.set(service, planned.head);
    const linked = planned.changes.flatMap((change) => (change.do === "insert-event" ? change.event : []));
    const place = { headEtag: null, firstSeq: head.seq + 1, lastSeq: planned.head.seq };
    yield { events: linked, changes: planned.changes, attempt: { service, requestId, ...place, token: "bench", at } };
  }
}

export type Store = {
  readonly design: Design;
  readonly storage: Storage;
  readonly table: TableClient;
  /** Whether another run finds the data. */
  readonly lasts: boolean;
  /** The most memory that the Azurite behind it took; undefined when it is not ours or the system does not tell. */
  memoryMiB(): Promise<number | undefined>;
  stop(): Promise<void>;
};

/** Where stores lie: nowhere but in memory, in a folder that stays, or in storage that somebody else runs. */
export type Place = { readonly keep?: string; readonly connectionString?: string };

/** A row of ours takes about 4 KiB of Azurite's heap; the rest is room for its collector. */
const heapPerRowKiB = 6;
/** Azurite saves its tables as one JSON text, which V8 ends at 512 MiB: some 2 KiB for each row. */
const savedRowsAtMost = 200_000;

export async function openStore(design: Design, events: number, place: Place): Promise<Store> {
  const prefix = `bench${events}${design.name}`;
  if (place.connectionString !== undefined) {
    return storeOf(design, openStorage({ connectionString: place.connectionString }, prefix), true);
  }
  const rows = design.rowsPerEvent * events;
  const heapMiB = Math.ceil(1_000 + (rows * heapPerRowKiB) / 1024);
  if (place.keep !== undefined && rows > savedRowsAtMost) {
    process.stderr.write(`${design.name} has more rows than Azurite can save and is kept in memory only\n`);
  }
  const saved = place.keep !== undefined && rows <= savedRowsAtMost;
  const azurite = await startAzurite(
    saved ? { location: join(place.keep ?? "", design.name), heapMiB } : { inMemory: true, heapMiB },
  );
  return storeOf(design, openStorage(azurite, prefix), saved, azurite);
}

function storeOf(design: Design, storage: Storage, lasts: boolean, azurite?: Azurite): Store {
  return {
    design,
    storage,
    table: design.kind === "ledger" ? storage.ledger : storage.index,
    lasts,
    memoryMiB: async () => (azurite ? residentMiB(azurite.pid) : undefined),
    stop: async () => azurite?.stop(),
  };
}

async function residentMiB(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  } catch {
    // Not Linux: nobody tells.
    return undefined;
  }
}

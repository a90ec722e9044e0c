import { randomUUID } from "node:crypto";
import { odata, RestError, TableClient, type TableEntity } from "@azure/data-tables";
import { pause } from "./pause.ts";

export type Claim = { readonly end: () => Promise<void> };
/** "done" if some host has run this occurrence of the timer or a later one, "busy" while another host runs one. */
export type ClaimTimer = (functionName: string, occurrence: Date) => Promise<Claim | "done" | "busy">;

/** `heldUntil` is a time in milliseconds, or 0 when the run has ended: a row that is past it belongs to a host that died in its run. */
type Row = { readonly occurrence: string; readonly owner: string; readonly heldUntil: number };

const TABLE = "AzureWebJobsHostLocks";
const PARTITION = "timer";

/**
 * Lets one of several hosts on the same storage run each occurrence of a timer (A.3 no. 30), by one table row per function.
 * The real host holds one blob lease as long as it lives; a claim per run is ours [P], so that a killed host delays nothing but the
 * run it was in, by at most the 15 s of its lease. Leases are real time, whatever the timer's clock says.
 */
export function timerLeases(connectionString: string, gone: AbortSignal, leaseMs = 15_000): ClaimTimer {
  const table = TableClient.fromConnectionString(connectionString, TABLE, { allowInsecureConnection: true });
  const owner = randomUUID();
  let created: Promise<void> | undefined;
  return async (functionName, occurrence) => {
    created ??= table.createTable();
    await created.catch((error: unknown) => {
      created = undefined;
      throw error;
    });
    const lock = { table, functionName, row: { occurrence: occurrence.toISOString(), owner }, gone, leaseMs };
    const taken = await take(lock);
    return typeof taken === "string" ? taken : keep(lock, taken.etag);
  };
}

type Lock = {
  readonly table: TableClient;
  readonly functionName: string;
  readonly row: Omit<Row, "heldUntil">;
  readonly gone: AbortSignal;
  readonly leaseMs: number;
};

async function take({ table, functionName, row, leaseMs }: Lock): Promise<{ readonly etag: string } | "done" | "busy"> {
  const entity = { partitionKey: PARTITION, rowKey: functionName, ...row, heldUntil: Date.now() + leaseMs };
  const present = await read(table, functionName);
  if (present !== undefined && present.heldUntil > Date.now()) return "busy";
  if (present?.heldUntil === 0 && present.occurrence >= row.occurrence) return "done";
  try {
    return { etag: (await write(table, entity, present?.etag)) ?? "" };
  } catch (error) {
    // Another host was faster between our read and our write.
    if (error instanceof RestError && [409, 412].includes(error.statusCode ?? 0)) return "busy";
    throw error;
  }
}

async function write(
  table: TableClient,
  entity: TableEntity<Row>,
  etag: string | undefined,
): Promise<string | undefined> {
  const written = etag === undefined ? table.createEntity(entity) : table.updateEntity(entity, "Replace", { etag });
  return (await written).etag;
}

async function read(table: TableClient, functionName: string): Promise<(Row & { readonly etag: string }) | undefined> {
  const filter = odata`PartitionKey eq ${PARTITION} and RowKey eq ${functionName}`;
  for await (const { occurrence, owner, heldUntil, etag } of table.listEntities({ queryOptions: { filter } })) {
    return { occurrence: String(occurrence), owner: String(owner), heldUntil: Number(heldUntil), etag };
  }
  return undefined;
}

function keep({ table, functionName, row, gone, leaseMs }: Lock, first: string): Claim {
  let etag = first;
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, gone]);
  const hold = async (heldUntil: number): Promise<void> => {
    const entity = { partitionKey: PARTITION, rowKey: functionName, ...row, heldUntil };
    etag = (await write(table, entity, etag)) ?? etag;
  };
  const renewing = (async () => {
    while (await pause(leaseMs / 2, signal)) await hold(Date.now() + leaseMs);
  })();
  // A failed renewal is told by `end`; until then nobody listens.
  renewing.catch(() => undefined);
  return {
    end: async () => {
      ended.abort();
      await renewing;
      await hold(0);
    },
  };
}

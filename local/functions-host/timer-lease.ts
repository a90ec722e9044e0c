import { randomUUID } from "node:crypto";
import { odata, RestError, TableClient } from "@azure/data-tables";
import { pause } from "./pause.ts";

export type Claim = { readonly end: () => Promise<void> };
/** Answers undefined if another host runs, or has already run, this occurrence of the timer. */
export type ClaimTimer = (functionName: string, occurrence: Date) => Promise<Claim | undefined>;

type Row = { readonly occurrence: string; readonly owner: string; readonly heldUntil: number };

const PARTITION = "timer";
const LEASE_MS = 15_000;

/**
 * Lets one of several hosts on the same storage run each occurrence of a timer (A.3 no. 30), by one table row per function.
 * The real host holds one blob lease as long as it lives; a claim per run is ours [P], so that a killed host delays nothing but the
 * run it was in, by at most the 15 s of its lease. Leases are real time, whatever the timer's clock says.
 */
export function timerLeases(connectionString: string, tableName = "AzureWebJobsHostLocks"): ClaimTimer {
  const table = TableClient.fromConnectionString(connectionString, tableName, { allowInsecureConnection: true });
  const owner = randomUUID();
  let created: Promise<void> | undefined;
  return async (functionName, occurrence) => {
    created ??= table.createTable();
    await created;
    const row = { occurrence: occurrence.toISOString(), owner };
    const etag = await take(table, functionName, row);
    return etag === undefined ? undefined : keep(table, functionName, row, etag);
  };
}

async function take(
  table: TableClient,
  functionName: string,
  row: Omit<Row, "heldUntil">,
): Promise<string | undefined> {
  const entity = { partitionKey: PARTITION, rowKey: functionName, ...row, heldUntil: Date.now() + LEASE_MS };
  const present = await read(table, functionName);
  try {
    if (present === undefined) return (await table.createEntity(entity)).etag;
    if (present.occurrence >= row.occurrence || present.heldUntil > Date.now()) return undefined;
    return (await table.updateEntity(entity, "Replace", { etag: present.etag })).etag;
  } catch (error) {
    // Another host was faster between our read and our write.
    if (error instanceof RestError && (error.statusCode === 409 || error.statusCode === 412)) return undefined;
    throw error;
  }
}

async function read(table: TableClient, functionName: string): Promise<(Row & { readonly etag: string }) | undefined> {
  const filter = odata`PartitionKey eq ${PARTITION} and RowKey eq ${functionName}`;
  for await (const { occurrence, owner, heldUntil, etag } of table.listEntities({ queryOptions: { filter } })) {
    return { occurrence: String(occurrence), owner: String(owner), heldUntil: Number(heldUntil), etag };
  }
  return undefined;
}

function keep(table: TableClient, functionName: string, row: Omit<Row, "heldUntil">, first: string): Claim {
  let etag = first;
  const ended = new AbortController();
  const hold = async (heldUntil: number): Promise<void> => {
    const entity = { partitionKey: PARTITION, rowKey: functionName, ...row, heldUntil };
    etag = (await table.updateEntity(entity, "Replace", { etag })).etag ?? etag;
  };
  const renewing = (async () => {
    while (await pause(LEASE_MS / 2, ended.signal)) await hold(Date.now() + LEASE_MS);
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

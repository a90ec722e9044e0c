import { RestError, TableClient, type TableServiceClientOptions } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import { QueueClient } from "@azure/storage-queue";
import { messageOf } from "../runtime/errors.ts";
import { storageError } from "./storage-errors.ts";

/** Where storage is: a connection string, or an account that is reached by identity. `suffix` names another cloud. */
export type StoragePlace =
  | { readonly connectionString: string }
  | { readonly account: string; readonly credential: TokenCredential; readonly suffix?: string };

const tableNames = {
  ledger: "ledger",
  index: "ledgerindex",
  policies: "policies",
  consumers: "consumers",
  services: "services",
  conversations: "conversations",
} as const;
const queueName = "reviews";
/** Where the functions host puts what failed too often; it makes the name. */
const parkedName = `${queueName}-poison`;

type TableName = keyof typeof tableNames;

/** The clients of every table, of the queue of wake-ups, and of the one for those that were given up (design.md, storage). */
export type Storage = Readonly<Record<TableName, TableClient>> & {
  readonly reviews: QueueClient;
  readonly parked: QueueClient;
};

/** One call gets this long, retries by the SDK included; a single try half of it, so that a stalled one is repeated. */
const callMs = 10_000;
const tryMs = 5_000;
const retries = 3;
const firstRetryMs = 200;
const longestRetryMs = 2_000;

/** Opens every client. Connects to nothing yet; `prefix` keeps several worlds apart in one account. */
export function openStorage(place: StoragePlace, prefix = ""): Storage {
  const table = (name: TableName) => openTable(place, `${prefix}${tableNames[name]}`);
  return {
    ledger: table("ledger"),
    index: table("index"),
    policies: table("policies"),
    consumers: table("consumers"),
    services: table("services"),
    conversations: table("conversations"),
    reviews: openQueue(place, `${prefix}${queueName}`),
    parked: openQueue(place, `${prefix}${parkedName}`),
  };
}

/**
 * Creates what is missing and gives a sentence for each table or queue that could not be created.
 * Where the deployment made them and the app may not, that is as it should be: the first real call tells whether they exist.
 */
export async function ensureTables(storage: Storage): Promise<readonly string[]> {
  const { reviews, parked, ...tables } = storage;
  const creations = [
    ...Object.values(tables).map((table) => creation(`table ${table.tableName}`, (call) => table.createTable(call))),
    ...[reviews, parked].map((queue) => creation(`queue ${queue.name}`, (call) => queue.createIfNotExists(call))),
  ];
  return (await Promise.all(creations)).flatMap((problem) => problem ?? []);
}

/** Gives one call to storage its end; what it throws then is a fault of kind `unknown`. */
export function bounded<T>(call: (options: { readonly abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
  return call({ abortSignal: AbortSignal.timeout(callMs) });
}

async function creation(
  what: string,
  create: (options: { readonly abortSignal: AbortSignal }) => Promise<unknown>,
): Promise<string | undefined> {
  try {
    await bounded(create);
    return undefined;
  } catch (error) {
    return messageOf(storageError(`${what} cannot be created`, error));
  }
}

function openTable(place: StoragePlace, name: string): TableClient {
  const options: TableServiceClientOptions = {
    retryOptions: { maxRetries: retries, retryDelayInMs: firstRetryMs, maxRetryDelayInMs: longestRetryMs },
    additionalPolicies: [{ policy: endStalledTry, position: "perRetry" }],
  };
  if ("connectionString" in place) {
    const { connectionString } = place;
    // Whoever wrote http into the connection string has chosen it; the SDK refuses it without this.
    const allowInsecureConnection =
      /(^|;)DefaultEndpointsProtocol=http(;|$)|Endpoint=http:|UseDevelopmentStorage=true/i;
    return TableClient.fromConnectionString(connectionString, name, {
      ...options,
      allowInsecureConnection: allowInsecureConnection.test(connectionString),
    });
  }
  return new TableClient(`https://${place.account}.table.${suffixOf(place)}`, name, place.credential, options);
}

function openQueue(place: StoragePlace, name: string): QueueClient {
  const options = {
    retryOptions: { maxTries: retries + 1, retryDelayInMs: firstRetryMs, maxRetryDelayInMs: longestRetryMs },
  };
  if ("connectionString" in place) return new QueueClient(place.connectionString, name, options);
  return new QueueClient(`https://${place.account}.queue.${suffixOf(place)}/${name}`, place.credential, options);
}

function suffixOf(place: { readonly suffix?: string }): string {
  return place.suffix ?? "core.windows.net";
}

type Policy = NonNullable<TableServiceClientOptions["additionalPolicies"]>[number]["policy"];

/** Ends a try that got no answer, as a reset would: the SDK then repeats it within the time of the whole call. */
const endStalledTry: Policy = {
  name: "endStalledTry",
  async sendRequest(request, next) {
    const whole = request.abortSignal;
    const stalled = AbortSignal.timeout(tryMs);
    request.abortSignal = whole instanceof AbortSignal ? AbortSignal.any([whole, stalled]) : stalled;
    try {
      return await next(request);
    } catch (error) {
      if (!stalled.aborted || whole?.aborted) throw error;
      // The SDK repeats a try that ended with this code.
      throw new RestError(`storage gave no answer within ${tryMs} ms`, { code: "ETIMEDOUT" });
    } finally {
      if (whole) request.abortSignal = whole;
      else delete request.abortSignal;
    }
  },
};

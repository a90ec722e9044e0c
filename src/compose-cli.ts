import { type Api, type ApiPlace, apiClient, apiToken } from "./azure/api-client.ts";
import { AuditIndex } from "./azure/audit-index.ts";
import { AuditTrail } from "./azure/audit-trail.ts";
import { type EvidenceFiles, openEvidence } from "./azure/blob-container.ts";
import { ConsumerTable } from "./azure/consumer-table.ts";
import { IndexTableCare } from "./azure/index-care.ts";
import { openLedger } from "./azure/ledger.ts";
import { explainToOperator, type Operator, operatorCredential, operatorOf } from "./azure/operator.ts";
import {
  operatorTokens,
  type Reading,
  type ResourceReader,
  readPublic,
  resourceReader,
  trustAlso,
} from "./azure/operator-arm.ts";
import { ParkedQueue } from "./azure/parked-queue.ts";
import { PolicyStore } from "./azure/policy-store.ts";
import { PolicyVersionTable } from "./azure/policy-version-table.ts";
import { ensureTables, openStorage, type StoragePlace } from "./azure/storage.ts";
import { TableStoreCopy } from "./azure/store-copy.ts";
import { WatchTable } from "./azure/watch-table.ts";
import { InputError, PlgateError } from "./runtime/errors.ts";
import type { AuditPorts } from "./workflow/audit-ports.ts";

export type { Api, ApiAnswer, ApiCall, ApiPlace } from "./azure/api-client.ts";
export type { Reading, ResourceReader } from "./azure/operator-arm.ts";

/** Where the operator's commands read what Azure itself has: the clouds, or the ARM of the running local stack. */
export type AzurePlace =
  | { readonly kind: "cloud"; readonly authority: string; readonly arm: string; readonly graph: string }
  | {
      readonly kind: "local";
      readonly arm: string;
      readonly caPem: string;
      readonly door: NonNullable<ApiPlace["door"]>;
      readonly authority: string;
    };

/** What Azure tells the operator. */
export type Azure = {
  readonly arm: ResourceReader;
  /** The directory; undefined where there is none for operators, or no token for it. */
  readonly graph: ResourceReader | undefined;
  /** A document that anybody may read, by its whole address. */
  readonly document: (address: string) => Promise<Reading>;
};

/** Where the operator's commands go: the running local stack, or the data account of a deployment. */
export type StorePlace =
  | { readonly kind: "local"; readonly connectionString: string }
  | { readonly kind: "account"; readonly account: string; readonly suffix: string; readonly authority: string };

/** What the commands need of the store: the adapters that the app itself uses. */
export type Store = {
  /** For the answer: where something was done. */
  readonly place: string;
  /** Who does it, as far as the machine knows. */
  readonly operator: string;
  /** Their ids in Entra, for the record; undefined when the token hides them. */
  readonly operatorIds: Operator["ids"];
  readonly policies: Pick<PolicyStore, "list" | "current">;
  /** For changing policies: store and record. */
  readonly versions: Pick<PolicyVersionTable, keyof PolicyVersionTable>;
  readonly policyLedger: Pick<ReturnType<typeof openLedger>["ledger"], "note" | "head" | "eventsBetween">;
  /** What happened; for reading. */
  readonly ledger: Pick<ReturnType<typeof openLedger>["ledger"], "eventsOf" | "eventsBetween" | "request" | "latestOf">;
  readonly index: Pick<AuditIndex, "searchAudit">;
  /** The same store as an auditor needs it. */
  readonly audit: AuditPorts;
  readonly consumers: Pick<ConsumerTable, "find" | "put" | "list" | "remove">;
  /** What was given up, and where it goes back to work. */
  readonly parked: Pick<ParkedQueue, keyof ParkedQueue>;
  readonly watch: Pick<WatchTable, "wake">;
  readonly outbox: Pick<ReturnType<typeof openLedger>["outbox"], "stuck" | "retry">;
  /** Everything as it is stored, for backup and restore. */
  readonly copy: Pick<TableStoreCopy, keyof TableStoreCopy>;
  readonly evidence: EvidenceFiles;
  /** Makes tables that are not there, in the local stack only: elsewhere the deployment does. */
  readonly makeTables: () => Promise<void>;
};

// The local stack has no sign-in for commands: whoever sits at the machine is its operator.
const nobodysId = "00000000-0000-0000-0000-000000000000";
const localIds = { objectId: nobodysId, tenantId: nobodysId };

const clock = { now: () => new Date() };

/**
 * Opens the store for one command. Makes no table: the deployment did, and an operator who names the wrong account
 * shall be told. Whatever storage refuses is thrown as a PlgateError that says what the operator can do.
 */
export async function withStore<T>(place: StorePlace, act: (store: Store) => Promise<T>): Promise<T> {
  if (place.kind === "local") {
    const { connectionString } = place;
    return act(
      storeAt({ connectionString }, "the local stack", { name: "operator of the local stack", ids: localIds }),
    );
  }
  const { account, suffix, authority } = place;
  const credential = operatorCredential(authority);
  const operator = await operatorOf(credential);
  try {
    return await act(storeAt({ account, suffix, credential }, `storage account ${account}`, operator));
  } catch (error) {
    if (!(error instanceof PlgateError) || error instanceof InputError) throw error;
    const { retryable } = error;
    throw new PlgateError(explainToOperator(error, account), { retryable, cause: error });
  }
}

/** Opens the API of a running plgate for one command, as whoever the place says. */
export function withApi<T>(place: ApiPlace, act: (api: Api) => Promise<T>): Promise<T> {
  return act(apiClient(place, operatorCredential));
}

/** Opens Azure for one command, for reading, as whoever is signed in. Throws a PlgateError when nobody is. */
export async function withAzure<T>(
  place: AzurePlace,
  until: AbortSignal,
  act: (azure: Azure) => Promise<T>,
): Promise<T> {
  if (place.kind === "local") {
    trustAlso(place.caPem);
    const token = await apiToken(place.door);
    return act({
      arm: resourceReader({ origin: place.arm, token: async () => token, until }),
      graph: undefined,
      document: readPublic,
    });
  }
  const credential = operatorCredential(place.authority);
  const reader = async (origin: string) =>
    resourceReader({ origin, token: await operatorTokens(credential, `${origin}/.default`), until });
  // Whoever has no token for the directory still sees everything else.
  const directory = reader(place.graph).catch(() => undefined);
  return act({ arm: await reader(place.arm), graph: await directory, document: readPublic });
}

function storeAt(at: StoragePlace, place: string, { name, ids }: Operator): Store {
  const storage = openStorage(at);
  const evidence = openEvidence(at);
  const { ledger, outbox } = openLedger(storage.ledger, clock, undefined, evidence.archive);
  return {
    place,
    operator: name,
    operatorIds: ids,
    policies: new PolicyStore(storage.policies),
    versions: new PolicyVersionTable(storage.policies),
    policyLedger: ledger,
    ledger,
    index: new AuditIndex(storage.index),
    audit: {
      ...evidence,
      trail: new AuditTrail(storage.ledger, evidence.archive),
      indexCare: new IndexTableCare(storage.index),
    },
    consumers: new ConsumerTable(storage.consumers),
    parked: new ParkedQueue(storage.parked),
    watch: new WatchTable(storage.services, storage.reviews, clock),
    outbox,
    copy: new TableStoreCopy(storage),
    evidence,
    makeTables: async () => {
      if ("connectionString" in at) await ensureTables(storage);
    },
  };
}

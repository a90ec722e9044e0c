import { ConsumerTable } from "./azure/consumer-table.ts";
import { explainToOperator, operatorCredential, operatorName } from "./azure/operator.ts";
import { PolicyStore } from "./azure/policy-store.ts";
import { openStorage, type StoragePlace } from "./azure/storage.ts";
import { PlgateError } from "./runtime/errors.ts";

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
  readonly policies: Pick<PolicyStore, "publish" | "list">;
  readonly consumers: Pick<ConsumerTable, "find" | "put" | "list" | "remove">;
};

const clock = { now: () => new Date() };

/**
 * Opens the store for one command. Makes no table: the deployment did, and an operator who names the wrong account
 * shall be told. Whatever storage refuses is thrown as a PlgateError that says what the operator can do.
 */
export async function withStore<T>(place: StorePlace, act: (store: Store) => Promise<T>): Promise<T> {
  if (place.kind === "local") {
    const { connectionString } = place;
    return act(storeAt({ connectionString }, "the local stack", "operator of the local stack"));
  }
  const { account, suffix, authority } = place;
  const credential = operatorCredential(authority);
  const operator = await operatorName(credential);
  try {
    return await act(storeAt({ account, suffix, credential }, `storage account ${account}`, operator));
  } catch (error) {
    if (!(error instanceof PlgateError)) throw error;
    const { retryable } = error;
    throw new PlgateError(explainToOperator(error, account), { retryable, cause: error });
  }
}

function storeAt(at: StoragePlace, place: string, operator: string): Store {
  const storage = openStorage(at);
  return {
    place,
    operator,
    policies: new PolicyStore(storage.policies, clock),
    consumers: new ConsumerTable(storage.consumers),
  };
}

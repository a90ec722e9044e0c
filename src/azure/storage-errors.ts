import { messageOf, PlgateError } from "../runtime/errors.ts";

/**
 * What storage's answer to one call means.
 *
 * `exists` and `changed` are lost races, `missing` a row that is not there. `unknown` covers time-outs, resets and
 * server faults: the call may have happened. The other three say that it did not and why.
 */
export type StorageFault = "exists" | "changed" | "missing" | "no-table" | "denied" | "invalid" | "unknown";

/** Reads the fault from whatever the SDK threw: single calls and transactions keep the code in different places. */
export function faultOf(error: unknown): StorageFault {
  const code = codeOf(error);
  if (code === "TableNotFound" || code === "QueueNotFound" || code === "ContainerNotFound") return "no-table";
  switch (member(error, "statusCode")) {
    case 409:
      // Other conflicts (a table being deleted, an account being moved) say nothing about the row.
      return code === "EntityAlreadyExists" ? "exists" : "unknown";
    case 412:
      return "changed";
    case 404:
      return "missing";
    case 401:
    case 403:
      return "denied";
    case 400:
    case 413:
      return "invalid";
    default:
      return "unknown";
  }
}

/**
 * A fault that no adapter can decide about, with what failed and what to check.
 * Only a call that storage will never take is not worth repeating; a missing table or role may be there in a minute.
 */
export function storageError(what: string, cause: unknown): PlgateError {
  if (cause instanceof PlgateError) return cause;
  const fault = faultOf(cause);
  return new PlgateError(`${what}: ${advice(fault, cause)}`, { retryable: fault !== "invalid", cause });
}

function advice(fault: StorageFault, cause: unknown): string {
  switch (fault) {
    case "no-table":
      return "its table, queue or container does not exist; deploy creates them, or give plgate the right to create them";
    case "denied":
      return "storage refused access; check the roles on the data account (docs/deploy.md): for tables, the queue and the containers";
    case "invalid":
      return `storage does not take it (${codeOf(cause) ?? "no code"})`;
    case "exists":
    case "changed":
    case "missing":
      return `the row is not as expected (${fault})`;
    case "unknown":
      return `no certain answer from storage (${codeOf(cause) ?? messageOf(cause)})`;
  }
}

/** Storage's own word for what went wrong, or the system's: `AuthorizationPermissionMismatch`, `ENOTFOUND`. */
export function codeOf(error: unknown): string | undefined {
  const inner = member(member(error, "details"), "odataError");
  const code = member(inner, "code") ?? member(error, "code") ?? member(member(error, "details"), "errorCode");
  return typeof code === "string" ? code : undefined;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Reflect.get(value, name);
}

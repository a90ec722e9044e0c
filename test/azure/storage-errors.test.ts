import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { faultOf, type StorageFault, storageError } from "../../src/azure/storage-errors.ts";

function answer(
  statusCode: number | undefined,
  code: string,
  place: "table" | "transaction" | "queue" = "table",
): object {
  const kept = {
    table: { details: { odataError: { code } } },
    transaction: { code },
    queue: { details: { errorCode: code } },
  };
  return { ...(statusCode === undefined ? {} : { statusCode }), ...kept[place] };
}

describe("What storage's answer means", () => {
  const cases: Record<string, [unknown, StorageFault, { readonly retryable: boolean }]> = {
    "a row that is there already": [answer(409, "EntityAlreadyExists"), "exists", { retryable: true }],
    "the same in a transaction": [answer(409, "EntityAlreadyExists", "transaction"), "exists", { retryable: true }],
    "a table that is being deleted": [answer(409, "TableBeingDeleted"), "unknown", { retryable: true }],
    "an old etag": [answer(412, "UpdateConditionNotSatisfied"), "changed", { retryable: true }],
    "a row that is not there": [answer(404, "ResourceNotFound"), "missing", { retryable: true }],
    "a message that somebody else has": [answer(404, "MessageNotFound", "queue"), "missing", { retryable: true }],
    "no table": [answer(404, "TableNotFound"), "no-table", { retryable: true }],
    "no queue": [answer(404, "QueueNotFound", "queue"), "no-table", { retryable: true }],
    "a role that is missing": [answer(403, "AuthorizationPermissionMismatch"), "denied", { retryable: true }],
    "a token that is over": [answer(401, "InvalidAuthenticationInfo"), "denied", { retryable: true }],
    "what storage never takes": [answer(400, "PropertyValueTooLarge"), "invalid", { retryable: false }],
    "too much of it": [answer(413, "RequestBodyTooLarge"), "invalid", { retryable: false }],
    "a partition that is too busy": [answer(503, "ServerBusy"), "unknown", { retryable: true }],
    "an account that is throttled": [answer(429, "TooManyRequests"), "unknown", { retryable: true }],
    "a server in trouble, perhaps after it did it": [answer(500, "OperationTimedOut"), "unknown", { retryable: true }],
    "a time-out after the commit": [answer(undefined, "ETIMEDOUT", "transaction"), "unknown", { retryable: true }],
    "an abort": [Object.assign(new Error(""), { name: "AbortError" }), "unknown", { retryable: true }],
    "something that is no error": ["boom", "unknown", { retryable: true }],
  };
  for (const [name, [error, fault, { retryable }]] of Object.entries(cases)) {
    it(`${name} → ${fault}`, () => {
      assert.equal(faultOf(error), fault);
      assert.equal(storageError("it failed", error).retryable, retryable);
    });
  }
});

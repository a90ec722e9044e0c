import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RestError } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import { explainToOperator, operatorOf } from "../../src/azure/operator.ts";
import { storageError } from "../../src/azure/storage-errors.ts";

function signedIn(claims: unknown): TokenCredential {
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return { getToken: async () => ({ token: `header.${payload}.signature`, expiresOnTimestamp: 0 }) };
}

describe("the operator's name", () => {
  const cases: Readonly<Record<string, readonly [unknown, string]>> = {
    "is a person's sign-in name": [{ oid: "1", upn: "ada@contoso.example", appid: "2" }, "ada@contoso.example"],
    "is a guest's unique name": [{ oid: "1", unique_name: "live.com#ada@x.example" }, "live.com#ada@x.example"],
    "is a pipeline's application": [{ oid: "1", appid: "2", app_displayname: "deploy" }, "deploy"],
    "is an object id when there is nothing else": [{ oid: "1", upn: "" }, "1"],
    "is unknown when the token tells nothing": [{ upn: 7 }, "unknown"],
    "is unknown when the token holds no object": [null, "unknown"],
  };
  for (const [name, [claims, expected]] of Object.entries(cases)) {
    it(name, async () => assert.equal((await operatorOf(signedIn(claims))).name, expected));
  }

  it("is unknown when the token cannot be read: storage still says who may do what", async () => {
    const opaque = { getToken: async () => ({ token: "opaque", expiresOnTimestamp: 0 }) };
    assert.deepEqual(await operatorOf(opaque), { name: "unknown", ids: undefined });
  });

  it("asks to sign in when nobody is, with the reason of every way that was tried", async () => {
    const nobody = { getToken: () => Promise.reject(new Error("no CLI\n no azd\n")) };
    await assert.rejects(
      operatorOf(nobody),
      /nobody is signed in.*"az login" and try again\.\n {2}no CLI\n {2}no azd$/,
    );
    await assert.rejects(operatorOf({ getToken: async () => null }), /nobody is signed in/);
  });
});

describe("what an operator reads when storage refuses", () => {
  const refusal = (statusCode: number | undefined, code: string) => {
    const details = statusCode === undefined ? {} : { statusCode, details: { odataError: { code } } };
    return storageError("the policies cannot be listed", Object.assign(new RestError("no", { code }), details));
  };
  const cases: Readonly<Record<string, readonly [unknown, RegExp]>> = {
    "a missing role is named, with the command that gives it": [
      refusal(403, "AuthorizationPermissionMismatch"),
      /^storage account plgatedata refuses you \(AuthorizationPermissionMismatch\): you need the role Storage Table Data Contributor[\s\S]*az role assignment create/,
    ],
    "network rules are thought of": [
      refusal(403, "AuthorizationFailure"),
      /network rules keep it out, or you lack the role Storage Table Data Contributor/,
    ],
    "an account without the tables is another account": [
      refusal(404, "TableNotFound"),
      /has no such table; is it the data account of the deployment\? .*AZURE_DATA_ACCOUNT/,
    ],
    "an account that is not there": [refusal(undefined, "ENOTFOUND"), /^there is no storage account plgatedata/],
    "anything else is told as it is": [
      refusal(500, "InternalError"),
      /^the policies cannot be listed: no certain answer/,
    ],
    "even what is no error": ["odd", /^odd$/],
  };
  for (const [name, [error, expected]] of Object.entries(cases)) {
    it(name, () => assert.match(explainToOperator(error, "plgatedata"), expected));
  }
});

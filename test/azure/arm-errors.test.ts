import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { classifyArmFault } from "../../src/azure/arm-errors.ts";

function restError(status: number, code: string, inner?: string, headers: Record<string, string> = {}) {
  const details = inner ? [{ code: inner, message: "inner" }] : [];
  const bodyAsText = JSON.stringify({ error: { code, message: "outer", details } });
  return Object.assign(new Error(`outer\n{"request":"..."}`), {
    statusCode: status,
    code,
    details: {},
    response: { bodyAsText, headers: { get: (name: string) => headers[name] } },
  });
}

describe("What an ARM fault means", () => {
  const cases: Record<string, [unknown, string]> = {
    "429 from a lock, with the inner code in the body": [
      restError(429, "RetryableError", "ReferencedResourceNotProvisioned"),
      "busy",
    ],
    "429 from an empty bucket": [restError(429, "SubscriptionRequestsThrottled"), "busy"],
    "409 while another operation runs": [restError(409, "AnotherOperationInProgress"), "busy"],
    "409 for any other reason": [restError(409, "ResourceInUse"), "refused"],
    "412, a stale read": [restError(412, "PreconditionFailed"), "unknown"],
    "500, an ARM in trouble": [restError(500, "InternalServerError"), "busy"],
    "503": [restError(503, "ServerBusy"), "busy"],
    "408": [restError(408, "RequestTimeout"), "unknown"],
    "a reset connection": [Object.assign(new Error("reset"), { code: "ECONNRESET" }), "unknown"],
    "an abort": [Object.assign(new Error("aborted"), { name: "AbortError" }), "unknown"],
    "400 for a connection that is gone or replaced": [
      restError(400, "PrivateEndpointConnectionCannotBeCreatedByServiceProvider"),
      "gone",
    ],
    "404": [restError(404, "ResourceNotFound"), "gone"],
    "403": [restError(403, "AuthorizationFailed"), "refused"],
    "401": [restError(401, "ExpiredAuthenticationToken"), "refused"],
    "400 for any other reason": [restError(400, "BadRequest"), "refused"],
    "something that is no error": ["boom", "unknown"],
  };
  for (const [name, [error, kind]] of Object.entries(cases)) {
    it(`${name} → ${kind}`, () => assert.equal(classifyArmFault(error).kind, kind));
  }

  it("waits as long as ARM asks, but not longer than a minute", () => {
    const wait = (seconds: string) => {
      const fault = classifyArmFault(restError(429, "x", undefined, { "retry-after": seconds }));
      return fault.kind === "busy" ? fault.retryAfterMs : 0;
    };
    assert.deepEqual([wait("7"), wait("600"), wait("soon"), wait("-1")], [7000, 60_000, 5000, 5000]);
  });

  it("names the role on a 403 and Azure Policy where that refuses", () => {
    const message = (code: string) => {
      const fault = classifyArmFault(restError(403, code));
      return fault.kind === "refused" ? fault.message : "";
    };
    assert.match(message("AuthorizationFailed"), /approver-role\.json/);
    assert.match(message("RequestDisallowedByPolicy"), /Azure Policy/);
  });

  it("always says something, also about a call that was aborted without a word", () => {
    const aborted = Object.assign(new Error(""), { name: "AbortError" });
    assert.deepEqual(classifyArmFault(aborted), { kind: "unknown", message: "ARM gave no answer" });
  });

  it("survives an answer that is not JSON", () => {
    const error = Object.assign(new Error("x"), {
      statusCode: 502,
      response: { bodyAsText: "<html>", headers: { get: () => undefined } },
    });
    assert.equal(classifyArmFault(error).kind, "busy");
  });
});

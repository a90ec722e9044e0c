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

const html = Object.assign(new Error("x"), {
  statusCode: 502,
  response: { bodyAsText: "<html>", headers: { get: () => undefined } },
});

/** azure.md 5.3, row by row; what is busy stands behind the colon. */
describe("What an ARM fault means", () => {
  const cases: Record<string, [unknown, string]> = {
    "429 from a lock, with the inner code in the body": [
      restError(429, "RetryableError", "ReferencedResourceNotProvisioned"),
      "busy: service",
    ],
    "429 from a lock, in its own words": [restError(429, "RetryableErrorDueToAnotherOperation"), "busy: service"],
    "429 from an empty bucket": [restError(429, "SubscriptionRequestsThrottled"), "busy: subscription"],
    "429 with any other code": [restError(429, "TooManyRequests"), "busy: subscription"],
    "429 with a body that is no JSON": [{ ...html, statusCode: 429 }, "busy: subscription"],
    "409 while another operation runs": [restError(409, "AnotherOperationInProgress"), "busy: service"],
    "409 that says it may be repeated": [restError(409, "RetryableError"), "busy: service"],
    "409 of a service just made": [restError(409, "ConflictError"), "busy: service"],
    "409 for any other reason": [restError(409, "ResourceInUse"), "refused"],
    "412, a stale read": [restError(412, "PreconditionFailed"), "unknown"],
    "408, ARM waited too long for somebody": [restError(408, "RequestTimeout"), "busy: arm"],
    "500, an ARM in trouble": [restError(500, "InternalServerError"), "busy: arm"],
    "503": [restError(503, "ServerBusy"), "busy: arm"],
    "502 of a gateway that answers HTML": [{ ...html, message: "x", statusCode: 502 }, "busy: arm"],
    "504": [restError(504, "GatewayTimeout"), "busy: arm"],
    "a reset connection": [Object.assign(new Error("reset"), { code: "ECONNRESET" }), "unknown"],
    "a name that cannot be found": [Object.assign(new Error("dns"), { code: "ENOTFOUND" }), "unknown"],
    "an abort": [Object.assign(new Error("aborted"), { name: "AbortError" }), "unknown"],
    "400 for a connection that is gone or replaced": [
      restError(400, "PrivateEndpointConnectionCannotBeCreatedByServiceProvider"),
      "gone",
    ],
    "404": [restError(404, "ResourceNotFound"), "gone"],
    "404 of a child": [restError(404, "NotFound"), "gone"],
    "403": [restError(403, "AuthorizationFailed"), "refused"],
    "403 of an Azure Policy": [restError(403, "RequestDisallowedByPolicy"), "refused"],
    "403 for a linked resource": [restError(403, "LinkedAuthorizationFailed"), "refused"],
    "401": [restError(401, "ExpiredAuthenticationToken"), "refused"],
    "400 for any other reason": [restError(400, "BadRequest"), "refused"],
    "something that is no error": ["boom", "unknown"],
  };
  for (const [name, [error, meaning]] of Object.entries(cases)) {
    it(`${name} → ${meaning}`, () => {
      const fault = classifyArmFault(error);
      assert.equal(fault.kind === "busy" ? `busy: ${fault.of}` : fault.kind, meaning);
    });
  }

  it("asks for as long as ARM asks, in full", () => {
    const wait = (seconds: string) => {
      const fault = classifyArmFault(restError(429, "x", undefined, { "retry-after": seconds }));
      return fault.kind === "busy" ? fault.retryAfterMs : 0;
    };
    assert.deepEqual([wait("7"), wait("600"), wait("soon"), wait("-1")], [7000, 600_000, undefined, undefined]);
  });

  it("names the role on a 403 and Azure Policy where that refuses", () => {
    const message = (code: string) => {
      const fault = classifyArmFault(restError(403, code));
      return fault.kind === "refused" ? fault.message : "";
    };
    assert.match(message("AuthorizationFailed"), /approver-role\.json/);
    assert.match(message("RequestDisallowedByPolicy"), /Azure Policy/);
    assert.match(message("LinkedAuthorizationFailed"), /PrivateEndpointConnectionsApproval/);
  });

  it("always says something, also about a call that was aborted without a word", () => {
    const aborted = Object.assign(new Error(""), { name: "AbortError" });
    assert.deepEqual(classifyArmFault(aborted), { kind: "unknown", message: "ARM gave no answer" });
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ArmFault } from "./faults.ts";
import { createFaults } from "./faults.ts";
import { connect, connectionOf, decide, refusalOf, type TestArm, until, withArm } from "./test-arm.ts";
import { provider, providerSub } from "./test-world.ts";

const services = (arm: TestArm) => arm.client(provider, providerSub).privateLinkServices;
const put = { method: "PUT", path: "*/privateEndpointConnections/*" };

async function approve(arm: TestArm, fault: ArmFault, retries = 0) {
  const { name } = await connect(arm, "pe-1");
  arm.orderFaults([fault]);
  const client = arm.client(provider, providerSub, { maxRetries: retries, retryDelayInMs: 1, maxRetryDelayInMs: 5 });
  const body = { privateLinkServiceConnectionState: { status: "Approved", description: "", actionsRequired: "None" } };
  const call = client.privateLinkServices.updatePrivateEndpointConnection("rg-services", "pls-open", name, body, {
    abortSignal: AbortSignal.timeout("stall" in fault ? 1500 : 30_000),
  });
  const outcome = await call.then(
    (done) => `${done.privateLinkServiceConnectionState?.status}`,
    (error: { name: string; statusCode?: number; code?: string }) =>
      [error.statusCode ?? error.name, error.code].join(" ").trim(),
  );
  const { privateLinkServiceConnectionState } = await connectionOf(arm, "pe-1");
  return [outcome, privateLinkServiceConnectionState?.status];
}

describe("A fault that was ordered, as the Azure client meets it", () => {
  const error = { error: { code: "Boom", message: "ordered" } };
  const cases: Readonly<Record<string, readonly [fault: ArmFault, retries: number, outcome: string, status: string]>> =
    {
      "an answer instead of the call": [{ ...put, status: 500, body: error }, 0, "500 Boom", "Pending"],
      "an answer that is not JSON": [{ ...put, status: 502, body: "<html>" }, 0, "502", "Pending"],
      "a connection that breaks before the call took effect": [
        { ...put, reset: "before" },
        0,
        "RestError ECONNRESET",
        "Pending",
      ],
      "a connection that breaks after the call took effect": [
        { ...put, reset: "after" },
        0,
        "RestError ECONNRESET",
        "Approved",
      ],
      "a broken PUT, which the client sends again blindly": [{ ...put, reset: "after" }, 1, "Approved", "Approved"],
      "an answer that never comes": [{ ...put, stall: "headers" }, 0, "AbortError", "Approved"],
      "an answer that never ends": [{ ...put, stall: "body" }, 0, "AbortError", "Approved"],
      "an answer that comes late": [{ ...put, delayMs: 50 }, 0, "Approved", "Approved"],
    };
  for (const [name, [fault, retries, outcome, status]] of Object.entries(cases)) {
    it(name, () =>
      withArm({}, async (arm) => {
        assert.deepEqual(await approve(arm, fault, retries), [outcome, status]);
      }),
    );
  }

  it("a claims challenge, which makes the client fetch another token and try once more", () =>
    withArm({}, async (arm) => {
      const claims = Buffer.from('{"access_token":{}}').toString("base64");
      const challenge = `Bearer realm="", error="insufficient_claims", claims="${claims}"`;
      arm.orderFaults([{ path: "*", status: 401, headers: { "www-authenticate": challenge } }]);
      assert.equal((await services(arm).get("rg-services", "pls-open")).name, "pls-open");
      assert.deepEqual(arm.counts().byStatus, { 200: 1, 401: 1 });
    }));

  it("happens as often as it was ordered, is marked as injected, and then no more", () =>
    withArm({}, async (arm) => {
      arm.orderFaults([{ path: "*", times: 2, status: 503 }]);
      const read = () => services(arm).get("rg-services", "pls-open");
      assert.deepEqual((await refusalOf(read()))[0], 503);
      assert.deepEqual((await refusalOf(read()))[0], 503);
      assert.equal((await read()).name, "pls-open");
      assert.deepEqual(
        arm.exchanges.map((exchange) => [exchange.response?.status, exchange.injected]),
        [
          [503, true],
          [503, true],
          [200, false],
        ],
      );
    }));

  it("leaves a record without an answer when the wire broke", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      arm.orderFaults([{ ...put, reset: "after" }]);
      await assert.rejects(decide(arm, name, "Approved"));
      await until(async () => arm.exchanges.at(-1)?.request.method === "PUT");
      assert.equal(arm.exchanges.at(-1)?.response, undefined);
      assert.equal(arm.counts().byStatus["none"], 1);
    }));
});

describe("The list of faults", () => {
  it("gives the first that matches, counted down", () => {
    const faults = createFaults();
    faults.order([
      { method: "put", path: "/a/*", times: 2, delayMs: 1 },
      { path: "/A/b", reset: "before" },
    ]);
    const kinds = [
      faults.next("GET", "/a/b"),
      faults.next("PUT", "/a/b"),
      faults.next("PUT", "/a/c"),
      faults.next("PUT", "/a/c"),
    ].map((fault) => fault && Object.keys(fault).at(-1));
    assert.deepEqual(kinds, ["reset", "delayMs", "delayMs", undefined]);
    assert.deepEqual(faults.left(), []);
  });

  it("takes nothing that it does not understand", () => {
    for (const fault of [{ path: "*" }, { path: "*", reset: "never" }, { path: "*", status: 500, stall: "body" }, {}]) {
      assert.throws(() => createFaults().order([fault]), JSON.stringify(fault));
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ArmConnections, type NetworkClients } from "../../src/azure/private-link.ts";
import { NotNow } from "../../src/runtime/errors.ts";
import { aConnectionRef, aServiceRef } from "../builders.ts";

const notFound = Object.assign(new Error("not found"), { statusCode: 404, code: "ResourceNotFound" });

/** A client that answers 404 so many times before it shows the service; counts what it was asked. */
function missing(times: number) {
  const asked = { reads: 0 };
  const get = async () => {
    asked.reads += 1;
    if (asked.reads <= times) throw notFound;
    return { location: "West Europe", provisioningState: "Succeeded" };
  };
  const clients = (async () => ({ privateLinkServices: { get } })) as unknown as NetworkClients;
  return { asked, connections: new ArmConnections(clients) };
}

describe("A service that ARM does not find", () => {
  it("once is read again, because ending its requests would lose what people decided", async () => {
    const { connections } = missing(1);
    const service = await connections.read(aServiceRef());
    assert.equal(service !== "gone" && service.region, "westeurope");
  });

  it("twice is gone, and is not asked for any more", async () => {
    const { asked, connections } = missing(9);
    assert.equal(await connections.read(aServiceRef()), "gone");
    assert.equal(asked.reads, 2);
  });
});

/** A client whose calls end with these, one after the other, and then well; counts the calls. */
function answering(...answers: readonly object[]) {
  const left = [...answers];
  const asked = { calls: 0 };
  const call = async () => {
    asked.calls += 1;
    const next = left.shift();
    if (next) throw next;
    return { location: "westeurope", provisioningState: "Succeeded", name: "pe.1" };
  };
  const services = { get: call, updatePrivateEndpointConnection: call };
  const clients = (async () => ({ privateLinkServices: services })) as unknown as NetworkClients;
  return { asked, connections: new ArmConnections(clients) };
}

function fault(statusCode: number, code: string, headers: Record<string, string> = {}) {
  return Object.assign(new Error(code), {
    statusCode,
    code,
    response: { headers: { get: (name: string) => headers[name] } },
  });
}

describe("A read that ARM does not answer well", () => {
  const cases: Record<
    string,
    [readonly object[], { readonly calls: number; readonly because?: string; readonly ms?: number }]
  > = {
    "cut off once is repeated": [[Object.assign(new Error("reset"), { code: "ECONNRESET" })], { calls: 2 }],
    "in trouble once is repeated": [[fault(503, "ServerBusy")], { calls: 2 }],
    "in trouble twice is for the queue": [
      [fault(503, "ServerBusy"), fault(500, "Internal")],
      { calls: 2, because: "failing", ms: 5_000 },
    ],
    "in trouble with Retry-After is not waited for": [
      [fault(503, "ServerBusy", { "retry-after": "120" })],
      { calls: 1, because: "failing", ms: 120_000 },
    ],
    "throttled is told how long, in full": [
      [fault(429, "SubscriptionRequestsThrottled", { "retry-after": "240" })],
      { calls: 1, because: "throttled", ms: 240_000 },
    ],
    "forbidden is asked once": [[fault(403, "AuthorizationFailed")], { calls: 1, because: "failing", ms: 5_000 }],
  };
  for (const [name, [answers, wanted]] of Object.entries(cases)) {
    it(name, async () => {
      const { asked, connections } = answering(...answers);
      const read = await connections.read(aServiceRef()).catch((error: unknown) => error);
      assert.equal(asked.calls, wanted.calls);
      assert.equal(read instanceof NotNow ? read.because : undefined, wanted.because);
      if (read instanceof NotNow && wanted.ms)
        assert.ok(read.retryAfterMs >= wanted.ms && read.retryAfterMs < wanted.ms + 3_000);
    });
  }

  it("because the subscription is throttled keeps the others from asking, until the time is over", async () => {
    const { asked, connections } = answering(fault(429, "SubscriptionRequestsThrottled", { "retry-after": "240" }));
    await assert.rejects(connections.read(aServiceRef()), { because: "throttled" });
    await assert.rejects(connections.read(aServiceRef("pls-b")), { because: "throttled" });
    assert.equal(asked.calls, 1);
  });
});

describe("A write that ARM puts off", () => {
  const write = (connections: ArmConnections, name = "pls-a") =>
    connections.write(aConnectionRef("pe.1", aServiceRef(name)), "Approved", "");

  it("for a lock with Retry-After is not asked again before that, but other services are", async () => {
    const locked = fault(429, "RetryableErrorDueToAnotherOperation", { "retry-after": "90" });
    const { asked, connections } = answering(locked);
    assert.deepEqual(await write(connections), { kind: "busy", message: locked.message, retryAfterMs: 90_000 });
    const again = await write(connections);
    assert.ok(again.kind === "busy" && again.retryAfterMs > 80_000);
    assert.equal(asked.calls, 1);
    assert.equal((await write(connections, "pls-b")).kind, "done");
  });

  it("without saying for how long waits longer each time, and starts anew once it worked", async () => {
    const { connections } = answering(...[503, 503, 503].map((status) => fault(status, "ServerBusy")));
    const waits: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      const outcome = await write(connections);
      waits.push(outcome.kind === "busy" ? Math.floor(outcome.retryAfterMs / 1000) : 0);
    }
    assert.deepEqual(
      waits.map((wait, n) => wait >= 5 * 2 ** n && wait <= 6 * 2 ** n),
      [true, true, true],
    );
    assert.equal((await write(connections)).kind, "done");
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseServiceId } from "../../src/connection/arm-id.ts";
import { NotNow } from "../../src/runtime/errors.ts";
import { reviewService } from "../../src/workflow/review-service.ts";
import { aConnectionRef, anEndpoint, aServiceRef, connection, service } from "../builders.ts";
import { review, stage } from "./stage.ts";

const subscription = (n: number) => `77777777-0000-4000-8000-${String(n).padStart(12, "0")}`;

/** A service with so many requests, each of another customer, that policy approves. */
function asked(name: string, many: number) {
  const ref = aServiceRef(name);
  const connections = Array.from({ length: many }, (_, n) =>
    connection({ ref: aConnectionRef(`pe-${n}.1`, ref), endpoint: anEndpoint(`pe-${n}`, subscription(n)) }),
  );
  return service({ ref, connections });
}

async function stageOf(...sizes: readonly (readonly [string, number])[]) {
  const ports = stage(sizes.map(([name, many]) => asked(name, many)));
  const most = Math.max(...sizes.map(([, many]) => many));
  for (let n = 0; n < most; n += 1) {
    await ports.consumers.put({
      subscriptionId: subscription(n),
      name: `Customer ${n}`,
      tier: "gold",
      tenantId: null,
      tags: {},
      owners: [],
    });
  }
  return ports;
}

describe("One service with many requests", () => {
  it("lets the small ones have their turn early, and is done itself in the end", async () => {
    const ports = await stageOf(["pls-huge", 300], ["pls-b", 2], ["pls-c", 1], ["pls-d", 1]);
    for (const name of ["pls-huge", "pls-b", "pls-c", "pls-d"]) await ports.watch.wake(aServiceRef(name), "event");
    for (let message = ports.watch.take(); message; message = ports.watch.take()) {
      await reviewService(message.service, message.door, ports);
    }
    const order = ports.connections.writes.map(
      (write) => parseServiceId(write.connection.split("/privateend")[0] ?? "")?.name,
    );
    assert.equal(order.length, 304);
    const last = Math.max(...["pls-b", "pls-c", "pls-d"].map((name) => order.lastIndexOf(name)));
    assert.ok(last >= 0 && last < 40, `the last small one was write number ${last}`);
    assert.ok(ports.connections.reads.length <= 0.05 * order.length + 5, `${ports.connections.reads.length} reads`);
  });

  it("hands itself back by time, too, but never without having got something done", async () => {
    const ports = await stageOf(["pls-a", 3]);
    ports.connections.nextWrites.push({ kind: "first", act: () => ports.clock.advance(40) });
    const outcome = await review(ports, "pls-a");
    assert.deepEqual(outcome, { kind: "later", seconds: 0, why: "other services have their turn" });
    assert.equal(ports.connections.writes.length, 1);
    const slowRead = { kind: "first", act: () => ports.clock.advance(40) } as const;
    ports.connections.nextReads.push(slowRead);
    ports.clock.advance(60);
    await review(ports, "pls-a");
    assert.equal(ports.connections.writes.length, 3);
  });
});

describe("A read that is put off", () => {
  it("ends the look with a wake-up at that time, keeps what was seen before, and is not swept earlier", async () => {
    const ports = await stageOf(["pls-a", 1]);
    await review(ports, "pls-a");
    const [before] = await ports.watch.list();
    ports.clock.advance(100);
    const read = async () => {
      throw new NotNow("ARM is throttled", { retryAfterMs: 599_001, because: "throttled" });
    };
    const { connections } = ports;
    const away = { read, write: connections.write.bind(connections), remove: connections.remove.bind(connections) };
    const outcome = await reviewService(aServiceRef("pls-a"), "event", { ...ports, connections: away });
    assert.deepEqual(outcome, { kind: "later", seconds: 600, why: "ARM is throttled" });
    const [row] = await ports.watch.list();
    assert.deepEqual([row?.digest, row?.lastReviewedAt], [before?.digest, before?.lastReviewedAt]);
    assert.equal(row?.lookAgainAt?.getTime(), ports.clock.now().getTime() + 660_000);
    assert.equal(ports.watch.take(), undefined);
    ports.clock.advance(600);
    assert.ok(ports.watch.take());
  });
});

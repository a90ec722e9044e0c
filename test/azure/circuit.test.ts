import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Circuit } from "../../src/azure/circuit.ts";
import { GuardedConnections, ReadFailures } from "../../src/azure/guarded-connections.ts";
import { NotNow } from "../../src/runtime/errors.ts";
import { aServiceRef, service } from "../builders.ts";
import { FakeConnections } from "../fakes/connections.ts";
import { FakeLog } from "../fakes/log.ts";

const minute = 60_000;

describe("What only fails", () => {
  it("is left alone for 1, 2, 4, 8, then 15 minutes, with one try after each", () => {
    let now = 0;
    const circuit = new Circuit(
      2,
      () => now,
      () => 0,
    );
    circuit.failed("s", "403");
    assert.equal(circuit.waitMs("s"), 0, "once is nothing");
    const rests: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      circuit.failed("s", "403");
      rests.push(circuit.waitMs("s") / minute);
      now += circuit.waitMs("s");
      assert.equal(circuit.waitMs("s"), 0, "one tries");
      assert.equal(circuit.waitMs("s"), minute, "the others wait for it");
    }
    assert.deepEqual(rests, [1, 2, 4, 8, 15, 15]);
    assert.equal(circuit.worked("s"), true);
    assert.deepEqual([circuit.waitMs("s"), circuit.open()], [0, []]);
  });

  it("counts one party's failures in a row once, so that one bad service does not speak for its subscription", () => {
    const circuit = new Circuit(2, () => 0);
    for (let n = 0; n < 9; n += 1) circuit.failed("sub", "403", "pls-a");
    assert.equal(circuit.waitMs("sub"), 0);
    circuit.failed("sub", "403", "pls-b");
    assert.ok(circuit.waitMs("sub") > 0);
  });
});

describe("A subscription that only fails", () => {
  const failing = new NotNow("ARM cannot read it: 403", { retryAfterMs: 5_000, because: "failing" });

  /** Services of one subscription, all of which fail until `heal`. */
  function world() {
    let now = 0;
    const names = ["a", "b", "c", "d", "e", "f"];
    const arm = new FakeConnections(...names.map((name) => service({ ref: aServiceRef(name), connections: [] })));
    let broken = true;
    const read = async (ref: Parameters<FakeConnections["read"]>[0]) => {
      const found = await arm.read(ref);
      if (broken) throw failing;
      return found;
    };
    const inner = { read, write: arm.write.bind(arm), remove: arm.remove.bind(arm) };
    const log = new FakeLog();
    const failures = new ReadFailures(
      () => now,
      () => 0,
    );
    const guarded = new GuardedConnections(inner, failures, log);
    return {
      arm,
      log,
      failures,
      heal: () => {
        broken = false;
      },
      advance: (ms: number) => {
        now += ms;
      },
      ask: (name: string) => guarded.read(aServiceRef(name)).catch((error: NotNow) => error),
    };
  }

  it("is not asked any more, says so once, and is asked again by one after a minute", async () => {
    const { arm, log, heal, advance, ask, failures } = world();
    for (const name of ["a", "b", "c", "d", "e"]) await ask(name);
    assert.equal(arm.reads.length, 5);
    const put = await ask("f");
    assert.ok(put instanceof NotNow && put.because === "put-off" && put.retryAfterMs === minute);
    assert.equal(arm.reads.length, 5, "ARM was not called");
    const errors = () => log.lines.filter(({ level }) => level === "error").map(({ message }) => message);
    assert.deepEqual(errors(), ["a subscription only fails; its services are not read for the time being"]);
    assert.equal(failures.subscriptions.open().length, 1);

    heal();
    advance(minute);
    assert.ok(!((await ask("f")) instanceof NotNow));
    assert.ok(!((await ask("a")) instanceof NotNow));
    assert.deepEqual([errors().length, failures.subscriptions.open().length], [1, 0]);
    assert.ok(log.lines.some(({ message }) => message === "services of a subscription can be read again"));
  });

  it("is told from one service that cannot be read: the others go on", async () => {
    const { arm, ask, log } = world();
    for (let n = 0; n < 3; n += 1) await ask("a");
    assert.equal(arm.reads.length, 3);
    const put = await ask("a");
    assert.ok(put instanceof NotNow && put.because === "put-off");
    await ask("b");
    assert.equal(arm.reads.length, 4);
    assert.equal(log.lines.filter(({ level }) => level === "error").length, 1);
  });
});

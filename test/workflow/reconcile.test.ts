import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PlgateError } from "../../src/runtime/errors.ts";
import { checkOldestRequest, checkSweep, listedServices } from "../../src/workflow/check-sweep.ts";
import type { ServiceFinder } from "../../src/workflow/ports.ts";
import { reconcile, sweepLimits } from "../../src/workflow/reconcile.ts";
import { aConnectionRef, aServiceRef, connection, consumer, service } from "../builders.ts";
import { review, type Stage, stage } from "./stage.ts";

const names = (count: number) => Array.from({ length: count }, (_, index) => `pls-${String(index).padStart(4, "0")}`);

/** Services with one request each that policy approves. */
function stageOf(count: number): Stage {
  return stage(names(count).map((name) => service({ ref: aServiceRef(name), connections: [connectionOn(name)] })));
}

function connectionOn(name: string, endpoint = "pe-x.1111") {
  return connection({ ref: aConnectionRef(endpoint, aServiceRef(name)) });
}

async function reviewAll(ports: Stage): Promise<void> {
  for (let wakeUp = ports.watch.take(); wakeUp; wakeUp = ports.watch.take()) await review(ports, wakeUp.service.name);
}

/** Services that were reviewed under other policies than those of now. */
async function judgedBefore(count: number): Promise<Stage> {
  const ports = stageOf(count);
  await reconcile(ports);
  await reviewAll(ports);
  ports.policies.set([]);
  return ports;
}

describe("A sweep", () => {
  it("over unchanged services wakes nothing", async () => {
    const ports = stageOf(20);
    assert.equal((await reconcile(ports)).woken, 20);
    await reviewAll(ports);
    assert.deepEqual([(await reconcile(ports)).woken, ports.watch.messages], [0, []]);
  });

  it("has some wake-ups under way at once, and no more", async () => {
    const ports = stageOf(100);
    const busy = { now: 0, most: 0 };
    const wake: Stage["watch"]["wake"] = async (...args) => {
      busy.now += 1;
      busy.most = Math.max(busy.most, busy.now);
      await new Promise((resolve) => setImmediate(resolve));
      await ports.watch.wake(...args);
      busy.now -= 1;
    };
    const watch = { wake, list: () => ports.watch.list(), begin: ports.watch.begin, end: ports.watch.end };
    assert.equal((await reconcile({ ...ports, watch })).woken, 100);
    assert.equal(busy.most, sweepLimits.lanes);
  });

  it("spreads re-judgements over time, leaves the rest to the next sweep, and lets new requests pass", async () => {
    const ports = await judgedBefore(10);
    ports.connections.connect(connectionOn("pls-0009", "pe-y.2222"));
    const limits = { ...sweepLimits, reJudgedPerSecond: 2, reJudgedSeconds: 3 };
    const began = ports.clock.now().getTime();
    const { woken, measures } = await reconcile(ports, limits);
    const seconds = ports.watch.messages.map(({ visibleAt }) => (visibleAt.getTime() - began) / 1000);
    assert.deepEqual([woken, measures.postponed, seconds.toSorted()], [7, 3, [0, 0, 0, 1, 1, 2, 2]]);
    assert.equal(ports.watch.messages[0]?.service.name, "pls-0009");
    // Those that were woken are on their way: the next sweep takes the others.
    assert.equal((await reconcile(ports, limits)).measures.postponed, 0);
    ports.clock.advance(3);
    await reviewAll(ports);
    assert.equal((await reconcile(ports, limits)).woken, 0);
  });

  it("that overlaps with another one sends no service a second message", async () => {
    const ports = stageOf(50);
    await Promise.all([reconcile(ports), reconcile(ports)]);
    assert.equal(ports.watch.messages.length, 50);
  });

  it("wakes the others when one cannot be woken, says so, and is not complete", async () => {
    const ports = stageOf(3);
    const wake: Stage["watch"]["wake"] = async (ref, ...rest) => {
      if (ref.name === "pls-0001") throw new PlgateError("storage does not answer", { retryable: true });
      await ports.watch.wake(ref, ...rest);
    };
    const watch = { wake, list: () => ports.watch.list(), begin: ports.watch.begin, end: ports.watch.end };
    const { woken, measures } = await reconcile({ ...ports, watch });
    assert.deepEqual([woken, measures.lastCompleteAt], [2, null]);
    assert.ok(ports.log.lines.some(({ message }) => message === "a service cannot be woken now"));
  });

  it("ends before the function has to: what it could not wake is found again", async () => {
    const ports = stageOf(40);
    const wake: Stage["watch"]["wake"] = async (...args) => {
      ports.clock.advance(10);
      await ports.watch.wake(...args);
    };
    const watch = { wake, list: () => ports.watch.list(), begin: ports.watch.begin, end: ports.watch.end };
    const { woken, measures } = await reconcile({ ...ports, watch }, { ...sweepLimits, lanes: 1 });
    assert.deepEqual([woken, measures.lastCompleteAt], [15, null]);
  });

  it("asks ARM where a listing has lost many services, and ends no request for it", async () => {
    const ports = stageOf(8);
    await reconcile(ports);
    await reviewAll(ports);
    const asked: (readonly string[] | undefined)[] = [];
    const list: ServiceFinder["list"] = async (only) => {
      asked.push(only);
      return only ? ports.connections.list(only) : { items: [], unreadable: [] };
    };
    assert.equal((await reconcile({ ...ports, finder: { list } })).woken, 0);
    assert.deepEqual(asked, [undefined, [aServiceRef().subscriptionId]]);
  });

  it("that sees a service vanish looks at ARM, and an open request there goes on when ARM still has it", async () => {
    const ports = stage([service({ connections: [connection()] })]);
    ports.consumers.remove(consumer().subscriptionId);
    await review(ports);
    const list: ServiceFinder["list"] = async () => ({ items: [], unreadable: [] });
    assert.equal((await reconcile({ ...ports, finder: { list } })).woken, 1);
    await review(ports);
    const { requests } = await ports.index.searchRequests({ status: "open", top: 10 });
    assert.deepEqual(
      requests.map(({ state }) => state),
      ["awaiting-decision"],
    );
  });
});

describe("The measures of a sweep", () => {
  it("tell its lag and the oldest request that waits, in the answer, in one line of the log and in health", async () => {
    const ports = stage([service({ connections: [connection()] })]);
    ports.consumers.remove(consumer().subscriptionId);
    await review(ports);
    assert.deepEqual((await checkSweep(ports))[0], "degraded");
    const asked = ports.clock.now().toISOString();
    await reconcile(ports);
    ports.clock.advance(120);
    const { measures } = await reconcile(ports);
    assert.deepEqual(
      [measures.lagSeconds, measures.undecided, measures.oldestUndecidedAt, measures.services, measures.unreadable],
      [120, 1, asked, 1, []],
    );
    const { fields } = ports.log.lines.findLast(({ message }) => message === "measured") ?? {};
    assert.deepEqual(
      [fields?.["metric"], fields?.["lagSeconds"], fields?.["undecided"], fields?.["oldestUndecidedSeconds"]],
      ["sweep", 120, 1, 120],
    );
    assert.deepEqual([(await checkSweep(ports))[0], (await checkOldestRequest(ports))[0]], ["healthy", "healthy"]);
    ports.clock.advance(16 * 60);
    const [status, detail] = await checkSweep(ports);
    assert.deepEqual([status, /16 min ago/.test(detail)], ["degraded", true]);
    ports.clock.advance(8 * 24 * 3600);
    assert.match(
      (await checkOldestRequest(ports)).join(" "),
      /^degraded 1 wait for a decision, the oldest since .*\(8 days\)$/,
    );
  });

  it("let health say what is watched without listing it again, as long as they are fresh", async () => {
    const ports = stageOf(3);
    await reconcile(ports);
    const before = ports.connections.lists;
    assert.equal((await listedServices(ports)).services, 3);
    assert.equal(ports.connections.lists, before);
    ports.clock.advance(11 * 60);
    assert.equal((await listedServices(ports)).services, 3);
    assert.equal(ports.connections.lists, before + 1);
  });

  it("grow in lag while sweeps are not complete", async () => {
    const ports = stageOf(1);
    await reconcile(ports);
    await reviewAll(ports);
    ports.connections.connect(connectionOn("pls-0000", "pe-y.2222"));
    const wake = async () => Promise.reject(new PlgateError("no", { retryable: true }));
    const watch = { wake, list: () => ports.watch.list(), begin: ports.watch.begin, end: ports.watch.end };
    const lags: (number | null)[] = [];
    for (let sweep = 0; sweep < 3; sweep += 1) {
      ports.clock.advance(60);
      lags.push((await reconcile({ ...ports, watch })).measures.lagSeconds);
    }
    assert.deepEqual(lags, [60, 120, 180]);
  });
});

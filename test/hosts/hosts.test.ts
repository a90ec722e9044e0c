import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { verifyChain } from "../../src/ledger/chain.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { reviewService } from "../../src/workflow/review-service.ts";
import { type Hosts, hostsWorld, megan, type Point } from "./hosts-world.ts";

const points: readonly Point[] = ["after-read", "before-write", "after-write", "before-commit", "after-commit"];
const skews = [
  [0, 5, -5],
  [-5, 5, 0],
  [5, -5, 0],
] as const;

async function eventsOf({ ledger }: Ports, { ref }: Hosts): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const event of ledger.events(serviceKey(ref.id))) events.push(event);
  return events;
}

/** What must be true whatever happened: nothing twice, nothing without its record, nothing contradicted. */
async function assertNoHarm(world: Hosts, wanted: Readonly<Record<string, string>>): Promise<void> {
  const [any] = world.hosts;
  assert.ok(any);
  const { ledger } = any.ports;
  assert.deepEqual(await world.shown(), wanted);
  for (const [connection, states] of world.written()) {
    assert.equal(new Set(states).size, 1, `${connection} was told ${states}`);
  }
  const events = await eventsOf(any.ports, world);
  for (const [request, own] of Map.groupBy(events, ({ requestId }) => requestId)) {
    for (const kind of ["requested", "escalated", "decided", "applied"]) {
      const count = own.filter((one) => one.kind === kind).length;
      assert.ok(count <= 1, `${request}: ${count} times ${kind}`);
    }
  }
  const states = (await ledger.unsettled(serviceKey(world.ref.id))).open.map(({ request }) => request.state);
  assert.deepEqual(
    [...new Set(states)].filter((state) => state !== "awaiting-decision"),
    [],
    "nothing is half done",
  );
  const key = serviceKey(world.ref.id);
  assert.deepEqual((await verifyChain(ledger.events(key), await ledger.head(key))).ok, true);
  for (const { request } of (await ledger.unsettled(key)).open) {
    assert.equal(world.notifier.cardsOf(request.id).length, 1, "one card");
  }
}

function countOf(events: readonly AuditEvent[], kind: string): number {
  return events.filter((one) => one.kind === kind).length;
}

describe("A host that was paused and wakes late does no harm", { concurrency: 8 }, () => {
  const world = hostsWorld();
  for (const minutes of skews) {
    for (const point of points) {
      it(`${point}, the clocks at ${minutes.join(", ")} minutes`, async () => {
        const hosts = await world.open(minutes);
        const [paused, thief, last] = hosts.hosts;
        assert.ok(paused && thief && last);
        await hosts.ask("pe-c", "customer");
        await hosts.ask("pe-s", "stranger");
        const { reached, release } = paused.hold(point);
        const review = reviewService(hosts.ref, "event", paused.ports);
        await reached;
        hosts.pass(11 * 60);
        await hosts.work(thief);
        release();
        await review;
        hosts.pass(60);
        await hosts.work(last);
        await hosts.work(paused);
        await assertNoHarm(hosts, { "pe-c": "Approved", "pe-s": "Pending" });
        const events = await eventsOf(last.ports, hosts);
        assert.deepEqual(
          ["requested", "decided", "applied", "escalated"].map((kind) => countOf(events, kind)),
          [2, 1, 1, 1],
        );
        const [writes = []] = hosts.written().values();
        assert.equal(writes.length, 1, `${writes.length} writes`);
      });
    }
  }

  it("although its lease's row was lost", async () => {
    const hosts = await world.open([0, 5, -5]);
    const [paused, other] = hosts.hosts;
    assert.ok(paused && other);
    await hosts.ask("pe-c", "customer");
    const { reached, release } = paused.hold("before-commit", 2);
    const review = reviewService(hosts.ref, "event", paused.ports);
    await reached;
    await hosts.storage.services.deleteEntity(hosts.ref.subscriptionId, serviceKey(hosts.ref.id));
    await hosts.work(other);
    release();
    await review;
    await hosts.work(paused);
    await assertNoHarm(hosts, { "pe-c": "Approved" });
  });

  it("where people decided meanwhile", async () => {
    const hosts = await world.open([0, 5, -5]);
    const [paused, other, last] = hosts.hosts;
    assert.ok(paused && other && last);
    await hosts.ask("pe-s", "stranger");
    await hosts.work(other);
    const [stored] = (await other.ports.ledger.unsettled(serviceKey(hosts.ref.id))).open;
    const { reached, release } = paused.hold("after-read");
    const review = reviewService(hosts.ref, "event", paused.ports);
    await reached;
    hosts.pass(11 * 60);
    const person = { objectId: megan, tenantId: other.ports.settings.tenantId, name: "Megan", groups: undefined };
    const ballot = { person, door: "teams", correlation: "c", justification: "No." } as const;
    await decideManually({ ...ballot, requestId: stored?.request.id ?? "", vote: "reject" }, other.ports);
    await hosts.work(other);
    release();
    await review;
    hosts.pass(60);
    await hosts.work(last);
    await assertNoHarm(hosts, { "pe-s": "Rejected" });
    assert.deepEqual([...hosts.written().values()], [["Rejected"]]);
  });

  it("where the endpoint was made anew meanwhile", async () => {
    const hosts = await world.open([0, 5, -5]);
    const [paused, other, last] = hosts.hosts;
    assert.ok(paused && other && last);
    await hosts.ask("pe-c", "customer");
    const { reached, release } = paused.hold("before-write");
    const review = reviewService(hosts.ref, "event", paused.ports);
    await reached;
    hosts.pass(11 * 60);
    await hosts.remove("pe-c");
    await hosts.ask("pe-c", "customer");
    await hosts.work(other);
    release();
    await review;
    hosts.pass(60);
    await hosts.work(last);
    await assertNoHarm(hosts, { "pe-c": "Approved" });
    assert.equal(hosts.written().size, 1, "the one that is gone was not written to");
  });

  it("nor do three at once, none of which believes the others' leases", async () => {
    const hosts = await world.open([-5, 0, 5]);
    const asked = Array.from({ length: 8 }, (_, n) => `pe-${n}`);
    for (const endpoint of asked) await hosts.ask(endpoint, "customer");
    await hosts.ask("pe-s", "stranger");
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(hosts.hosts.map((host) => reviewService(hosts.ref, "event", host.ports)));
      hosts.pass(60);
    }
    for (const host of hosts.hosts) await hosts.work(host);
    const approved = Object.fromEntries(asked.map((endpoint) => [endpoint, "Approved"]));
    await assertNoHarm(hosts, { ...approved, "pe-s": "Pending" });
  });
});

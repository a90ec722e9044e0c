import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Begun, Lease, Watch, WatchedService } from "../../src/workflow/ports.ts";
import { aServiceRef } from "../builders.ts";
import type { FakeClock } from "../fakes/clock.ts";

type World = {
  readonly clock: FakeClock;
  readonly host: () => Watch;
  /** How many messages wait, visible or not. */
  readonly waiting: () => Promise<number>;
  /** Takes the next visible message, as a queue trigger does. */
  readonly take: () => Promise<{ readonly serviceId: string; readonly door: string } | undefined>;
};
export type OpenWatch = () => Promise<World>;

const service = aServiceRef();

/** What every Watch keeps: wake-ups are few and none gets lost; one host at a time holds a service. */
export function watchContract(name: string, open: OpenWatch): void {
  describe(`Watch contract: ${name}`, () => {
    wakeContract(open);
    oddContract(open);
    leaseContract(open);
    sweepContract(open);
  });
}

function wakeContract(open: OpenWatch): void {
  it("sends one message for many wake-ups of a service", async () => {
    const { host, waiting, take } = await open();
    await Promise.all(Array.from({ length: 5 }, () => host().wake(service, "event")));
    assert.equal(await waiting(), 1);
    const message = await take();
    assert.deepEqual([message?.serviceId.toLowerCase(), message?.door], [service.id, "event"]);
    assert.equal(await take(), undefined);
  });

  it("sends a message for each service", async () => {
    const { host, waiting } = await open();
    await host().wake(service, "event");
    await host().wake(aServiceRef("pls-b"), "timer");
    assert.equal(await waiting(), 2);
  });

  it("sends a new message once the review has begun and ended", async () => {
    const { host, waiting } = await open();
    const watch = host();
    await watch.wake(service, "event");
    await watch.end(leaseOf(await watch.begin(service)), mark());
    await host().wake(service, "event");
    assert.equal(await waiting(), 2);
  });

  it("sends a message at once although a delayed one is on its way", async () => {
    const { host, waiting, take } = await open();
    await host().wake(service, "timer", 600);
    assert.equal(await take(), undefined);
    await host().wake(service, "event");
    await host().wake(service, "event", 30);
    assert.equal(await waiting(), 2);
    assert.equal((await take())?.door, "event");
  });

  it("sends whoever found the service busy a message for the end of the lease, in case its holder is dead", async () => {
    const { clock, host, waiting, take } = await open();
    const watch = host();
    await watch.begin(service);
    for (const delay of [2, 2, 5]) {
      assert.equal((await host().begin(service)).kind, "busy");
      await host().wake(service, "event", delay);
    }
    assert.equal(await take(), undefined);
    assert.ok((await waiting()) >= 1);
    clock.advance(61);
    assert.equal((await host().begin(service)).kind, "leased");
  });

  it("takes an overdue message for lost", async () => {
    const { clock, host, waiting } = await open();
    await host().wake(service, "event", 60);
    clock.advance(60 + 119);
    await host().wake(service, "event", 0);
    assert.equal(await waiting(), 1);
    clock.advance(2);
    await host().wake(service, "event", 0);
    assert.equal(await waiting(), 2);
  });
}

/** What queues and clocks do beside the rules. */
function oddContract(open: OpenWatch): void {
  it("does no harm by a message that comes twice, or after all is done", async () => {
    const { host } = await open();
    const watch = host();
    await watch.wake(service, "event");
    for (let delivery = 0; delivery < 3; delivery += 1) {
      assert.equal(await watch.end(leaseOf(await watch.begin(service)), mark()), false);
    }
    assert.equal((await only(watch)).lookAgainAt, null);
  });

  it("wakes at once where the delay is over already, and within a week however long it is", async () => {
    const { host, take, waiting } = await open();
    await host().wake(service, "timer", -30);
    assert.ok(await take());
    await host().wake(aServiceRef("pls-far"), "timer", 400 * 24 * 3600);
    assert.deepEqual([await take(), await waiting()], [undefined, 1]);
    await host().wake(aServiceRef("pls-far"), "event");
    assert.ok(await take(), "whoever asks now is not kept waiting by it");
  });

  it("keeps what was seen before when a review saw nothing", async () => {
    const { clock, host } = await open();
    const watch = host();
    const at = clock.now();
    await watch.end(leaseOf(await watch.begin(service)), mark("seen"));
    clock.advance(60);
    const lookAgainAt = new Date(clock.now().getTime() + 900_000);
    await watch.end(leaseOf(await watch.begin(service)), { lookAgainAt });
    const { comingAt: _, ...seen } = (await only(watch)) ?? {};
    assert.deepEqual(seen, { ref: service, digest: "seen", lookAgainAt, lastReviewedAt: at });
  });

  it("is not confused by a host whose clock is five minutes off: a wake-up is never lost by it", async () => {
    for (const minutes of [5, -5]) {
      const { clock, host, waiting } = await open();
      clock.advance(minutes * 60);
      await host().wake(service, "event", 0);
      clock.advance(-minutes * 60);
      await host().wake(service, "event", 0);
      assert.ok((await waiting()) >= 1);
      assert.equal((await host().begin(service)).kind, "leased");
    }
  });

  it("lets a lease of a host whose clock is ahead run out some minutes late, and no later", async () => {
    const { clock, host } = await open();
    clock.advance(300);
    await host().begin(service);
    clock.advance(-300);
    assert.equal((await host().begin(service)).kind, "busy");
    clock.advance(361);
    assert.equal((await host().begin(service)).kind, "leased");
  });
}

function leaseContract(open: OpenWatch): void {
  it("gives the lease to one of many at the same time", async () => {
    const { host } = await open();
    const begun = await Promise.all(Array.from({ length: 5 }, () => host().begin(service)));
    assert.deepEqual(begun.map(({ kind }) => kind).sort(), ["busy", "busy", "busy", "busy", "leased"]);
  });

  it("says until when a service is busy", async () => {
    const { clock, host } = await open();
    await host().begin(service);
    const until = new Date(clock.now().getTime() + 60_000);
    assert.deepEqual(await host().begin(service), { kind: "busy", until });
  });

  it("gives the lease to another once it ran out, and its first holder may not write any more", async () => {
    const { clock, host } = await open();
    const [first, second] = [host(), host()];
    const lost = leaseOf(await first.begin(service));
    clock.advance(61);
    const lease = leaseOf(await second.begin(service));
    assert.deepEqual([lost.mayWrite(), lease.mayWrite()], [false, true]);
    assert.equal(await lost.renew(), false);
    assert.equal(await first.end(lost, mark("old")), false);
    assert.equal((await second.begin(service)).kind, "busy");
    assert.equal((await only(second)).digest, null);
  });

  it("lets its holder write until shortly before the end, and longer after a renewal", async () => {
    const { clock, host } = await open();
    const lease = leaseOf(await host().begin(service));
    clock.advance(45);
    assert.equal(lease.mayWrite(), true);
    clock.advance(10);
    assert.equal(lease.mayWrite(), false);
    assert.equal(await lease.renew(), true);
    clock.advance(45);
    assert.equal(lease.mayWrite(), true);
    assert.equal((await host().begin(service)).kind, "busy");
  });

  it("tells at the end whether somebody asked again, whoever it was and however often", async () => {
    const { host, waiting } = await open();
    const watch = host();
    await watch.wake(service, "event");
    const quiet = leaseOf(await watch.begin(service));
    assert.equal(await watch.end(quiet, mark()), false);

    const disturbed = leaseOf(await watch.begin(service));
    await host().wake(service, "event");
    await host().wake(service, "event");
    assert.equal(await watch.end(disturbed, mark()), true);
    assert.equal(await waiting(), 1, "the holder was told, so no message was needed");

    assert.equal(await watch.end(leaseOf(await watch.begin(service)), mark()), false);
  });

  it("tells at the end that somebody found the service busy", async () => {
    const { host } = await open();
    const watch = host();
    const lease = leaseOf(await watch.begin(service));
    assert.equal((await host().begin(service)).kind, "busy");
    assert.equal(await watch.end(lease, mark()), true);
  });

  it("holds a renewed lease that was asked again in between", async () => {
    const { host } = await open();
    const watch = host();
    const lease = leaseOf(await watch.begin(service));
    await host().wake(service, "event");
    assert.equal(await lease.renew(), true);
    assert.equal(await watch.end(lease, mark()), true);
  });
}

function sweepContract(open: OpenWatch): void {
  it("lists every service with what its last review left", async () => {
    const { clock, host } = await open();
    const watch = host();
    await watch.wake(aServiceRef("PLS-B"), "event");
    const at = clock.now();
    const lookAgainAt = new Date(at.getTime() + 300_000);
    await watch.end(leaseOf(await watch.begin(service)), { digest: "d1", lookAgainAt });
    const listed = await host().list();
    assert.deepEqual(
      listed.find(({ ref }) => ref.id === service.id),
      { ref: service, digest: "d1", lookAgainAt, lastReviewedAt: at, comingAt: null },
    );
    const other = listed.find(({ ref }) => ref.id === aServiceRef("pls-b").id);
    assert.deepEqual([other?.ref, other?.digest, other?.lastReviewedAt], [aServiceRef("PLS-B"), null, null]);
    assert.equal(listed.length, 2);
  });

  it("tells when a wake-up that is on its way shows, until it counts as lost", async () => {
    const { clock, host } = await open();
    const at = clock.now();
    await host().wake(service, "timer", 100);
    const shows = new Date(at.getTime() + 100_000);
    assert.deepEqual((await only(host())).comingAt, shows);
    clock.advance(219);
    assert.deepEqual((await only(host())).comingAt, shows);
    clock.advance(1);
    assert.equal((await only(host())).comingAt, null);
    await host().begin(service);
    assert.equal((await only(host())).comingAt, null);
  });

  it("is settled when a review ended with nothing left to look at", async () => {
    const { host } = await open();
    const watch = host();
    await watch.wake(service, "event");
    await watch.end(leaseOf(await watch.begin(service)), mark());
    assert.equal((await only(watch)).lookAgainAt, null);
  });

  const unfinished: Readonly<Record<string, (watch: Watch, other: Watch) => Promise<unknown>>> = {
    "whose message got lost": (watch) => watch.wake(service, "event"),
    "whose holder died": (watch) => watch.begin(service),
    "whose review failed": async (watch) => watch.end(leaseOf(await watch.begin(service)), undefined),
    "whose holder died after it was told to look again": async (watch, other) => {
      const lease = leaseOf(await watch.begin(service));
      await other.wake(service, "event");
      await watch.end(lease, mark());
    },
  };
  for (const [what, act] of Object.entries(unfinished)) {
    it(`shows a service ${what} as due`, async () => {
      const { clock, host } = await open();
      await act(host(), host());
      clock.advance(121);
      const { lookAgainAt } = await only(host());
      assert.ok(lookAgainAt && lookAgainAt <= clock.now(), `not due: ${lookAgainAt?.toISOString()}`);
    });
  }
}

async function only(watch: Watch): Promise<WatchedService> {
  const [one, ...others] = await watch.list();
  assert.ok(one && others.length === 0);
  return one;
}

function leaseOf(begun: Begun): Lease {
  assert.ok(begun.kind === "leased", "the service is busy");
  return begun.lease;
}

function mark(digest = "d") {
  return { digest, lookAgainAt: null };
}

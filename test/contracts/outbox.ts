import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { canonical } from "../../src/ledger/chain.ts";
import type { OutboxEntry, Step } from "../../src/ledger/commit.ts";
import type { Ledger, Outbox } from "../../src/workflow/ports.ts";
import { aConnectionRef, aServiceRef, request, step } from "../builders.ts";
import type { FakeClock } from "../fakes/clock.ts";

type Host = { readonly ledger: Ledger; readonly outbox: Outbox };
export type OpenOutbox = () => Promise<{ readonly clock: FakeClock; readonly host: () => Host }>;

/** What every Outbox keeps, seen by the host that committed and by one that finds what it left. */
export function outboxContract(name: string, open: OpenOutbox): void {
  describe(`Outbox contract: ${name}`, () => {
    leftOverContract(open);
    claimContract(open);
  });
}

function leftOverContract(open: OpenOutbox): void {
  it("shows another host what was left to do, once it is old enough", async () => {
    const { clock, host } = await open();
    const left = await leave(host(), step({ notify: true }));
    const other = host().outbox;
    assert.deepEqual(await other.leftOver(clock.now(), 10), []);
    clock.advance(1);
    assert.deepEqual(sorted(await other.leftOver(clock.now(), 10)), sorted(left));
  });

  it("finds what was left on every service, and gives no more than was asked for", async () => {
    const { clock, host } = await open();
    const committer = host();
    const left: OutboxEntry[] = [];
    for (const name of ["pls-a", "pls-b", "pls-c"]) {
      left.push(...(await leave(committer, step({ request: request({}, aConnectionRef("pe.1", aServiceRef(name))) }))));
    }
    clock.advance(1);
    const other = host().outbox;
    assert.deepEqual(sorted(await other.leftOver(clock.now(), 10)), sorted(left));
    assert.equal((await other.leftOver(clock.now(), 2)).length, 2);
  });

  it("counts what waits and says since when", async () => {
    const { clock, host } = await open();
    const { outbox, ledger } = host();
    assert.deepEqual(await outbox.waiting(), { count: 0, oldest: null });
    const since = clock.now();
    const [index] = await leave({ ledger, outbox }, step({ notify: true }));
    clock.advance(60);
    await leave({ ledger, outbox }, step({ request: request({}, aConnectionRef("pe-2.1")) }));
    assert.deepEqual(await host().outbox.waiting(), { count: 3, oldest: since });
    assert.ok(index);
    await outbox.done(index);
    assert.equal((await outbox.waiting()).count, 2);
  });
}

function claimContract(open: OpenOutbox): void {
  it("gives an entry to one host at a time, until the claim runs out", async () => {
    const { clock, host } = await open();
    const [entry] = await leave(host(), step());
    assert.ok(entry);
    const claims = await Promise.all(Array.from({ length: 4 }, () => host().outbox.claim(entry, 60)));
    assert.deepEqual(claims.sort(), [false, false, false, true]);
    clock.advance(59);
    assert.equal(await host().outbox.claim(entry, 60), false);
    clock.advance(2);
    assert.equal(await host().outbox.claim(entry, 60), true);
  });

  it("does not show an entry that somebody is at", async () => {
    const { clock, host } = await open();
    const [entry] = await leave(host(), step());
    assert.ok(entry);
    clock.advance(120);
    await host().outbox.claim(entry, 60);
    assert.deepEqual(await host().outbox.leftOver(clock.now(), 10), []);
    clock.advance(61);
    assert.deepEqual(await host().outbox.leftOver(clock.now(), 10), [entry]);
  });

  it("keeps an entry that fails away for longer each time, and shows the others before it", async () => {
    const { clock, host } = await open();
    const [failing] = await leave(host(), step());
    assert.ok(failing);
    const waits: number[] = [];
    for (let tries = 0; tries < 7; tries += 1) {
      assert.equal(await host().outbox.claim(failing, 30), true);
      let seconds = 0;
      while ((await host().outbox.leftOver(clock.now(), 10)).length === 0) {
        clock.advance(15);
        seconds += 15;
      }
      waits.push(seconds);
    }
    assert.deepEqual(waits, [30, 60, 120, 240, 480, 900, 900]);
    const [fresh] = await leave(host(), step({ request: request({}, aConnectionRef("pe-2.1")) }));
    clock.advance(1);
    assert.deepEqual(await host().outbox.leftOver(clock.now(), 1), [fresh]);
  });

  it("calls stuck what was tried ten times or waits for a day, with why; a retry makes it due", async () => {
    const { clock, host } = await open();
    const since = clock.now();
    const [entry] = await leave(host(), step());
    assert.ok(entry);
    const { outbox } = host();
    for (let tries = 1; tries <= 9; tries += 1) {
      await outbox.claim(entry, 30);
      clock.advance(901);
    }
    assert.deepEqual(await outbox.stuck(), []);
    await outbox.claim(entry, 30);
    await outbox.failed(entry, "its request cannot be found");
    assert.deepEqual(await host().outbox.stuck(), [{ entry, since, tries: 10, why: "its request cannot be found" }]);
    assert.deepEqual(await outbox.leftOver(clock.now(), 10), []);
    await outbox.retry(entry);
    assert.deepEqual([await outbox.stuck(), await outbox.leftOver(clock.now(), 10)], [[], [entry]]);
    clock.advance(24 * 3600);
    assert.deepEqual((await outbox.stuck()).length, 1);
    await outbox.done(entry);
    await outbox.failed(entry, "too late");
    await outbox.retry(entry);
    assert.deepEqual([await outbox.stuck(), await outbox.waiting()], [[], { count: 0, oldest: null }]);
  });

  it("forgets an entry that is done, told once or twice", async () => {
    const { clock, host } = await open();
    const [entry] = await leave(host(), step());
    assert.ok(entry);
    await host().outbox.done(entry);
    await host().outbox.done(entry);
    clock.advance(120);
    assert.equal(await host().outbox.claim(entry, 60), false);
    assert.deepEqual(await host().outbox.leftOver(clock.now(), 10), []);
  });
}

async function leave(host: Host, told: Step): Promise<readonly OutboxEntry[]> {
  const committed = await host.ledger.commit(told);
  assert.ok(committed.kind === "committed");
  return committed.outbox;
}

function sorted(entries: readonly OutboxEntry[]): readonly string[] {
  return entries.map(canonical).sort();
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TableClient } from "@azure/data-tables";
import { openLedger } from "../../../src/azure/ledger.ts";
import { verifyChain } from "../../../src/ledger/chain.ts";
import { serviceKey } from "../../../src/requests/request-id.ts";
import { aServiceRef, request, step } from "../../builders.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { breakWire, type Fate, fates } from "../lossy-wire.ts";
import type { StorageWorld } from "../storage-world.ts";

const service = serviceKey(aServiceRef().id);

/** The ledger on a wire that loses requests and answers: nothing is lost, nothing is done twice. */
export function lostAnswersSuite(world: StorageWorld): void {
  describe("a ledger whose answers get lost", () => {
    const cases: Readonly<Record<string, readonly Fate[]>> = {
      "once, and the repetition finds the step done": ["lost"],
      "before the transaction arrives": ["dropped"],
      "in all four tries of one attempt, the first of which arrived": ["lost", "dropped", "dropped", "dropped"],
      "in all four tries of one attempt, none of which arrived": ["dropped", "dropped", "dropped", "dropped"],
      "again and again": ["dropped", "lost", "lost", "dropped", "lost"],
    };
    for (const [name, wire] of Object.entries(cases)) {
      it(`${name}: the step is committed once, with all that belongs to it`, async () => {
        const { storage, again } = await world.storage("ledger");
        const clock = new FakeClock();
        breakWire(storage.ledger, fates("POST", ...wire));
        const { ledger } = openLedger(storage.ledger, clock);

        const told = step({ notify: true });
        const committed = await ledger.commit(told);

        assert.equal(committed.kind, "committed");
        assert.deepEqual(committed.kind === "committed" && committed.stored, await ledger.request(told.request.id));
        assert.deepEqual(
          committed.kind === "committed" && committed.outbox.map(({ kind, firstSeq, seq }) => [kind, firstSeq, seq]),
          [
            ["index", 1, 1],
            ["notify", 1, 1],
          ],
        );
        await assertOnce(again().ledger, clock);
      });
    }

    it("and whose host then dies: the next host is told that the step is done, and finds its effects", async () => {
      const { storage, again } = await world.storage("ledger");
      const clock = new FakeClock();
      let dead = false;
      breakWire(storage.ledger, (method) => {
        if (dead) return "dropped";
        dead = method === "POST";
        return dead ? "lost" : "passes";
      });
      const told = step({ notify: true });
      await assert.rejects(openLedger(storage.ledger, clock).ledger.commit(told), {
        name: "PlgateError",
        retryable: true,
        message: /no certain answer from storage/,
      });

      const { ledger, outbox } = openLedger(again().ledger, clock);
      assert.equal((await ledger.commit(told)).kind, "already-there");
      clock.advance(1);
      const left = await outbox.leftOver(clock.now(), 10);
      assert.deepEqual(left.map(({ kind }) => kind).sort(), ["index", "notify"]);
      await assertOnce(again().ledger, clock);
    });

    it("does not take another host's change for its own", async () => {
      const { storage, again } = await world.storage("ledger");
      const clock = new FakeClock();
      const begun = await openLedger(again().ledger, clock).ledger.commit(step());
      assert.ok(begun.kind === "committed");
      const { stored } = begun;
      const approving = { request: { ...stored.request, state: "approving" }, expected: stored.etag } as const;
      const rejecting = { request: { ...stored.request, state: "rejecting" }, expected: stored.etag } as const;
      breakWire(storage.ledger, fates("POST", "dropped", "dropped", "dropped", "dropped"));

      const [committed, other] = await Promise.all([
        openLedger(storage.ledger, clock).ledger.commit(step(approving)),
        openLedger(again().ledger, clock).ledger.commit(step(rejecting)),
      ]);

      assert.equal(other.kind, "committed");

      assert.equal(committed.kind, "conflict");
      assert.equal((await openLedger(again().ledger, clock).ledger.request(request().id))?.request.state, "rejecting");
    });

    it("says what to check when the table is not there", async () => {
      const { storage } = await world.storage();
      await assert.rejects(openLedger(storage.ledger, new FakeClock()).ledger.commit(step()), {
        name: "PlgateError",
        retryable: true,
        message: /does not exist/,
      });
    });
  });
}

async function assertOnce(table: TableClient, clock: FakeClock): Promise<void> {
  const { ledger, outbox } = openLedger(table, clock);
  const verified = await verifyChain(ledger.events(service), await ledger.head(service));
  assert.deepEqual([verified.ok, verified.events], [true, 1]);
  assert.equal((await outbox.waiting()).count, 2);
}

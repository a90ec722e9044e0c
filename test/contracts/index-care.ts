import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { emptyHead, link } from "../../src/ledger/chain.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import type { IndexCare, IndexFault } from "../../src/workflow/audit-ports.ts";
import type { Index } from "../../src/workflow/ports.ts";
import { aServiceRef, event, noon } from "../builders.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeLedger } from "../fakes/ledger.ts";
import { collect } from "./ledger-reads.ts";

const chain = serviceKey(aServiceRef().id);

/** What care of the lists has to keep, however they are stored. */
export function indexCareContract(
  name: string,
  open: () => Promise<{ readonly index: Index; readonly care: IndexCare }>,
): void {
  const { events, head } = link(emptyHead, [event(), event({ kind: "evaluated" }), event({ kind: "decided" })]);

  async function faults(care: IndexCare, told = events, end = head.seq): Promise<readonly IndexFault[]> {
    const check = await care.check();
    for (const one of told) check.expect(chain, one);
    return collect(check.faults(new Map([[chain, end]]), trailOf(told)));
  }

  describe(`IndexCare contract: ${name}`, () => {
    it("finds nothing where the lists show what happened", async () => {
      const { index, care } = await open();
      await index.addEvents(chain, events);
      assert.deepEqual(await faults(care), []);
    });

    it("finds what is missing, and restores it", async () => {
      const { index, care } = await open();
      await index.addEvents(chain, events.slice(0, 2));
      const missing = await faults(care);
      assert.ok(missing.length > 0 && missing.every(({ seq, problem }) => seq === 3 && problem === "missing"));
      await care.restore(chain, events.slice(2));
      assert.deepEqual(await faults(care), []);
    });

    it("finds what belongs to no event, and removes it", async () => {
      const { index, care } = await open();
      await index.addEvents(chain, events);
      const strays = await faults(care, events.slice(0, 2));
      assert.ok(strays.length > 0 && strays.every(({ seq, problem }) => seq === 3 && problem === "of no event"));
      for (const stray of strays) await care.removeRow(stray);
      assert.deepEqual(await faults(care, events.slice(0, 2)), []);
    });

    it("raises the floor and never lowers it, removes what lies below, and misses nothing there", async () => {
      const { index, care } = await open();
      assert.equal(await care.floor(), null);
      const young = link(head, [event({ time: "2027-01-01T00:00:00.000Z" })]);
      await index.addEvents(chain, [...events, ...young.events]);
      const floor = new Date("2026-12-01T00:00:00.000Z");
      assert.deepEqual(await care.raiseFloor(floor), floor);
      assert.deepEqual(await care.raiseFloor(new Date(noon)), floor);
      assert.deepEqual(
        [await care.floor(), await care.removeBelowFloor(() => true)],
        [floor, { removed: 3, done: true }],
      );
      assert.equal((await index.searchAudit({ top: 10 })).entries.length, 1);
      assert.deepEqual(await faults(care, [...events, ...young.events], young.head.seq), []);
    });

    it("remembers how far a rebuild came", async () => {
      const { care } = await open();
      assert.equal(await care.rebuilt(), null);
      await care.setRebuilt(chain);
      assert.equal(await care.rebuilt(), chain);
      await care.setRebuilt(null);
      assert.equal(await care.rebuilt(), null);
    });
  });
}

function trailOf(told: ReturnType<typeof link>["events"]) {
  const ledger = new FakeLedger(new FakeClock());
  return Object.assign(ledger, {
    newestFirst: async function* () {
      yield* told.toReversed().map((one) => ({ seq: one.seq, event: one }));
    },
    headOf: async () => ({ head: { seq: told.length, hash: "" } }),
  });
}

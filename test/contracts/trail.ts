import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { policyChain, serviceKey } from "../../src/requests/request-id.ts";
import type { Trail } from "../../src/workflow/audit-ports.ts";
import type { Ledger } from "../../src/workflow/ports.ts";
import { aConnectionRef, aServiceRef, event, request, step } from "../builders.ts";
import { collect, committedBy } from "./ledger-reads.ts";

const service = serviceKey(aServiceRef().id);

/** What an auditor reads of what was committed. */
export function trailContract(
  name: string,
  open: () => Promise<{ readonly ledger: Ledger; readonly trail: Trail }>,
): void {
  describe(`Trail contract: ${name}`, () => {
    it("knows no chain before anything was committed, and each after, whatever it is about", async () => {
      const { ledger, trail } = await open();
      assert.deepEqual(await collect(trail.chains()), []);
      const services = Array.from({ length: 9 }, (_, n) => aServiceRef(`pls-${n}`));
      for (const of of services) {
        await committedBy(ledger, step({ request: request({}, aConnectionRef("pe-1.1", of)) }));
      }
      await ledger.note({ key: "n", chain: policyChain, after: null, events: [event()] });
      const expected = [policyChain, ...services.map(({ id }) => serviceKey(id))];
      assert.deepEqual((await collect(trail.chains())).sort(), expected.sort());
    });

    it("gives head and events, the newest first, all or from a number down", async () => {
      const { ledger, trail } = await open();
      assert.deepEqual(await trail.headOf(service), { head: { seq: 0, hash: "0".repeat(64) } });
      for (const n of [1, 2, 3]) {
        await committedBy(ledger, step({ request: request({}, aConnectionRef(`pe-${n}.1`)) }));
      }
      const seqs = async (last?: number) => (await collect(trail.newestFirst(service, last))).map(({ seq }) => seq);
      assert.deepEqual([await seqs(), await seqs(2), await seqs(0)], [[3, 2, 1], [2, 1], []]);
      assert.deepEqual(await trail.headOf(service), { head: await ledger.head(service) });
    });

    it("gives each request with the event that left it, the marks of the open ones, and what is not in the lists yet", async () => {
      const { ledger, trail } = await open();
      const begun = await committedBy(ledger, step({ request: request({}, aConnectionRef("pe-1.1")) }));
      await committedBy(ledger, step({ request: request({}, aConnectionRef("pe-2.1")) }));
      const ended = { ...begun.request, state: "withdrawn" } as const;
      await committedBy(ledger, step({ request: ended, expected: begun.etag, events: [event({}, ended)] }));
      const states = (await collect(trail.states(service))).map((one) =>
        "request" in one ? [one.request.state, one.seq] : [one.problem],
      );
      assert.deepEqual(states.sort(), [
        ["received", 2],
        ["withdrawn", 3],
      ]);
      assert.equal((await trail.openMarks(service)).size, 1);
      const spans = (await trail.notYetIndexed(service)).map(({ firstSeq, seq }) => [firstSeq, seq]);
      assert.deepEqual(spans.sort(), [
        [1, 1],
        [2, 2],
        [3, 3],
      ]);
      assert.deepEqual(await trail.segments(service), []);
    });
  });
}

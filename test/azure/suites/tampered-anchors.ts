import assert from "node:assert/strict";
import { it } from "node:test";
import { rowsOf } from "../../../src/azure/rows.ts";
import type { AuditEvent } from "../../../src/ledger/event.ts";
import { anchorChains } from "../../../src/workflow/anchor-chains.ts";
import type { AnchorFiles } from "../../../src/workflow/audit-ports.ts";
import { verifyAudit } from "../../../src/workflow/verify-audit.ts";
import { mortal } from "../../workflow/mortal-host.ts";
import { anEmptyRecord, aRecord, begin, chain, rewrite, service } from "../a-record.ts";
import { forgetLastRequest, type Hand, problems, removeFromLists } from "../hands.ts";
import type { StorageWorld } from "../storage-world.ts";

/** The work of somebody who knows how the record is made: only anchors show it, and only up to the last one. */
export function whatOnlyAnchorsShow(world: StorageWorld): void {
  const hands: Readonly<Record<string, readonly [Hand, RegExp]>> = {
    "a chain that was rewritten from the middle with right hashes, lists and all": [
      (record) => rewrite(record, (event) => (event.seq === 5 ? { ...event, what: "Nothing happened." } : event)),
      /event 14 is not the one that was anchored/,
    ],
    "a last request that was taken back as if it had never been": [
      (record) => forgetLastRequest(record),
      /event 14 was anchored at .*, and the chain ends at 12/,
    ],
    "a chain that was removed as a whole": [
      async (record) => {
        for await (const row of rowsOf(record.table, `PartitionKey eq '${chain}'`)) {
          await record.table.deleteEntity(chain, row.rowKey);
        }
        await removeFromLists(record, 0);
      },
      /event 14 was anchored at .*, and the chain ends at 0/,
    ],
  };
  for (const [what, [tamper, expected]] of Object.entries(hands)) {
    it(`passes over ${what}; with them it is found`, async () => {
      const record = await aRecord(world);
      await anchorChains(record);
      await tamper(record);
      assert.deepEqual(problems(await verifyAudit({ anchors: false, index: true }, record)), []);
      assert.match(problems(await verifyAudit({ anchors: true, index: true }, record)).join("\n"), expected);
    });
  }

  it("and with them, passes over what was rewritten after the last anchor: one interval stays open", async () => {
    const record = await aRecord(world);
    await anchorChains(record);
    await begin(record, service, "pe-5.1");
    const change = (event: AuditEvent) => (event.seq === 15 ? { ...event, what: "Nothing happened." } : event);
    await rewrite(record, change);
    assert.deepEqual(problems(await verifyAudit({ anchors: true, index: true }, record)), []);
    await anchorChains(record);
    await rewrite(record, (event) => (event.seq === 15 ? { ...event, what: "Something else." } : event));
    assert.match(problems(await verifyAudit({ anchors: true, index: true }, record)).join(), /event 16 is not the one/);
  });

  it("and the timer says at its next run that a chain is not what was anchored", async () => {
    const record = await aRecord(world);
    assert.deepEqual((await anchorChains(record)).broken, []);
    await begin(record, service, "pe-5.1");
    assert.deepEqual((await anchorChains(record)).broken, [], "a chain that only grew");
    await rewrite(record, (event) => (event.seq === 5 ? { ...event, what: "Nothing happened." } : event));
    const { broken } = await anchorChains(record);
    assert.deepEqual(broken, [{ chain, problem: "event 16 is not the one that was anchored" }]);
  });
}

/** Anchors that somebody changed, and anchors that several hosts make. */
export function tamperedAnchors(world: StorageWorld): void {
  const hands: Readonly<Record<string, readonly [(text: string) => string, RegExp]>> = {
    "a head that was edited": [(text) => text.replace(/,14,/, ",13,"), /holds other heads than its digest says/],
    "an anchor that was taken out": [
      (text) => text.split("\n").slice(2).join("\n"),
      /does not follow from the one before it|holds other heads/,
    ],
    "a line that is no anchor": [(text) => `${text}{"anchor":1}\n`, /line \d+ of the anchors of .* cannot be read/],
  };
  for (const [what, [change, expected]] of Object.entries(hands)) {
    it(`names ${what}`, async () => {
      const record = await aRecord(world);
      await anchorChains(record);
      await begin(record, service, "pe-6.1");
      const { day } = await anchorChains(record);
      const { text, length } = await record.anchors.read(day);
      const read = async () => ({ text: change(text), length });
      const files: AnchorFiles = { days: async () => [day], read, append: async () => false };
      const verdict = await verifyAudit({ anchors: true, index: false }, { ...record, anchors: files });
      assert.match(problems(verdict).join("\n"), expected);
    });
  }

  it("leaves out of account what somebody began and did not close", async () => {
    const record = await aRecord(world);
    const { day } = await anchorChains(record);
    const { length } = await record.anchors.read(day);
    assert.ok(await record.anchors.append(day, `{"anchor":"x","heads":[["${chain}",99,"00"]]}\n`, length));
    await anchorChains(record);
    const verdict = await verifyAudit({ anchors: true, index: false }, record);
    assert.deepEqual([problems(verdict), verdict.anchors?.count], [[], 2]);
  });

  it("goes from day to day, and a host whose clock is behind adds to the last", async () => {
    const record = await aRecord(world);
    const first = await anchorChains(record);
    record.clock.advance(24 * 3600);
    const second = await anchorChains(record);
    record.clock.advance(-24 * 3600);
    const third = await anchorChains(record);
    assert.deepEqual([second.day > first.day, third.day], [true, second.day]);
    const verdict = await verifyAudit({ anchors: true, index: false }, record);
    assert.deepEqual([problems(verdict), verdict.anchors?.count], [[], 3]);
  });

  it("are whole or do not count, wherever their host was killed", async () => {
    for (const moment of ["before", "after"] as const) {
      for (let calls = 1; ; calls += 1) {
        const record = await anEmptyRecord(world);
        await begin(record, service, "pe-1.1");
        const host = mortal({ anchors: record.anchors }, ["anchors"], calls, moment);
        await anchorChains({ ...record, ...host.ports }).catch((error: unknown) =>
          assert.ok(host.died(), String(error)),
        );
        await begin(record, service, "pe-2.1");
        assert.deepEqual((await anchorChains(record)).broken, []);
        assert.deepEqual(problems(await verifyAudit({ anchors: true, index: false }, record)), []);
        if (!host.died()) break;
      }
    }
  });

  it("are each whole, though several hosts anchor at once", async () => {
    const record = await aRecord(world);
    await Promise.all([1, 2, 3].map(() => anchorChains(record)));
    const verdict = await verifyAudit({ anchors: true, index: false }, record);
    assert.deepEqual([problems(verdict), verdict.anchors?.count], [[], 3]);
  });
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readEvent } from "../../../src/azure/ledger-rows.ts";
import { stateAfter } from "../../../src/ledger/state-after.ts";
import type { ApprovalRequest } from "../../../src/requests/request.ts";
import { anchorChains } from "../../../src/workflow/anchor-chains.ts";
import { verifyAudit } from "../../../src/workflow/verify-audit.ts";
import { customer } from "../../builders.ts";
import { aRecord, chain, eventKey, putEvent, putHead, rowsOfChain, service } from "../a-record.ts";
import { edit, editRequest, type Hand, hashOf, never, problems, requestRows, writeRequest } from "../hands.ts";
import type { StorageWorld } from "../storage-world.ts";
import { tamperedAnchors, whatOnlyAnchorsShow } from "./tampered-anchors.ts";
import { tamperedLists } from "./tampered-lists.ts";

/** What somebody can do who administers the tables, and how it shows. Each hand works past every adapter. */
export function tamperingSuite(world: StorageWorld): void {
  describe("verification, of a record that was tampered with", () => {
    it("finds nothing in one that nobody touched", async () => {
      const record = await aRecord(world);
      await anchorChains(record);
      const verdict = await verifyAudit({ anchors: true, index: true }, record);
      assert.deepEqual(problems(verdict), []);
      const { ok, events, anchors, index } = verdict;
      assert.deepEqual([ok, events, anchors?.count, index], [true, 19, 1, "verified"]);
      assert.deepEqual(verdict.chains.map(({ service: name }) => name.split("/").at(-1)).sort(), [
        "pls-a",
        "pls-b",
        "policies",
      ]);
    });

    describe("names", () => shown(world));
    describe("without anchors", () => whatOnlyAnchorsShow(world));
    describe("of the lists", () => tamperedLists(world));
    describe("of the anchors", () => tamperedAnchors(world));
  });
}

const changes: Readonly<Record<string, readonly [Hand, RegExp]>> = {
  "an event that was edited": [
    (record) => edit(record, 5, (event) => ({ ...event, what: "Nothing happened." })),
    /event 5 was altered/,
  ],
  "an event whose actor was replaced": [
    (record) => edit(record, 7, (event) => ({ ...event, who: { kind: "outside" } })),
    /event 7 was altered/,
  ],
  "an event whose columns alone were edited": [
    ({ table }) => table.updateEntity({ partitionKey: chain, rowKey: eventKey(5), kind: "expired" }, "Merge"),
    /event 5 was altered: its columns say something else/,
  ],
  "a word that was put into an event beside the others": [
    (record) => edit(record, 5, (event) => Object.assign({ ...event }, { remark: "all well" })),
    /event 5 was altered/,
  ],
  "an event that was deleted": [({ table }) => table.deleteEntity(chain, eventKey(5)), /event 5 is missing/],
  "events that were deleted from the beginning": [
    async ({ table }) => {
      for (const seq of [1, 2, 3]) await table.deleteEntity(chain, eventKey(seq));
    },
    /events 1 to 3 are missing/,
  ],
  "two events that changed places": [
    async ({ table }) => {
      const events = (await rowsOfChain(table)).map(readEvent);
      await putEvent(table, 5, events[5] ?? never());
      await putEvent(table, 6, events[4] ?? never());
    },
    /event 6 stands in the place of event 5/,
  ],
  "an event that was put in at the end": [
    async ({ table }) => {
      const events = (await rowsOfChain(table)).map(readEvent);
      await putEvent(table, 15, { ...(events[0] ?? never()), seq: 15 });
    },
    /event 15 stands behind the end of the chain: its head says 14/,
  ],
  "a forged number far behind the end": [
    async ({ table }) => {
      const events = (await rowsOfChain(table)).map(readEvent);
      await putEvent(table, 9_999_999_998, { ...(events[0] ?? never()), seq: 9_999_999_998 });
    },
    /event 9999999998 stands behind the end/,
  ],
  "an event that cannot be read": [
    ({ table }) => table.updateEntity({ partitionKey: chain, rowKey: eventKey(5), body0: "{" }, "Merge"),
    /event 5 cannot be read/,
  ],
  "a tail that was cut off": [({ table }) => table.deleteEntity(chain, eventKey(14)), /event 14 is missing/],
  "a tail that was cut off together with the head": [
    async ({ table }) => {
      const events = (await rowsOfChain(table)).map(readEvent);
      await table.deleteEntity(chain, eventKey(14));
      await putHead(table, { seq: 13, hash: events[12]?.hash ?? "" });
    },
    /no event explains the state of request/,
  ],
  "a head that was set back": [
    ({ table }) => putHead(table, { seq: 3, hash: "0".repeat(64) }),
    /event 4 stands behind the end|event 14 stands behind/,
  ],
  "a head that is gone": [
    ({ table }) => table.deleteEntity(chain, "~head"),
    /event 14 stands behind the end of the chain/,
  ],
  "a head that makes no sense": [
    async ({ table }) => {
      await table.upsertEntity({ partitionKey: chain, rowKey: "~head", v: 1, seq: "many" }, "Replace");
    },
    /the head of .* cannot be read/,
  ],
  "a rewritten middle whose later hashes are as they were": [
    async ({ table }) => {
      const events = (await rowsOfChain(table)).map(readEvent);
      const relinked = { ...(events[4] ?? never()), what: "Nothing." };
      await putEvent(table, 5, { ...relinked, hash: hashOf(relinked) });
    },
    /event 6 does not follow from the one before it/,
  ],
  "a request that was edited": [
    (record) => editRequest(record, (request) => ({ ...request, expiresAt: "2099-01-01T00:00:00.000Z" })),
    /request .* is not what event \d+ left/,
  ],
  "a request that was made approved by hand": [
    (record) => editRequest(record, (request) => ({ ...request, state: "approved" }), "awaiting-decision"),
    /it is approved, left was awaiting-decision/,
  ],
  "a request that was put back to what it was before": [
    async (record) => {
      const [row] = await requestRows(record, "approved");
      assert.ok(row);
      const events = (await rowsOfChain(record.table)).map(readEvent);
      const { id } = row.request;
      const seq = events.find((event) => event.requestId === id && event.after?.state === "approving")?.seq ?? 0;
      const before = { ...row.request, state: "approving", linkIdentifier: null } as const;
      assert.equal(stateAfter(before).sha256, events[seq - 1]?.after?.sha256, "the old state was not met");
      await writeRequest(record, row.rowKey, before, seq);
    },
    /is older than its last event/,
  ],
  "a request that is gone": [
    async (record) => {
      const [row] = await requestRows(record, "approved");
      await record.table.deleteEntity(chain, row?.rowKey ?? never());
    },
    /request .* is gone; event \d+ left it approved/,
  ],
  "a request that no event told of": [
    async (record) => {
      const [row] = await requestRows(record, "approved");
      assert.ok(row);
      const id = `${chain}-aaaaaaaaaa-1` as ApprovalRequest["id"];
      await writeRequest(record, "r|aaaaaaaaaa-99998", { ...row.request, id }, 14);
    },
    /no event explains the state of request .*-aaaaaaaaaa-1/,
  ],
  "a request that cannot be read": [
    async (record) => {
      const [row] = await requestRows(record, "approved");
      await record.table.updateEntity({ partitionKey: chain, rowKey: row?.rowKey ?? never(), body0: "{" }, "Merge");
    },
    /r\|.* cannot be read/,
  ],
  "a history of approvals that no consumer had": [
    async ({ table }) => {
      const key = { partitionKey: chain, rowKey: "h|77777777-0000-4000-8000-000000000007" };
      await table.createEntity({ ...key, v: 1, approved: true });
    },
    /no event explains the history of consumer 77777777-.*: approved before/,
  ],
  "a history that was forgotten": [
    ({ table }) => table.deleteEntity(chain, `h|${customer}`),
    /event 4 is forgotten in the history of consumer .*: approved before/,
  ],
  "an open request that no review would find": [
    async (record) => {
      const [row] = await requestRows(record, "awaiting-decision");
      await record.table.deleteEntity(chain, `o|${row?.request.id}`);
    },
    /is awaiting-decision but not marked as open/,
  ],
};

function shown(world: StorageWorld): void {
  for (const [what, [tamper, expected]] of Object.entries(changes)) {
    it(what, async () => {
      const record = await aRecord(world);
      await tamper(record);
      const verdict = await verifyAudit({ service, anchors: false, index: false }, record);
      assert.equal(verdict.ok, false);
      assert.match(problems(verdict).join("\n"), expected);
    });
  }

  it("the first break first, and goes on behind it", async () => {
    const record = await aRecord(world);
    await edit(record, 9, (event) => ({ ...event, what: "B" }));
    await edit(record, 5, (event) => ({ ...event, what: "A" }));
    const verdict = await verifyAudit({ service, anchors: false, index: false }, record);
    assert.deepEqual(problems(verdict), ["event 5 was altered", "event 9 was altered"]);
  });

  it("a chain that nobody watches any more, when all are verified", async () => {
    const record = await aRecord(world);
    await edit(record, 4, (event) => ({ ...event, what: "A" }));
    const verdict = await verifyAudit({ anchors: false, index: false }, record);
    assert.deepEqual(
      verdict.chains.filter(({ ok }) => !ok).map((one) => one.service),
      [service.id],
    );
  });
}

import assert from "node:assert/strict";
import { it } from "node:test";
import { bodyColumns, readBody } from "../../../src/azure/rows.ts";
import { verifyAudit } from "../../../src/workflow/verify-audit.ts";
import { aConnectionRef, request, step } from "../../builders.ts";
import { aRecord } from "../a-record.ts";
import { type Hand, nameIn, problems } from "../hands.ts";
import type { StorageWorld } from "../storage-world.ts";

/** Rows of lists that somebody edited, removed or put in, and how they show. */
export function tamperedLists(world: StorageWorld): void {
  const hands: Readonly<Record<string, readonly [Hand, RegExp]>> = {
    "an event that one list does not show": [
      async ({ lists: table }) => table.deleteEntity(...(await nameIn(table, "k:decided"))),
      /event \d+ is not in the list k:decided/,
    ],
    "a row that was edited": [
      async ({ lists: table }) => {
        const [partitionKey, rowKey, row] = await nameIn(table, "k:decided");
        const body = { ...(readBody(row) as object), what: "Nothing." };
        await table.updateEntity({ partitionKey, rowKey, ...bodyColumns("a row", body) }, "Merge");
      },
      /the list k:decided shows event \d+ otherwise than it happened/,
    ],
    "a row whose filter column was edited": [
      async ({ lists: table }) => {
        const [partitionKey, rowKey] = await nameIn(table, "k:decided");
        await table.updateEntity({ partitionKey, rowKey, consumer: "somebody-else" }, "Merge");
      },
      /the list k:decided shows event \d+ otherwise/,
    ],
    "a row of no event": [
      async ({ lists: table }) => {
        const [, rowKey, row] = await nameIn(table, "k:decided");
        const { etag: _, timestamp: __, ...columns } = row;
        await table.createEntity({ ...columns, partitionKey: "k:expired", rowKey });
      },
      /the list k:expired holds a row of no event/,
    ],
    "a row of an event that is yet to come": [
      async ({ lists: table }) => {
        const [partitionKey, rowKey, row] = await nameIn(table, "k:decided");
        const { etag: _, timestamp: __, ...columns } = row;
        const later = rowKey.replace(/\|\d{10}\|/, "|9999999000|");
        await table.createEntity({ ...columns, partitionKey, rowKey: later });
      },
      /the list k:decided holds a row of no event/,
    ],
    "a row of a chain that does not exist": [
      async ({ lists: table }) => {
        const [partitionKey, rowKey, row] = await nameIn(table, "k:decided");
        const { etag: _, timestamp: __, ...columns } = row;
        await table.createEntity({ ...columns, partitionKey, rowKey: rowKey.replace(/[a-z2-7]{16}$/, "a".repeat(16)) });
      },
      /holds a row of no event/,
    ],
    "a row under a name that no row has": [
      async ({ lists: table }) => table.createEntity({ partitionKey: "k:decided", rowKey: "x", v: 1 }),
      /the list k:decided holds a row of no event \(row x\)/,
    ],
  };
  for (const [what, [tamper, expected]] of Object.entries(hands)) {
    it(`names ${what}`, async () => {
      const record = await aRecord(world);
      await tamper(record);
      const verdict = await verifyAudit({ anchors: false, index: true }, record);
      assert.equal(verdict.findings.length, 1, problems(verdict).join("\n"));
      assert.match(problems(verdict).join(), expected);
    });
  }

  it("waits for events that are still on their way into the lists", async () => {
    const record = await aRecord(world);
    const asked = { ...request({}, aConnectionRef("pe-7.1")), state: "awaiting-decision" } as const;
    const committed = await record.ledger.commit(step({ request: asked }));
    assert.ok(committed.kind === "committed");
    assert.deepEqual(problems(await verifyAudit({ anchors: false, index: true }, record)), []);
    for (const entry of committed.outbox) await record.outbox.done(entry);
    assert.match(problems(await verifyAudit({ anchors: false, index: true }, record)).join(), /event 15 is not in/);
  });
}

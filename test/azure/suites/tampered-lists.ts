import assert from "node:assert/strict";
import { it } from "node:test";
import { bodyColumns, readBody } from "../../../src/azure/rows.ts";
import type { ServiceKey } from "../../../src/requests/request-id.ts";
import type { IndexCheck } from "../../../src/workflow/audit-ports.ts";
import { verifyAudit } from "../../../src/workflow/verify-audit.ts";
import { aConnectionRef, aServiceRef, request, step } from "../../builders.ts";
import { collect } from "../../contracts/ledger-reads.ts";
import { type AuditRecord, aRecord, begin } from "../a-record.ts";
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

  it("takes no row of a chain for a stray that began after the chains were listed", async () => {
    const record = await aRecord(world);
    const check = await record.indexCare.check();
    const walked = new Map<ServiceKey, number>();
    for (const key of await collect(record.trail.chains())) walked.set(key, await expectAll(key, check, record));
    await begin(record, aServiceRef("pls-new"), "pe-1.1");
    assert.deepEqual(await collect(check.faults(walked, record.trail)), []);
  });

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

/** Tells the check every event of a chain; gives the number of the last. */
async function expectAll(key: ServiceKey, check: IndexCheck, { trail }: AuditRecord): Promise<number> {
  const events = (await collect(trail.newestFirst(key))).flatMap((stored) => ("event" in stored ? stored.event : []));
  for (const event of events) check.expect(key, event);
  return events[0]?.seq ?? 0;
}

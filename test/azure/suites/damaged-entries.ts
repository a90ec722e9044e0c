import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TableClient } from "@azure/data-tables";
import { AuditIndex } from "../../../src/azure/audit-index.ts";
import { emptyHead, link } from "../../../src/ledger/chain.ts";
import type { AuditQuery } from "../../../src/ledger/query.ts";
import { serviceKey } from "../../../src/requests/request-id.ts";
import { DamagedRow } from "../../../src/runtime/errors.ts";
import { aServiceRef, customer, event, request } from "../../builders.ts";
import type { StorageWorld } from "../storage-world.ts";

const service = serviceKey(aServiceRef().id);
const ada = { kind: "person", objectId: "44444444-0000-0000-0000-000000000004", tenantId: "t", name: "Ada" } as const;
const told = event({
  kind: "voted",
  who: ada,
  linkIdentifier: "7",
  why: { rules: [], reason: "", justification: "ok" },
});
const { events } = link(emptyHead, [told]);

type Columns = { readonly [column: string]: unknown; readonly partitionKey?: string; readonly rowKey?: string };
type Body = Record<string, unknown>;

/** Rows of the index that somebody edited, moved or copied: each search that meets one names it, and none believes it. */
export function damagedEntriesSuite(world: StorageWorld): void {
  const opened = async () => {
    const { storage } = await world.storage("index");
    const index = new AuditIndex(storage.index);
    await index.addEvents(service, events);
    return { table: storage.index, index };
  };

  describe("an edited row of the audit's index", () => {
    for (const [what, [change, problem]] of Object.entries(edits)) {
      it(`with ${what} is named by every search that finds it`, async () => {
        const { table, index } = await opened();
        for (const row of await rowsOf(table)) {
          const body = change(JSON.parse(String(row["body0"])));
          await table.updateEntity({ ...keyOf(row), body0: JSON.stringify(body) }, "Merge", { etag: "*" });
        }
        for (const query of questions) await refused(index, query, problem);
      });
    }

    for (const column of ["actor", "request", "consumer", "service", "link", "time"]) {
      it(`whose column ${column} and body differ is named`, async () => {
        const { table, index } = await opened();
        const rows = await rowsOf(table);
        await Promise.all(
          rows.map((row) => table.updateEntity({ ...keyOf(row), [column]: "x" }, "Merge", { etag: "*" })),
        );
        await refused(index, { kind: "voted" }, new RegExp(`its column ${column} and its body differ`));
      });
    }
  });

  describe("a row of the audit's index in another place", () => {
    it("answers no question that is not about it", async () => {
      const others = {
        "k:decided": { kind: "decided" },
        "a:plgate": { actor: "plgate" },
        "c:88888888-0000-0000-0000-000000000008": { consumer: "88888888-0000-0000-0000-000000000008" },
        "l:8": { link: "8" },
      } as const;
      for (const [partitionKey, query] of Object.entries(others)) {
        const { table, index } = await opened();
        const [row] = await rowsOf(table);
        await table.createEntity({ ...row, partitionKey, rowKey: String(row?.rowKey) });
        await refused(index, query, /holds event 1 of .*, which does not belong there/, partitionKey);
      }
    });

    it("is no second event at another time, and no other event", async () => {
      const { table, index } = await opened();
      const [row] = (await rowsOf(table)).filter(({ partitionKey }) => partitionKey === "k:voted");
      const moved = String(row?.rowKey).replace(/^\d{13}/, "8204000000000");
      await table.createEntity({ ...row, partitionKey: "k:voted", rowKey: moved });
      await refused(index, { kind: "voted" }, /does not belong there/, "k:voted", moved);
      const renumbered = String(row?.rowKey).replace(/\|\d{10}\|/, "|9999999997|");
      await table.deleteEntity("k:voted", moved);
      await table.createEntity({ ...row, partitionKey: "k:voted", rowKey: renumbered });
      await refused(index, { kind: "voted" }, /does not belong there/, "k:voted", renumbered);
    });
  });
}

const questions: readonly Partial<AuditQuery>[] = [
  {},
  { kind: "voted" },
  { actor: ada.objectId },
  { consumer: customer },
  { request: request().id },
  { link: "7" },
  { serviceId: aServiceRef().id },
];

const without = (name: string) => (body: Body) => {
  const { [name]: _gone, ...rest } = body;
  return rest;
};

const edits: Readonly<Record<string, readonly [(body: Body) => unknown, RegExp]>> = {
  "another number": [(body) => ({ ...body, seq: 2 }), /holds event 2 .*does not belong there/],
  "a number that is none": [(body) => ({ ...body, seq: "1" }), /seq is not a number of an event/],
  "a number that no chain reaches": [(body) => ({ ...body, seq: 1e300 }), /seq /],
  "another time": [(body) => ({ ...body, time: "2026-11-24T12:00:01.000Z" }), /does not belong there/],
  "a time that is none": [(body) => ({ ...body, time: "noon" }), /time is not a time/],
  "a kind that there is not": [(body) => ({ ...body, kind: "hacked" }), /kind is no kind of event/],
  "a hash that is none": [(body) => ({ ...body, hash: "x" }), /hash is not a hash/],
  "another chain": [(body) => ({ ...body, service: "aaaaaaaaaaaaaaaa" }), /does not belong there/],
  "rules that are no list": [(body) => ({ ...body, rules: "gold" }), /rules is no list/],
  "a rule that is no text": [(body) => ({ ...body, rules: [1] }), /rules\.0 is not text/],
  "a justification that is no text": [(body) => ({ ...body, justification: { a: 1 } }), /justification /],
  "no name": [without("whoName"), /whoName /],
  "no correlation": [without("correlation"), /correlation is not text/],
  "a list for a body": [() => [], /its body /],
  "another actor in the body alone": [
    (body) => ({ ...body, who: "plgate" }),
    /its column actor and its body differ|does not belong there/,
  ],
};

async function refused(
  index: AuditIndex,
  query: Partial<AuditQuery>,
  problem: RegExp,
  partition?: string,
  key?: string,
): Promise<void> {
  await assert.rejects(index.searchAudit({ ...query, top: 10 }), (error) => {
    assert.ok(error instanceof DamagedRow, String(error));
    assert.equal(error.retryable, false);
    assert.match(error.message, problem);
    assert.ok(error.message.startsWith(`row ${error.row.partition} ${error.row.key} cannot be read: `));
    if (partition !== undefined) assert.equal(error.row.partition, partition);
    if (key !== undefined) assert.equal(error.row.key, key);
    return true;
  });
}

async function rowsOf(table: TableClient): Promise<readonly Columns[]> {
  const rows: Columns[] = [];
  for await (const { etag: _etag, timestamp: _time, ...row } of table.listEntities()) rows.push(row);
  return rows;
}

function keyOf(row: Columns) {
  return { partitionKey: row.partitionKey ?? "", rowKey: row.rowKey ?? "" };
}

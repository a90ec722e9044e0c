import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AuditIndex } from "../../../src/azure/audit-index.ts";
import { emptyHead, link } from "../../../src/ledger/chain.ts";
import type { AuditQuery } from "../../../src/ledger/query.ts";
import { serviceKey } from "../../../src/requests/request-id.ts";
import type { Index } from "../../../src/workflow/ports.ts";
import { aServiceRef, customer, event } from "../../builders.ts";
import { breakWire, shrinkPages } from "../lossy-wire.ts";
import type { StorageWorld } from "../storage-world.ts";

const events = 200;
const month = 31 * 24 * 3600_000;
const start = Date.parse("2020-01-15T00:00:00.000Z");

/** What a page of the audit costs: requests to storage, whatever the filter and however the months are filled. */
export function indexCostSuite(world: StorageWorld): void {
  describe("a page of the audit", () => {
    const queries: Readonly<Record<string, Partial<AuditQuery>>> = {
      "of everything": {},
      "up to a time": { to: new Date(start + 80 * month) },
      "in a time range over many months": { from: new Date(start), to: new Date(start + 80 * month) },
      "of a consumer since a time": { consumer: customer, from: new Date(start) },
      "of a kind up to a time": { kind: "requested", to: new Date(start + 80 * month) },
    };
    it("takes three requests at most, the first and every later one", async (t) => {
      const { storage } = await world.storage("index");
      const index = new AuditIndex(storage.index);
      await seed(index);
      let requests = 0;
      breakWire(storage.index, () => {
        requests += 1;
        return "passes";
      });
      for (const [what, query] of Object.entries(queries)) {
        await t.test(what, async () => {
          const found = await pages(index, { ...query, top: 50 }, () => {
            assert.ok(requests <= 3, `${requests} requests`);
            requests = 0;
          });
          assert.ok(found.length >= 80);
          requests = 0;
        });
      }
    });

    it("is whole although storage gives a few rows at a time", async () => {
      const { storage, again } = await world.storage("index");
      await seed(new AuditIndex(again().index));
      shrinkPages(storage.index, 3);
      for (const query of Object.values(queries)) {
        const first = { ...query, top: 50 };
        assert.deepEqual(
          await new AuditIndex(storage.index).searchAudit(first),
          await new AuditIndex(again().index).searchAudit(first),
        );
      }
    });

    it("ends early when storage has to look at too much, and the next goes on there", async () => {
      const { storage, again } = await world.storage("index");
      const index = new AuditIndex(again().index);
      await seed(index);
      shrinkPages(storage.index, 3);
      const hurried = new AuditIndex(storage.index, -1);
      for (const query of Object.values(queries)) {
        let short = 0;
        const found = await pages(hurried, { ...query, top: 20 }, (entries) => {
          if (entries < 20) short += 1;
        });
        assert.deepEqual(found, await pages(index, { ...query, top: 1000 }));
        assert.ok(short > 5, "no page ended early");
      }
    });
  });
}

// One event every half month: many months, each nearly empty.
async function seed(index: Index): Promise<void> {
  const all = Array.from({ length: events }, (_, n) =>
    event({ time: new Date(start + (n * month) / 2).toISOString(), kind: n % 2 === 0 ? "requested" : "applied" }),
  );
  await index.addEvents(serviceKey(aServiceRef().id), link(emptyHead, all).events);
}

async function pages(
  index: Index,
  query: AuditQuery,
  onPage: (entries: number) => void = () => undefined,
): Promise<readonly number[]> {
  const seqs: number[] = [];
  let after: string | null = null;
  do {
    const page = await index.searchAudit(after ? { ...query, after } : query);
    onPage(page.entries.length);
    seqs.push(...page.entries.map(({ seq }) => seq));
    after = page.next;
  } while (after);
  return seqs;
}

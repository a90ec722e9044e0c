import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TableClient } from "@azure/data-tables";
import { openLedger } from "../../../src/azure/ledger.ts";
import { readPage } from "../../../src/azure/rows.ts";
import { ensureTables, openStorage, type Storage } from "../../../src/azure/storage.ts";
import { faultOf, type StorageFault, storageError } from "../../../src/azure/storage-errors.ts";
import { step } from "../../builders.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { stallingProxy } from "../stalling-proxy.ts";
import type { StorageWorld } from "../storage-world.ts";

const row = { partitionKey: "p", rowKey: "r" };

/** Opening storage, and reading its faults. */
export function storageSuite(world: StorageWorld): void {
  describe("opening storage", () => opening(world));
  describe("a fault of storage", () => faults(world));
}

function opening(world: StorageWorld): void {
  it("creates what is missing, by several hosts at once and again later", async () => {
    const { again } = await world.storage();
    assert.deepEqual(await Promise.all([ensureTables(again()), ensureTables(again())]), [[], []]);
    assert.deepEqual(await ensureTables(again()), []);
    await again().conversations.createEntity(row);
    await again().reviews.sendMessage("x");
  });

  it("says what could not be created and which role would be needed, and goes on", async () => {
    const { place } = await world.storage();
    const wrongKey = place.connectionString.replace(/AccountKey=[^;]+/, "AccountKey=d3Jvbmc=");
    const problems = await ensureTables(openStorage({ connectionString: wrongKey }));
    assert.equal(problems.length, 8);
    assert.match(problems.join("\n"), /table ledger cannot be created: storage refused access; check the roles/);
    assert.match(problems.join("\n"), /queue reviews cannot be created: storage refused access/);
    assert.ok(!problems.join("\n").includes("d3Jvbmc"));
  });

  it("reaches an account by identity over https, in any cloud", () => {
    const credential = { getToken: async () => null };
    const usual = openStorage({ account: "plgate", credential });
    assert.deepEqual(placesOf(usual), [
      "https://plgate.table.core.windows.net",
      "https://plgate.queue.core.windows.net/reviews",
    ]);
    const other = openStorage({ account: "plgate", credential, suffix: "core.chinacloudapi.cn" });
    assert.deepEqual(placesOf(other), [
      "https://plgate.table.core.chinacloudapi.cn",
      "https://plgate.queue.core.chinacloudapi.cn/reviews",
    ]);
  });

  it("asks for all rows of a table without a filter, not with an empty one", async () => {
    const { storage } = await world.storage("services", "reviews");
    const urls: string[] = [];
    storage.services.pipeline.addPolicy({
      name: "listen",
      sendRequest(request, next) {
        urls.push(request.url);
        return next(request);
      },
    });
    await readPage(storage.services, "", 10);
    assert.equal(urls.length, 1);
    assert.ok(!urls[0]?.includes("filter"), urls[0]);
  });

  it("does not wait for an answer that never comes", async (t) => {
    const { connectionString, prefix } = (await world.storage("ledger")).place;
    const port = Number(/TableEndpoint=http:\/\/127\.0\.0\.1:(\d+)/.exec(connectionString)?.[1]);
    const proxy = await stallingProxy({ port, method: "POST", first: 1 });
    t.after(() => proxy.close());
    const around = connectionString.replace(`127.0.0.1:${port}`, `127.0.0.1:${proxy.port}`);
    const { ledger } = openLedger(openStorage({ connectionString: around }, prefix).ledger, new FakeClock());
    assert.equal((await ledger.commit(step())).kind, "committed");
    assert.equal(proxy.stalled(), 1);
  });
}

function faults(world: StorageWorld): void {
  const cases: Readonly<Record<string, readonly [(table: TableClient) => Promise<unknown>, StorageFault]>> = {
    "a row that is there already": [(table) => table.createEntity(row), "exists"],
    "a row of a group that is there already": [
      (table) =>
        table.submitTransaction([
          ["create", { ...row, rowKey: "new" }],
          ["create", row],
        ]),
      "exists",
    ],
    "a row that has changed": [(table) => table.updateEntity(row, "Replace", { etag: stale }), "changed"],
    "a row of a group that has changed": [
      (table) => table.submitTransaction([["update", row, "Replace", { etag: stale }]]),
      "changed",
    ],
    "a row that is not there": [(table) => table.getEntity("p", "none"), "missing"],
    "a row of a group that is not there": [
      (table) => table.submitTransaction([["delete", { ...row, rowKey: "none" }]]),
      "missing",
    ],
    "a text that is too long": [(table) => table.upsertEntity({ ...row, text: "x".repeat(40_000) }), "invalid"],
    "a key that storage does not take": [(table) => table.createEntity({ ...row, rowKey: "a\\b" }), "invalid"],
    "a call that was given up": [(table) => table.getEntity("p", "r", { abortSignal: AbortSignal.abort() }), "unknown"],
  };
  for (const [what, [act, fault]] of Object.entries(cases)) {
    it(`reads ${what} as "${fault}"`, async () => {
      const { storage } = await world.storage("policies");
      await storage.policies.createEntity(row);
      assert.equal(faultOf(await thrownBy(act(storage.policies))), fault);
    });
  }

  it("is worth a repetition unless storage will never take the call", async () => {
    const { storage } = await world.storage("policies");
    const retryable = async (act: Promise<unknown>) => storageError("x", await thrownBy(act)).retryable;
    assert.equal(await retryable(storage.policies.upsertEntity({ ...row, text: "x".repeat(40_000) })), false);
    assert.equal(await retryable(storage.consumers.createEntity(row)), true);
    assert.equal(await retryable(storage.policies.getEntity("p", "r", { abortSignal: AbortSignal.abort() })), true);
  });

  it("stays what it was when it is told on", () => {
    const first = storageError("the inner part", new Error("no"));
    assert.equal(storageError("the outer part", first), first);
  });
}

const stale = `W/"datetime'2020-01-01T00%3A00%3A00.0000000Z'"`;

function placesOf({ ledger, reviews }: Storage): readonly string[] {
  return [ledger.url, reviews.url];
}

async function thrownBy(act: Promise<unknown>): Promise<unknown> {
  try {
    await act;
  } catch (error) {
    return error;
  }
  return assert.fail("storage took the call");
}

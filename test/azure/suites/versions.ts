import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TableClient } from "@azure/data-tables";
import { ConsumerTable } from "../../../src/azure/consumer-table.ts";
import { ConversationTable } from "../../../src/azure/conversation-table.ts";
import { openLedger } from "../../../src/azure/ledger.ts";
import { PolicyStore } from "../../../src/azure/policy-store.ts";
import { PolicyVersionTable } from "../../../src/azure/policy-version-table.ts";
import { newerRowsMet } from "../../../src/azure/present-row.ts";
import { putBack } from "../../../src/azure/put-back.ts";
import { SweepJournalRow } from "../../../src/azure/sweep-journal.ts";
import { WatchTable } from "../../../src/azure/watch-table.ts";
import { NotNow } from "../../../src/runtime/errors.ts";
import { currentPolicies } from "../../../src/workflow/judge.ts";
import { aServiceRef, consumer, customer, request, step } from "../../builders.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeLog } from "../../fakes/log.ts";
import type { StorageWorld } from "../storage-world.ts";
import { measures } from "./sweep-journal.ts";

type Raw = Record<string, unknown> & {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly body0?: string;
};

async function rowsIn(table: TableClient): Promise<readonly Raw[]> {
  const rows: Raw[] = [];
  for await (const row of table.listEntities<Raw>()) rows.push(row);
  return rows;
}

/** Lets a newer version of plgate have written the rows that the filter finds. */
async function madeNewer(table: TableClient, isIt: (row: Raw) => boolean = () => true): Promise<readonly Raw[]> {
  for (const { partitionKey, rowKey } of (await rowsIn(table)).filter(isIt)) {
    await table.updateEntity({ partitionKey, rowKey, v: 99 }, "Merge");
  }
  return rowsIn(table);
}

/** Lets a newer version, which counts as the same for older ones, have put something beside what is known. */
async function grown(table: TableClient, isIt: (row: Raw) => boolean = () => true): Promise<void> {
  for (const { partitionKey, rowKey, body0 } of (await rowsIn(table)).filter(isIt)) {
    const body = body0 === undefined ? {} : { body0: JSON.stringify({ ...JSON.parse(body0), grown: "yes" }) };
    await table.updateEntity({ partitionKey, rowKey, grown: "yes", ...body }, "Merge");
  }
}

const isNotNow = (error: unknown) => error instanceof NotNow && error.because === "newer-row" && error.retryable;
const leaves = (act: () => Promise<unknown>) => assert.rejects(act, isNotNow);

const channel = {
  ...{ serviceUrl: "https://smba.example/", tenantId: "t", teamId: "team", teamName: "Team", aadGroupId: null },
  ...{ channelId: "19:channel", channelName: "Approvals", botId: "28:bot", usable: true },
};

/** What hosts do that know fewer versions than wrote the store. */
export function versionsSuite(world: StorageWorld): void {
  describe("rows of a newer version", () => {
    it("keep a host from a whole service when its head is one, and stay as they are", async () => {
      const { storage, again } = await world.storage("ledger");
      const { ledger } = openLedger(storage.ledger, new FakeClock());
      const first = await ledger.commit(step());
      assert.ok(first.kind === "committed");
      const before = await madeNewer(storage.ledger, ({ rowKey }) => rowKey === "~head");
      const { request: of, etag } = first.stored;
      const next = step({ key: "next", request: { ...of, state: "withdrawn" }, expected: etag });
      // One that remembers the head from before, and one that has to read it.
      await leaves(() => ledger.commit(next));
      await leaves(() => openLedger(again().ledger, new FakeClock()).ledger.commit(next));
      const rows = (await rowsIn(storage.ledger)).filter(({ partitionKey }) => partitionKey !== "~outbox");
      assert.deepEqual(
        rows,
        before.filter(({ partitionKey }) => partitionKey !== "~outbox"),
      );
    });

    it("are no open request, no event and no effect for it", async () => {
      const { storage } = await world.storage("ledger");
      const clock = new FakeClock();
      // Markers are removed as soon as their outbox is empty, and this one is not.
      const { ledger, outbox } = openLedger(storage.ledger, clock, { reliedOnMs: 60_000, removableMs: -60_000 });
      const done = await ledger.commit(step());
      assert.ok(done.kind === "committed");
      const before = await madeNewer(storage.ledger);
      const { service, id } = done.stored.request;
      await leaves(() => ledger.unsettled(service));
      await leaves(() => ledger.request(id));
      await leaves(() => ledger.eventsBetween(service, 1, 1));
      clock.advance(3600);
      assert.deepEqual(await outbox.leftOver(clock.now(), 10), []);
      assert.equal((await outbox.waiting()).count, 0);
      for (const entry of done.outbox) await leaves(() => outbox.claim(entry, 30));
      assert.deepEqual(await rowsIn(storage.ledger), before);
      const [met] = newerRowsMet([storage.ledger, storage.policies]);
      assert.deepEqual([met?.table, met?.version, met?.known], ["ledger", 99, 1]);
    });

    it("say of policies that nothing is judged here, and not that there are none", async () => {
      const { storage } = await world.storage("policies");
      const versions = new PolicyVersionTable(storage.policies);
      const by = { author: "Ada", note: "", at: "2026-11-24T10:00:00.000Z" };
      const active = { version: 1, sha256: "0".repeat(64) };
      assert.ok(await versions.point({ name: "story", active, previous: null, activation: 1, by }, null));
      const before = await madeNewer(storage.policies);
      const policies = new PolicyStore(storage.policies);
      await leaves(() => currentPolicies({ policies, log: new FakeLog() }));
      await leaves(() => versions.pointer("story"));
      assert.deepEqual(await rowsIn(storage.policies), before);
    });

    it("are neither read nor replaced nor removed where they are consumers or channels", async () => {
      const { storage } = await world.storage("consumers", "conversations");
      const consumers = new ConsumerTable(storage.consumers);
      const conversations = new ConversationTable(storage.conversations);
      await Promise.all([consumers.put(consumer()), conversations.keep(channel)]);
      const before = [await madeNewer(storage.consumers), await madeNewer(storage.conversations)];
      await leaves(() => consumers.find(customer));
      await leaves(() => consumers.put(consumer({ name: "Other" })));
      await leaves(() => consumers.remove(customer));
      await leaves(() => conversations.list());
      await leaves(() => conversations.keep(channel));
      assert.deepEqual([await rowsIn(storage.consumers), await rowsIn(storage.conversations)], before);
    });

    it("are left out of the sweep, neither woken nor leased, and the journal is left to newer hosts", async () => {
      const { storage } = await world.storage("services", "reviews");
      const watch = new WatchTable(storage.services, storage.reviews, new FakeClock());
      const sweeps = new SweepJournalRow(storage.services);
      await watch.wake(aServiceRef(), "event");
      await sweeps.keep(measures);
      const before = await madeNewer(storage.services);
      assert.deepEqual(await watch.list(), []);
      await leaves(() => watch.wake(aServiceRef(), "event"));
      await leaves(() => watch.begin(aServiceRef()));
      await sweeps.keep(measures);
      assert.equal(await sweeps.last(), undefined);
      assert.deepEqual(await rowsIn(storage.services), before);
    });
  });

  describe("a message for a newer host", () => {
    it("goes back into the queue word for word", async () => {
      const { storage } = await world.storage("reviews");
      const message = { v: 99, serviceId: "somewhere", colour: "blue" };
      await putBack(storage.reviews, message, 0);
      const { receivedMessageItems: found } = await storage.reviews.receiveMessages();
      assert.deepEqual(JSON.parse(Buffer.from(found[0]?.messageText ?? "", "base64").toString()), message);
    });
  });

  describe("fields that this version does not know", () => {
    const bodies = async (table: TableClient, prefix = "") =>
      (await rowsIn(table))
        .filter(({ rowKey, body0 }) => rowKey.startsWith(prefix) && body0 !== undefined)
        .map(({ body0 = "" }) => JSON.parse(body0).grown);

    it("stay in a request and in its cards when they are written again", async () => {
      const { storage } = await world.storage("ledger");
      const { ledger, cards } = openLedger(storage.ledger, new FakeClock());
      const { id } = request();
      assert.equal((await ledger.commit(step())).kind, "committed");
      const post = { request: id, place: { kind: "webhook", id: "ops" }, what: "card" } as const;
      const claim = await cards.claim(post);
      assert.ok(claim.kind === "post");
      await grown(storage.ledger, ({ rowKey }) => rowKey.startsWith("r|") || rowKey.startsWith("n|"));
      const stored = (await ledger.request(id)) ?? assert.fail();
      const next = { ...stored.request, state: "withdrawn" } as const;
      assert.equal((await ledger.commit(step({ key: "n", request: next, expected: stored.etag }))).kind, "committed");
      assert.ok(await cards.keep(post, claim.token, null));
      assert.deepEqual([await bodies(storage.ledger, "r|"), await bodies(storage.ledger, "n|")], [["yes"], ["yes"]]);
    });

    it("stay in the registry, in a channel and in the row of a service", async () => {
      const { storage } = await world.storage("consumers", "conversations", "services", "reviews");
      const consumers = new ConsumerTable(storage.consumers);
      const conversations = new ConversationTable(storage.conversations);
      const watch = new WatchTable(storage.services, storage.reviews, new FakeClock());
      const act = () =>
        Promise.all([
          consumers.put(consumer({ name: "Contoso" })),
          conversations.keep({ ...channel, usable: false }),
          watch.begin(aServiceRef()),
        ]);
      await act();
      await Promise.all([storage.consumers, storage.conversations, storage.services].map((table) => grown(table)));
      await consumers.put(consumer({ name: "Fabrikam" }));
      await conversations.keep(channel);
      await watch.wake(aServiceRef(), "event", 60);
      assert.deepEqual(
        [
          await bodies(storage.consumers),
          await bodies(storage.conversations),
          (await rowsIn(storage.services))[0]?.["grown"],
        ],
        [["yes"], ["yes"], "yes"],
      );
    });
  });
}

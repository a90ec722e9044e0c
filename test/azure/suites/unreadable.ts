import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AuditIndex } from "../../../src/azure/audit-index.ts";
import { ConsumerTable } from "../../../src/azure/consumer-table.ts";
import { ConversationTable } from "../../../src/azure/conversation-table.ts";
import { openLedger } from "../../../src/azure/ledger.ts";
import { PolicyStore } from "../../../src/azure/policy-store.ts";
import { PolicyVersionTable } from "../../../src/azure/policy-version-table.ts";
import type { Storage } from "../../../src/azure/storage.ts";
import { WatchTable } from "../../../src/azure/watch-table.ts";
import { emptyHead, link } from "../../../src/ledger/chain.ts";
import { policyChain, serviceKey } from "../../../src/requests/request-id.ts";
import type { PlgateError } from "../../../src/runtime/errors.ts";
import type { Index, Ledger } from "../../../src/workflow/ports.ts";
import { aServiceRef, consumer, customer, event, request, step } from "../../builders.ts";
import { FakeClock } from "../../fakes/clock.ts";
import type { StorageWorld } from "../storage-world.ts";

const service = serviceKey(aServiceRef().id);
const { id } = request();
const aPost = { request: id, place: { kind: "webhook", id: "ops" }, what: "card" } as const;
const clock = new FakeClock();
const entry = { kind: "index", service, requestId: id, firstSeq: 1, seq: 1 } as const;
const { events } = link(emptyHead, [event()]);

/** Storage that is not there, and rows that somebody damaged: every adapter says what it could not do. */
export function unreadableSuite(world: StorageWorld): void {
  describe("storage that cannot be read", () => absent(world));
  describe("a damaged row", () => damaged(world));
  describe("a strange row", () => strange(world));
}

function absent(world: StorageWorld): void {
  const ledger = (storage: Storage) => openLedger(storage.ledger, clock);
  const index = (storage: Storage) => new AuditIndex(storage.index);
  const watch = (storage: Storage) => new WatchTable(storage.services, storage.reviews, clock);
  const calls: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
    "a request": (storage) => ledger(storage).ledger.request(id),
    "the open requests": (storage) => ledger(storage).ledger.unsettled(service),
    "the latest request": (storage) => ledger(storage).ledger.latestOf(service, "aaaaaaaaaa"),
    "a consumer's history": (storage) => ledger(storage).ledger.history(service, customer),
    "the events of a request": (storage) => ledger(storage).ledger.eventsOf(id),
    "a claim": (storage) => ledger(storage).outbox.claim(entry, 60),
    "an effect that is done": (storage) => ledger(storage).outbox.done(entry),
    "what is left over": (storage) => ledger(storage).outbox.leftOver(clock.now(), 10),
    "what waits": (storage) => ledger(storage).outbox.waiting(),
    "a card": (storage) => ledger(storage).cards.all(id),
    "a card's claim": (storage) => ledger(storage).cards.claim(aPost),
    "an index line": (storage) => index(storage).addEvents(service, events),
    "a request's line": (storage) => index(storage).putRequest(request(), 1),
    "an audit search": (storage) => index(storage).searchAudit({ top: 10 }),
    "a search for requests": (storage) => index(storage).searchRequests({ top: 10 }),
    "a lease": (storage) => watch(storage).begin(aServiceRef()),
    "the watched services": (storage) => watch(storage).list(),
    "a consumer": (storage) => new ConsumerTable(storage.consumers).find(customer),
    "a new consumer": (storage) => new ConsumerTable(storage.consumers).put(consumer()),
    "the channels": (storage) => new ConversationTable(storage.conversations).list(),
    "a forgotten channel": (storage) => new ConversationTable(storage.conversations).forget("t", "c"),
    "the list of policies": (storage) => new PolicyStore(storage.policies).list(),
    "a policy's pointer": (storage) => new PolicyVersionTable(storage.policies).pointer("prod"),
    "a policy's versions": (storage) => new PolicyVersionTable(storage.policies).versions("prod"),
    "a policy's version": (storage) => new PolicyVersionTable(storage.policies).version("prod", 1),
    "a note": (storage) =>
      ledger(storage).ledger.note({ key: "k", chain: policyChain, after: null, events: [event()] }),
  };
  for (const [what, call] of Object.entries(calls)) {
    it(`is told of ${what} with what is missing, and worth another try`, async () => {
      const { storage } = await world.storage();
      await assert.rejects(call(storage), (error: PlgateError) => {
        assert.deepEqual([error.name, error.retryable], ["PlgateError", true]);
        assert.match(error.message, /does not exist; deploy creates them/);
        assert.ok(error.cause);
        return true;
      });
    });
  }
}

function damaged(world: StorageWorld): void {
  const columns: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "a body that is not JSON": { body0: "{" },
    "an empty body": { body0: "null" },
    "a body of another kind": { body0: `{"v":1,"id":"another"}` },
    "a body of a later version": { body0: `{"v":2}` },
  };
  const reads: Readonly<Record<string, (ledger: Ledger, index: Index) => Promise<unknown>>> = {
    "a request": (ledger) => ledger.request(id),
    "the events": (ledger) => ledger.eventsBetween(service, 1, 1),
    "the audit": (_, index) => index.searchAudit({ top: 1 }),
    "the list of requests": (_, index) => index.searchRequests({ top: 1 }),
  };
  for (const [what, change] of Object.entries(columns)) {
    it(`with ${what} is named, not guessed at`, async () => {
      const { storage } = await world.storage("ledger", "index");
      const { ledger } = openLedger(storage.ledger, clock);
      const index = new AuditIndex(storage.index);
      await ledger.commit(step());
      await index.addEvents(service, events);
      await index.putRequest(request(), 1);
      await damage(storage, change);
      for (const [read, act] of Object.entries(reads)) {
        await assert.rejects(
          act(ledger, index),
          { name: "DamagedRow", retryable: false, message: /cannot be read/ },
          read,
        );
      }
    });
  }
}

function strange(world: StorageWorld): void {
  it("in an outbox stays there and hides no other", async () => {
    const { storage } = await world.storage("ledger");
    const ticking = new FakeClock();
    const { ledger, outbox } = openLedger(storage.ledger, ticking);
    await ledger.commit(step());
    const columns = { kind: "telegraph", requestId: id, at: ticking.now().toISOString(), firstSeq: 1, seq: 1 };
    await storage.ledger.createEntity({ partitionKey: service, rowKey: "x|0000000001|telegraph", ...columns });
    ticking.advance(1);
    const [event] = step().events;
    assert.deepEqual(await outbox.leftOver(ticking.now(), 10), [{ ...entry, correlation: event?.correlation }]);
    assert.equal((await outbox.waiting()).count, 2);
  });

  it("among the services does not stop the sweep", async () => {
    const { storage } = await world.storage("services", "reviews");
    const watch = new WatchTable(storage.services, storage.reviews, clock);
    await watch.wake(aServiceRef(), "event");
    await storage.services.createEntity({ partitionKey: "x", rowKey: "y", wanted: "many", until: "soon" });
    const listed = await watch.list();
    assert.deepEqual(
      listed.map(({ ref }) => ref.id),
      [aServiceRef().id],
    );
    await storage.services.updateEntity(
      { partitionKey: aServiceRef().subscriptionId, rowKey: service, wanted: "many", until: "soon", owner: "x" },
      "Merge",
      { etag: "*" },
    );
    assert.equal((await watch.begin(aServiceRef())).kind, "leased");
  });
}

async function damage(storage: Storage, change: Readonly<Record<string, string>>): Promise<void> {
  for (const table of [storage.ledger, storage.index]) {
    for await (const { partitionKey, rowKey } of table.listEntities()) {
      await table.updateEntity({ partitionKey: partitionKey ?? "", rowKey: rowKey ?? "", ...change }, "Merge", {
        etag: "*",
      });
    }
  }
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { verifyChain } from "../../src/ledger/chain.ts";
import { registryChain } from "../../src/requests/request-id.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import {
  changedConsumer,
  registerConsumer,
  registrationOf,
  removeConsumer,
} from "../../src/workflow/register-consumer.ts";
import { consumer, customer } from "../builders.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeConsumers } from "../fakes/consumers.ts";
import { FakeLedger } from "../fakes/ledger.ts";
import { fakePorts } from "../fakes/ports.ts";

const paula = { kind: "person", objectId: "o-1", tenantId: "t-1", name: "Paula Policy" } as const;

/** A registry with its record; each hand is another call. */
function registry() {
  const clock = new FakeClock();
  const [consumers, ledger] = [new FakeConsumers(), new FakeLedger(clock)];
  const followed: unknown[] = [];
  let calls = 0;
  return {
    ...{ consumers, ledger, followed },
    office: { consumers, ledger, follow: async (entries: readonly unknown[]) => void followed.push(...entries) },
    hand: () => {
      calls += 1;
      return { who: paula, door: "api", correlation: `c-${calls}`, clock } as const;
    },
    events: () => ledger.eventsBetween(registryChain, 1, 100),
  };
}

describe("registering a consumer", () => {
  const bare = { name: "Contoso", tenantId: null, tags: {}, owners: [] };

  it("registers, changes and removes with who did what on record, and does nothing when all is as wished", async () => {
    const { consumers, office, hand, events, ledger, followed } = registry();
    const register = (change: object) => registerConsumer(consumer(change), hand(), office);
    const remove = (id: string) => removeConsumer(id, hand(), office);
    assert.equal(await register({}), "registered");
    assert.equal(await register({ subscriptionId: customer.toUpperCase(), tier: "silver" }), "changed");
    assert.equal(await register({ tier: "silver" }), "unchanged");
    assert.equal((await consumers.find(customer))?.tier, "silver");
    assert.equal(await remove(customer.toUpperCase()), true);
    assert.equal(await remove(customer), false);
    assert.equal(await consumers.find(customer), undefined);

    const told = await events();
    assert.deepEqual(
      told.map(({ kind, detail }) => [kind, detail]),
      [
        ["consumer-registered", { before: null, now: { ...bare, tier: "gold" } }],
        ["consumer-changed", { before: { ...bare, tier: "gold" }, now: { ...bare, tier: "silver" } }],
        ["consumer-removed", { before: { ...bare, tier: "silver" }, now: null }],
      ],
    );
    for (const { who, door, consumerSubscriptionId, serviceId } of told) {
      assert.deepEqual([who, door, consumerSubscriptionId, serviceId], [paula, "api", customer, null]);
    }
    assert.equal((await verifyChain(told, await ledger.head(registryChain))).ok, true);
    assert.equal(followed.length, 3);
  });

  it("changes nothing that cannot be put on record", async () => {
    const { consumers, office, hand } = registry();
    await registerConsumer(consumer(), hand(), office);
    const away = { note: () => Promise.reject(new PlgateError("away", { retryable: true })) };
    const silver = consumer({ tier: "silver" });
    await assert.rejects(registerConsumer(silver, hand(), { ...office, ledger: away }), /away/);
    await assert.rejects(removeConsumer(customer, hand(), { ...office, ledger: away }), /away/);
    assert.deepEqual(await consumers.find(customer), consumer());
  });

  it("removes an entry that cannot be read, and says so on record", async () => {
    const { consumers, office, hand, events } = registry();
    await consumers.put(consumer());
    consumers.find = () => Promise.reject(new PlgateError("row x cannot be read", { retryable: false }));
    assert.equal(await removeConsumer(customer, hand(), office), true);
    assert.deepEqual((await events())[0]?.detail, { before: { unreadable: "row x cannot be read" }, now: null });
  });

  it("leaves its events to the sweep, which lists them one note after the other", async () => {
    const ports = fakePorts();
    const { hand } = registry();
    const office = { consumers: ports.consumers, ledger: ports.ledger, follow: async () => undefined };
    const ids = Array.from({ length: 20 }, (_, n) => `aaaaaaaa-0000-4000-8000-0000000000${n + 10}`);
    for (const subscriptionId of ids) await registerConsumer(consumer({ subscriptionId }), hand(), office);
    const { addEvents } = ports.index;
    let [now, most] = [0, 0];
    ports.index.addEvents = async (...given) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      await addEvents.apply(ports.index, given);
      now -= 1;
    };
    ports.clock.advance(60);
    assert.deepEqual(await dispatchLeftOver(ports), { found: 20 });
    assert.equal(most, 1);
    const { entries } = await ports.index.searchAudit({ top: 100, kind: "consumer-registered" });
    assert.deepEqual(entries.map(({ consumerSubscriptionId }) => consumerSubscriptionId).toSorted(), ids);
    assert.deepEqual(await dispatchLeftOver(ports), { found: 0 });
  });

  const changes: Readonly<Record<string, object>> = {
    "another name": { name: "Fabrikam" },
    "no tier": { tier: null },
    "another tenant": { tenantId: customer },
    "one tag more": { tags: { team: "sre", env: "prod" } },
    "another value of a tag": { tags: { team: "ops" } },
    "another key of a tag": { tags: { crew: "sre" } },
    "no tags": { tags: {} },
    "an owner more": { owners: [customer] },
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`${what} is a change`, () => {
      const before = consumer({ tags: { team: "sre" } });
      assert.equal(registrationOf(before, { ...before, ...change }), "changed");
    });
  }

  it("the order of tags is no change", () => {
    assert.equal(
      registrationOf(consumer({ tags: { a: "1", b: "2" } }), consumer({ tags: { b: "2", a: "1" } })),
      "unchanged",
    );
  });
});

describe("a change of an entry", () => {
  const known = consumer({ name: "Contoso", tier: "gold", tags: { Team: "sre", env: "prod" } });

  it("leaves what it does not name", () => assert.deepEqual(changedConsumer(customer, known, {}), known));

  it("takes out what it names emptily", () => {
    const now = changedConsumer(customer, known, { name: "", tier: null, tags: { team: "" } });
    assert.deepEqual(now, { ...known, name: null, tier: null, tags: { env: "prod" } });
  });

  it("puts the owners that it names in the place of those before", () => {
    const owned = { ...known, owners: ["a", "b"] };
    assert.deepEqual(changedConsumer(customer, owned, { owners: ["c"] }).owners, ["c"]);
    assert.deepEqual(changedConsumer(customer, owned, { owners: [] }).owners, []);
    assert.deepEqual(changedConsumer(customer, owned, { tier: "silver" }).owners, ["a", "b"]);
  });

  it("lays a tag over the same tag in another case", () => {
    assert.deepEqual(changedConsumer(customer, known, { tags: { TEAM: "ops" } }).tags, { env: "prod", TEAM: "ops" });
  });

  it("makes an entry of nobody", () => {
    const tags = JSON.parse('{"__proto__":"a","constructor":"b"}');
    const made = changedConsumer(customer, undefined, { tier: "gold", tags });
    assert.deepEqual(made, { subscriptionId: customer, name: null, tier: "gold", tenantId: null, tags, owners: [] });
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { changedConsumer, registerConsumer, registrationOf } from "../../src/workflow/register-consumer.ts";
import { consumer, customer } from "../builders.ts";
import { FakeConsumers } from "../fakes/consumers.ts";

describe("registering a consumer", () => {
  it("registers, changes, and writes nothing when all is as wished", async () => {
    const consumers = new FakeConsumers();
    let writes = 0;
    const counted = Object.assign(consumers, {
      put: (one: ReturnType<typeof consumer>) => {
        writes += 1;
        return FakeConsumers.prototype.put.call(consumers, one);
      },
    });
    const register = (change: object) => registerConsumer(consumer(change), { consumers: counted });
    assert.equal(await register({}), "registered");
    assert.equal(await register({ tier: "silver" }), "changed");
    assert.equal(await register({ tier: "silver" }), "unchanged");
    assert.equal(await register({ subscriptionId: customer.toUpperCase(), tier: "silver" }), "unchanged");
    assert.equal(writes, 2);
    assert.equal((await consumers.find(customer))?.tier, "silver");
  });

  const changes: Readonly<Record<string, object>> = {
    "another name": { name: "Fabrikam" },
    "no tier": { tier: null },
    "another tenant": { tenantId: customer },
    "one tag more": { tags: { team: "sre", env: "prod" } },
    "another value of a tag": { tags: { team: "ops" } },
    "another key of a tag": { tags: { crew: "sre" } },
    "no tags": { tags: {} },
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

  it("lays a tag over the same tag in another case", () => {
    assert.deepEqual(changedConsumer(customer, known, { tags: { TEAM: "ops" } }).tags, { env: "prod", TEAM: "ops" });
  });

  it("makes an entry of nobody", () => {
    const tags = JSON.parse('{"__proto__":"a","constructor":"b"}');
    const made = changedConsumer(customer, undefined, { tier: "gold", tags });
    assert.deepEqual(made, { subscriptionId: customer, name: null, tier: "gold", tenantId: null, tags });
  });
});

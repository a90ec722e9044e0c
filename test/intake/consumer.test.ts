import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readConsumer, readConsumerBody, readConsumerChange, readSubscriptionId } from "../../src/intake/consumer.ts";

const id = "AAAAAAAA-0000-4000-8000-00000000000A";
const entry = (change: object = {}) => ({
  ...{ subscriptionId: id, name: "Contoso", tier: "gold", tenantId: null, tags: { team: "sre" }, owners: [] },
  ...change,
});

describe("An entry of the registry", () => {
  it("has its ids in lower case, and nothing where nothing was given", () => {
    const read = readConsumer(entry({ name: " ", tier: "", tenantId: id, tags: {} }));
    const expected = {
      subscriptionId: id.toLowerCase(),
      name: null,
      tier: null,
      tenantId: id.toLowerCase(),
      tags: {},
      owners: [],
    };
    assert.deepEqual(read, { ok: true, value: expected });
    assert.equal(readConsumer(entry({ tenantId: "" })).ok, true);
  });

  it("has each owner once, in lower case, in one order", () => {
    const other = "bbbbbbbb-0000-4000-8000-00000000000b";
    const read = readConsumer(entry({ owners: [other, id, id.toLowerCase()] }));
    assert.deepEqual(read.ok && read.value.owners, [id.toLowerCase(), other]);
  });

  it("keeps every tag, whatever it is called", () => {
    const tags = JSON.parse('{"__proto__":"a","constructor":"b","größe":"c"}');
    const read = readConsumer(entry({ tags }));
    assert.deepEqual(read.ok && Object.entries(read.value.tags), Object.entries(tags));
  });

  const refused: Readonly<Record<string, readonly [unknown, RegExp]>> = {
    "without a subscription": [entry({ subscriptionId: "" }), /subscriptionId: is the id of a subscription/],
    "with a tenant that is none": [entry({ tenantId: "contoso" }), /tenantId: is the id of a tenant/],
    "with a name of two lines": [entry({ name: "a\nb" }), /name: is one line of text/],
    "with an endless tier": [entry({ tier: "x".repeat(201) }), /tier: is longer than 200/],
    "with a tag without a key": [entry({ tags: { "": "x" } }), /tags.*is empty/],
    "with a tag that is no text": [entry({ tags: { a: 1 } }), /tags\.a/],
    "with a tag that policy cannot tell from another": [
      entry({ tags: { Team: "a", team: "b" } }),
      /tags: have a key twice/,
    ],
    "with tags that are a list": [entry({ tags: ["a"] }), /tags/],
    "with more tags than a resource may have": [
      entry({ tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`t${n}`, "x"])) }),
      /tags: are more than 50/,
    ],
    "with owners that are one text": [entry({ owners: id }), /owners/],
    "with an owner that is known by name": [
      entry({ owners: ["megan@contoso.example"] }),
      /owners\.0: is the object id of a person or a group/,
    ],
    "with more owners than anybody checks": [
      entry({ owners: Array.from({ length: 51 }, (_, n) => `aaaaaaaa-0000-4000-8000-0000000000${n + 10}`) }),
      /owners: are more than 50/,
    ],
    "with something more": [entry({ quota: 5 }), /quota/],
    "that is no object": ["Contoso", /input/],
  };
  for (const [name, [input, problem]] of Object.entries(refused)) {
    it(`${name} is refused with the field named`, () => {
      const read = readConsumer(input);
      assert.match(read.ok ? "accepted" : read.problem, problem);
    });
  }
});

describe("The body of a PUT of a consumer", () => {
  const bare = { subscriptionId: id.toLowerCase(), name: null, tier: null, tenantId: null, tags: {}, owners: [] };

  it("is the whole entry: what it leaves out is empty", () => {
    assert.deepEqual(readConsumerBody(id, {}), { ok: true, value: bare });
    assert.deepEqual(readConsumerBody(id, { tier: "gold" }), { ok: true, value: { ...bare, tier: "gold" } });
  });

  it("may be the answer of a GET, with the subscription in any case", () => {
    const whole = { ...bare, subscriptionId: id, name: "Contoso", tags: { team: "sre" } };
    const expected = { ok: true, value: { ...whole, subscriptionId: id.toLowerCase() } };
    assert.deepEqual(readConsumerBody(id.toLowerCase(), whole), expected);
    assert.deepEqual(readConsumerBody(id, { ...whole, subscriptionId: id.toLowerCase() }), expected);
  });

  const other = id.replace("AAAAAAAA", "BBBBBBBB");
  const refused: Readonly<Record<string, readonly [string, unknown, RegExp]>> = {
    "for another subscription": [id, { subscriptionId: other }, /^subscriptionId: is another one than in the path$/],
    "for no subscription": ["contoso", {}, /^subscriptionId: is the id of a subscription$/],
    "with several faults": [
      "contoso",
      { name: 7, tier: "a\u0000b", tenantId: "x", tags: { a: 1 } },
      /^subscriptionId: .*; name: .*; tier: .*; tenantId: .*; tags\.a: .*$/,
    ],
    "with a field that there is not": [id, { quota: 5 }, /quota/],
    "with a prototype": [id, JSON.parse('{"__proto__":{"tier":"gold"}}'), /__proto__/],
    "that is a list": [id, [], /input: /],
    "that is nothing": [id, null, /input: /],
  };
  for (const [name, [path, input, problem]] of Object.entries(refused)) {
    it(`${name} is refused with every field named`, () => {
      const read = readConsumerBody(path, input);
      assert.match(read.ok ? "accepted" : read.problem, problem);
    });
  }
});

describe("A row of an import", () => {
  it("names only what is to change", () => {
    assert.deepEqual(readConsumerChange({ subscriptionId: id, tier: " silver " }), {
      ...{ ok: true, value: { subscriptionId: id.toLowerCase(), tier: "silver" } },
    });
    assert.deepEqual(readConsumerChange({ subscriptionId: id, name: "", tenantId: null, tags: { a: "" } }), {
      ok: true,
      value: { subscriptionId: id.toLowerCase(), name: null, tenantId: null, tags: { a: "" } },
    });
  });

  it("has its faults told field by field", () => {
    const read = readConsumerChange({ subscriptionId: "x", tenantId: "contoso", tags: { Team: "a", team: "b" } });
    assert.deepEqual(!read.ok && read.faults, [
      { field: "subscriptionId", why: "is the id of a subscription" },
      { field: "tenantId", why: "is the id of a tenant" },
      { field: "tags", why: "have a key twice; upper and lower case are the same" },
    ]);
  });
});

describe("The id of a consumer's subscription", () => {
  it("is read in any case", () => assert.deepEqual(readSubscriptionId(id), { ok: true, value: id.toLowerCase() }));
  it("is nothing else", () => {
    for (const other of ["", "contoso", `${id}/x`, ` ${id}`, undefined, 7])
      assert.equal(readSubscriptionId(other).ok, false);
  });
});

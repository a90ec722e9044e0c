import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { FactValue } from "../../src/connection/facts.ts";
import { findFact } from "../../src/policy/facts.ts";
import { likeTest, operators } from "../../src/policy/operators.ts";
import type { Truth } from "../../src/policy/truth.ts";
import { judge, type Knowledge, knowing, policyText, rule } from "./build.ts";

function answer(fact: string, condition: string, known: Knowledge): Truth | undefined {
  const verdict = judge(policyText(rule("asked", "review", `{ ${fact}: ${condition} }`)), knowing(known));
  return verdict.trace[0]?.conditions[0]?.result;
}

const service = "/subscriptions/99999999-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Network";

describe("an operator asked of a value", () => {
  const cases: Readonly<Record<string, readonly [fact: string, value: FactValue, condition: string, Truth]>> = {
    "equals holds for the same text": ["consumer.tier", "gold", "gold", true],
    "equals does not hold for another text": ["consumer.tier", "silver", "gold", false],
    "a tier compares exactly": ["consumer.tier", "Gold", "gold", false],
    "equals reads a number": ["service.natIps", 8, "8", true],
    "equals reads a hexadecimal number": ["service.natIps", 8, "0x8", true],
    "equals reads a boolean": ["consumer.registered", true, "true", true],
    "equals reads visibility": ["service.visibility", "anyone", "anyone", true],
    "no is a text, as YAML 1.2 has it": ["consumer.tier", "no", "no", true],
    "notEquals is its opposite": ["consumer.tier", "gold", "{ notEquals: gold }", false],
    "notEquals holds for another text": ["consumer.tier", "silver", "{ notEquals: gold }", true],
    "a guid compares without case": [
      "consumer.subscriptionId",
      "ABCDEF00-0000-4000-8000-000000000001",
      "abcdef00-0000-4000-8000-000000000001",
      true,
    ],
    "a region compares without case": ["endpoint.region", "WestEurope", "westeurope", true],
    "a resource group compares without case": ["endpoint.resourceGroup", "RG-A", "rg-a", true],
    "a resource id compares without case": [
      "service.id",
      `${service}/privateLinkServices/pls`,
      `${service.toLowerCase()}/privatelinkservices/PLS`,
      true,
    ],
    "an endpoint's name compares exactly": ["endpoint.name", "PE", "pe", false],
    "in holds for one of the values": ["consumer.tier", "silver", "[gold, silver]", true],
    "in does not hold for none of them": ["consumer.tier", "bronze", "{ in: [gold, silver] }", false],
    "notIn is its opposite": ["consumer.tier", "bronze", "{ notIn: [gold, silver] }", true],
    "notIn does not hold for one of them": ["service.natIps", 2, "{ notIn: [1, 2] }", false],
    "inList reads the named list": [
      "consumer.subscriptionId",
      "11111111-0000-4000-8000-000000000001",
      "{ inList: blocked }",
      true,
    ],
    "inList reads a list without case where case does not count": [
      "endpoint.region",
      "NorthEurope",
      "{ inList: regions }",
      true,
    ],
    "inList reads a list exactly where case counts": ["consumer.name", "WestEurope", "{ inList: regions }", false],
    "notInList is its opposite": ["endpoint.region", "eastus", "{ notInList: regions }", true],
    "like matches from end to end": ["endpoint.name", "pe-orders-7", '{ like: "pe-*-7" }', true],
    "like matches a guid without case": [
      "consumer.subscriptionId",
      "ABCDEF00-0000-4000-8000-000000000001",
      '{ like: "abcdef00-*" }',
      true,
    ],
    "like does not match a part": ["endpoint.name", "my-pe-7", '{ like: "pe-*" }', false],
    "notLike is its opposite": ["endpoint.name", "my-pe-7", '{ notLike: "pe-*" }', true],
    "lessThan holds below": ["consumer.connectionsOnService", 4, "{ lessThan: 5 }", true],
    "lessThan does not hold at the bound": ["consumer.connectionsOnService", 5, "{ lessThan: 5 }", false],
    "atLeast holds at the bound": ["service.connections.pending", 5, "{ atLeast: 5 }", true],
    "atLeast does not hold below": ["service.connections.pending", 4, "{ atLeast: 5 }", false],
    "within holds at the beginning": ["time.now", "2026-12-18T00:00:00Z", "{ within: freeze }", true],
    "within does not hold at the end": ["time.now", "2027-01-04T00:00:00Z", "{ within: freeze }", false],
    "notWithin is its opposite": ["time.now", "2027-01-04T00:00:00Z", "{ notWithin: freeze }", true],
    "exists holds": ["consumer.tier", "gold", "{ exists: true }", true],
    "exists: false does not": ["consumer.tier", "gold", "{ exists: false }", false],
    "known holds": ["consumer.tier", "gold", "{ known: true }", true],
    "known: false does not": ["consumer.tier", "gold", "{ known: false }", false],
    "a tag's key is read without case": ["service.tags.Cost.Center", "42", '"42"', true],
    "a tag may be called like a member of every object": ["service.tags.constructor", "yes", '"yes"', true],
  };
  for (const [name, [fact, value, condition, expected]] of Object.entries(cases)) {
    it(name, () => {
      const key = fact.startsWith("service.tags.") ? fact.toLowerCase() : fact;
      assert.equal(answer(fact, condition, { values: { [key]: value } }), expected);
    });
  }
});

describe("an operator asked of what is not there", () => {
  const windowless = "consumer.tier";
  const conditions: readonly (readonly [fact: string, condition: string, absent: Truth | "never", lost: Truth])[] = [
    [windowless, "gold", false, null],
    [windowless, "{ notEquals: gold }", true, null],
    [windowless, "[gold, silver]", false, null],
    [windowless, "{ notIn: [gold, silver] }", true, null],
    [windowless, "{ inList: regions }", false, null],
    [windowless, "{ notInList: regions }", true, null],
    [windowless, '{ like: "*" }', false, null],
    [windowless, '{ notLike: "*" }', true, null],
    [windowless, "{ exists: true }", false, null],
    [windowless, "{ exists: false }", true, null],
    [windowless, "{ known: true }", true, false],
    [windowless, "{ known: false }", false, true],
    ["service.natIps", "{ lessThan: 5 }", "never", null],
    ["service.natIps", "{ atLeast: 5 }", "never", null],
    ["consumer.tenantId", "{ known: true }", "never", false],
    ["service.tags.constructor", "{ exists: true }", false, null],
    ["consumer.tags.team", "{ notEquals: sre }", true, null],
  ];
  for (const [fact, condition, absent, lost] of conditions) {
    it(`${fact} ${condition} answers ${absent} when absent and ${lost} when unavailable`, () => {
      // A fact that is never absent and said to be so is a broken snapshot: as good as lost.
      assert.equal(answer(fact, condition, { absent: [fact] }), absent === "never" ? lost : absent);
      assert.equal(answer(fact, condition, {}), lost);
      assert.equal(answer(fact, condition, { unavailable: [fact] }), lost);
    });
  }

  it("windows cannot be told without the time", () => {
    for (const condition of ["{ within: office }", "{ notWithin: office }"]) {
      assert.equal(answer("time.now", condition, { unavailable: ["time.now"] }), null);
      assert.equal(answer("time.now", condition, { values: { "time.now": "yesterday" } }), null);
    }
  });

  it("a tag is absent when tags are readable, and lost when the snapshot says so of this tag", () => {
    const readable = { absent: ["service.tags.*"] };
    assert.equal(answer("service.tags.env", "prod", readable), false);
    assert.equal(answer("service.tags.env", "prod", { ...readable, unavailable: ["service.tags.env"] }), null);
  });
});

describe("a fact of the wrong type", () => {
  const cases: Readonly<Record<string, readonly [fact: string, value: FactValue, condition: string]>> = {
    "a number as text": ["service.natIps", "8", "8"],
    "half a connection": ["consumer.connectionsOnService", 0.5, "{ lessThan: 5 }"],
    "a boolean as text": ["consumer.registered", "true", "true"],
    "no guid": ["consumer.subscriptionId", "contoso", "{ notInList: blocked }"],
    "a region's display name": ["endpoint.region", "West Europe", "{ notInList: regions }"],
    "the id of something else": ["endpoint.id", `${service}/privateLinkServices/pls`, '{ notLike: "*x" }'],
    "a visibility that nobody knows": ["service.visibility", "some", "{ notEquals: anyone }"],
    "a text of more than 4,096 characters": ["request.message", "x".repeat(4_097), '{ like: "x*" }'],
    "a number where text belongs": ["consumer.tier", 1, "{ notEquals: gold }"],
  };
  for (const [name, [fact, value, condition]] of Object.entries(cases)) {
    it(`is unavailable: ${name}`, () => assert.equal(answer(fact, condition, { values: { [fact]: value } }), null));
  }

  it("but an empty message is none, and a text of 4,096 characters is read", () => {
    assert.equal(answer("request.message", "{ exists: true }", { values: { "request.message": "" } }), false);
    assert.equal(
      answer("request.message", '{ like: "x*" }', { values: { "request.message": "x".repeat(4_096) } }),
      true,
    );
  });
});

describe("the operator table", () => {
  it("asks each operator of exactly the types it is for", () => {
    const facts = {
      string: "endpoint.name",
      absentable: "consumer.tier",
      guid: "consumer.subscriptionId",
      region: "endpoint.region",
      armId: "endpoint.id",
      int: "service.natIps",
      bool: "consumer.registered",
      choice: "service.visibility",
      instant: "time.now",
      always: "service.name",
    };
    const expected = {
      equals: "string absentable guid region armId int bool choice always",
      notEquals: "string absentable guid region armId int bool choice always",
      in: "string absentable guid region armId int choice always",
      notIn: "string absentable guid region armId int choice always",
      inList: "string absentable guid region armId always",
      notInList: "string absentable guid region armId always",
      like: "string absentable guid armId always",
      notLike: "string absentable guid armId always",
      lessThan: "int",
      atLeast: "int",
      within: "instant",
      notWithin: "instant",
      exists: "absentable",
      known: "string absentable guid region armId int bool choice",
    };
    const got = [...operators.values()].map(({ name, allowed }) => [
      name,
      Object.entries(facts)
        .filter(([, fact]) => allowed(findFact(fact) ?? assert.fail(fact)))
        .map(([kind]) => kind)
        .join(" "),
    ]);
    assert.deepEqual(Object.fromEntries(got), expected);
  });
});

describe("like", () => {
  const cases: Readonly<Record<string, readonly [pattern: string, text: string, boolean]>> = {
    "a pattern without a star is the text itself": ["abc", "abc", true],
    "a star is any run": ["a*c", "abbbc", true],
    "a star may be nothing": ["a*c", "ac", true],
    "the two ends may not overlap": ["aba*aba", "ababa", false],
    "the parts come in order": ["*b*a*", "ab", false],
    "the parts do not overlap": ["*aa*aa*", "aaa", false],
    "two stars are one": ["a**c", "abc", true],
    "only a star matches nothing": ["*", "", true],
    "a dot is a dot": ["a.c", "abc", false],
    "a question mark is a question mark": ["a?c", "abc", false],
    "a bracket is a bracket": ["[a]*", "[a]b", true],
    "a line break is part of a run": ["a*c", "a\nc", true],
    "the end is an end": ["*c", "abcd", false],
    "a middle part may not reach into the end": ["*bc*c", "abc", false],
  };
  for (const [name, [pattern, text, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(likeTest(pattern)(text), expected));
  }

  it("agrees with a matcher that tries everything", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 });
    fc.assert(
      fc.property(letters, text, (pattern, given) => likeTest(pattern)(given) === triesAll(pattern, given)),
      {
        numRuns: 2_000,
      },
    );
  });

  it("answers a hostile pattern on 100,000 characters at once", () => {
    const text = "a".repeat(100_000);
    const from = performance.now();
    for (const pattern of [
      `${"*a".repeat(99)}*b`,
      `${"a*".repeat(99)}b`,
      `*${"a".repeat(197)}b*`,
      `${"*aab".repeat(50)}`,
    ]) {
      assert.equal(likeTest(pattern)(text), false);
    }
    assert.ok(performance.now() - from < 2_000);
  });
});

/** The definition, without any cleverness. */
function triesAll(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  const rest = pattern.slice(1);
  if (pattern[0] !== "*") return text[0] === pattern[0] && triesAll(rest, text.slice(1));
  return triesAll(rest, text) || (text !== "" && triesAll(pattern, text.slice(1)));
}

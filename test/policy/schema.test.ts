import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";
import { Ajv } from "ajv";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import type { Facts } from "../../src/connection/facts.ts";
import { type FactSpec, type FactType, factTable } from "../../src/policy/facts.ts";
import { mistakes, policyInOrder, saidTo, withMistake } from "../../src/policy/mistakes.ts";
import { type OperatorSpec, operators } from "../../src/policy/operators.ts";
import { policySchema } from "../../src/policy/schema.ts";
import { parseTestFile } from "../../src/policy/test-file.ts";
import { policyTestSchema } from "../../src/policy/test-schema.ts";
import { compiled, faultsOf } from "./build.ts";
import { policyNamed, someFacts, textOf } from "./generated.ts";

const root = join(import.meta.dirname, "../..");
const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true });
for (const forEditors of ["patternErrorMessage", "defaultSnippets"]) ajv.addKeyword(forEditors);
const isPolicy = ajv.compile(policySchema());
const isTest = ajv.compile(policyTestSchema());

type Validator = typeof isPolicy;

/** What the schema holds against a file: where and what, as an editor would underline it. */
function complaints(validate: Validator, source: string): readonly string[] {
  const value: unknown = parse(source, { version: "1.2", schema: "core" });
  if (validate(value) === true) return [];
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
  );
}

const files = globSync("policies/**/*.yaml", { cwd: root }).sort();

describe("The schema for editors", () => {
  it("finds policies and tests to be held against", () => assert.ok(files.length >= 10, String(files)));

  for (const file of files) {
    const test = file.endsWith(".test.yaml");
    const source = readFileSync(join(root, file), "utf8");

    it(`takes ${file}`, () => assert.deepEqual(complaints(test ? isTest : isPolicy, source), []));

    it(`is named in the first line of ${file}`, () => {
      const schema = join("policies", test ? "test-schema.json" : "schema.json");
      const path = relative(dirname(file), schema);
      assert.equal(source.split("\n")[0], `# yaml-language-server: $schema=${path}`);
    });
  }

  it("takes every policy that the compiler takes", () => {
    fc.assert(
      fc.property(policyNamed("a", { guarded: true }), (policy) => {
        const source = textOf(policy);
        assert.deepEqual(complaints(isPolicy, source), [], source);
      }),
      { numRuns: 150 },
    );
  });

  it("takes whatever is still right after two words of a policy were swapped", () => {
    const words = policyInOrder.match(/[\w.:/*-]+/g) ?? [];
    const more = [
      "true",
      "no",
      "5",
      "P2W",
      "exists",
      "known",
      "like",
      '""',
      "~",
      "{}",
      "[]",
      "2026-01-01",
      "service.tags.a",
    ];
    const places = [...policyInOrder.matchAll(/[\w.:/*-]+/g)].map(({ index }) => index);
    let taken = 0;
    fc.assert(
      fc.property(fc.nat(places.length - 1), fc.constantFrom(...words, ...more), (place, word) => {
        const at = places[place] ?? 0;
        const source = policyInOrder.slice(0, at) + policyInOrder.slice(at).replace(/[\w.:/*-]+/, () => word);
        if (faultsOf(source).some(({ severity }) => severity === "error")) return;
        taken += 1;
        assert.deepEqual(complaints(isPolicy, source), [], source);
      }),
      { numRuns: 600 },
    );
    assert.ok(taken > 20, `only ${taken} of 600 were still right`);
  });

  for (const { name, ...fact } of factTable) {
    it(`takes and refuses the operators of ${name} as the compiler does`, () => {
      const named = { ...fact, name: name.replace("*", "Cost.Center") };
      for (const operator of operators.values()) {
        const source = asking(named, operator);
        const refused = faultsOf(source).filter(({ severity }) => severity === "error");
        assert.equal(refused.length === 0, operator.allowed(named), source);
        assert.equal(complaints(isPolicy, source).length === 0, operator.allowed(named), source);
      }
    });
  }

  it("takes every request of a test file that the compiler takes", () => {
    fc.assert(
      fc.property(someFacts, ({ values, absent, unavailable }) => {
        const facts = { "time.now": "2026-11-24T10:00:00Z", ...values };
        const lost = { ...(absent.length > 0 && { absent }) };
        const cases = [{ name: "a case", expect: "review", ...lost, ...lostOf(unavailable) }];
        const source = stringify({ ...testHead, facts, cases });
        assert.ok(parseTestFile(source, "base.test.yaml", compiled(policyInOrder), "base.yaml").ok, source);
        assert.deepEqual(complaints(isTest, source), [], source);
      }),
      { numRuns: 80 },
    );
  });

  it("explains every fact and every operator", () => {
    const words = JSON.stringify(policySchema());
    for (const { meaning } of [...factTable, ...operators.values()]) {
      assert.ok(words.includes(JSON.stringify(meaning.replaceAll("`", "")).slice(1, -1)), meaning);
    }
  });

  it("keeps nothing beside a $ref, where draft 7 would not see it", () => {
    const beside = (value: unknown): readonly string[] => {
      if (typeof value !== "object" || value === null) return [];
      const own = Object.hasOwn(value, "$ref") && Object.keys(value).length > 1 ? [JSON.stringify(value)] : [];
      return [...own, ...Object.values(value).flatMap(beside)];
    };
    assert.deepEqual([...beside(policySchema()), ...beside(policyTestSchema())], []);
  });
});

/** A value of each type, as an author writes it. */
const samples: Readonly<Record<FactType, unknown>> = {
  string: "some text",
  guid: "AAAAAAAA-0000-4000-8000-000000000001",
  region: "westeurope",
  armId: undefined,
  int: 5,
  bool: true,
  visibility: "rbac",
  instant: "2026-11-24T10:00:00Z",
};

function sampleOf(fact: FactSpec): unknown {
  const kind = fact.resource === "service" ? "privateLinkServices" : "privateEndpoints";
  const group = "/subscriptions/AAAAAAAA-0000-4000-8000-000000000001/resourcegroups/RG-Ö(1)";
  return samples[fact.type] ?? `${group}/providers/microsoft.network/${kind}/x_1.y-z`;
}

/** A policy with one rule that asks a fact by an operator. */
function asking(fact: FactSpec, { name, takes }: OperatorSpec): string {
  const value = sampleOf(fact);
  const operand = {
    ...{ literal: value, literals: [value], list: "some", pattern: "a*", integer: 5, window: "always", flag: true },
  }[takes];
  const rule = { id: "r", effect: "review", because: "R.", when: { [fact.name]: { [name]: operand } } };
  const always = { start: "2026-01-01", end: "2027-01-01T00:00:00.5+01:00" };
  return stringify({
    ...{ apiVersion: "plgate/v1", kind: "ApprovalPolicy", name: "a" },
    ...{ lists: { some: [String(value)] }, windows: { always }, rules: [rule] },
  });
}

const testHead = { apiVersion: "plgate/v1", kind: "ApprovalPolicyTest", policy: "base.yaml" } as const;

function lostOf(unavailable: Facts["unavailable"]) {
  const names = Object.keys(unavailable);
  return names.length === 0 ? {} : { unavailable: names };
}

describe("The schema underlines", () => {
  it("nothing in the policy that the others are made from", () => {
    assert.deepEqual(complaints(isPolicy, policyInOrder), []);
    assert.deepEqual(faultsOf(policyInOrder), []);
  });

  for (const mistake of mistakes.filter(({ inEditor }) => inEditor)) {
    it(mistake.what, () => assert.notDeepEqual(complaints(isPolicy, withMistake(mistake)), []));
  }
});

describe("The compiler refuses", () => {
  for (const mistake of mistakes) {
    it(`${mistake.what}, with a sentence`, () => {
      assert.notEqual(withMistake(mistake), policyInOrder, "the mistake is made nowhere");
      assert.match(saidTo(mistake) ?? "", /\w+ \w+/);
    });
  }
});

const goodTest = `apiVersion: plgate/v1
kind: ApprovalPolicyTest
policy: base.yaml
facts:
  time.now: 2026-11-24T10:00:00Z
  service: { name: pls-a, connections.pending: 1, tags: { env: prod, nothing: } }
  service.connections: { approved: 1 }
  consumer: { registered: true, tags.team: sre, name: "" }
cases:
  - { name: a case, set: { consumer.tier: gold }, absent: [service.tags.*], expect: approve, by: [let], expiresAfter: null }
  - { name: another, unavailable: [consumer.tags.team], expect: review, reviewers: { oncall: 1 } }
`;

const testMistakes: Readonly<Record<string, readonly [from: string, to: string]>> = {
  "an unknown fact": ["registered: true", "registred: true"],
  "an unknown fact in a case": ["consumer.tier: gold", "consumer.teir: gold"],
  "a fact of another type": ["registered: true", 'registered: "yes"'],
  "no value for what is never absent": ["registered: true", "registered:"],
  "an absent fact that never is": ["absent: [service.tags.*]", "absent: [consumer.registered]"],
  "an unavailable fact that never is": ["unavailable: [consumer.tags.team]", "unavailable: [time.now]"],
  "an unknown expectation": ["expect: review", "expect: ask"],
  "a case without a name": ["name: another, ", ""],
  "a duration in months": ["expiresAfter: null", "expiresAfter: P1M"],
  "an unknown field": ["expect: review", "expect: review, because: x"],
};

describe("The schema of test files underlines", () => {
  it("nothing in the test file that the others are made from", () =>
    assert.deepEqual(complaints(isTest, goodTest), []));

  for (const [name, [from, to]] of Object.entries(testMistakes)) {
    it(name, () => {
      assert.ok(goodTest.includes(from), "the mistake is made nowhere");
      assert.notDeepEqual(complaints(isTest, goodTest.replace(from, to)), []);
    });
  }
});

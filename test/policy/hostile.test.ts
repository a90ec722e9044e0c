import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compilePolicy } from "../../src/policy/compile.ts";
import type { PolicyFault } from "../../src/policy/faults.ts";
import { compiled, faultsOf, judge, knowing, policyText, rule } from "./build.ts";

const good = policyText(rule("yes", "approve", "{ consumer.tier: gold }"));

/** The only fault, as `line: message`. */
function onlyFault(source: string): string {
  const [fault, another] = errorsOf(source);
  assert.equal(another, undefined, another?.message);
  return fault ? `${fault.line}: ${fault.message}` : "none";
}

function errorsOf(source: string): readonly PolicyFault[] {
  const result = compilePolicy(source, "test.yaml");
  return result.ok ? [] : result.faults.filter(({ severity }) => severity === "error");
}

describe("the YAML that is taken", () => {
  const refused: Readonly<Record<string, readonly [source: string, fault: string]>> = {
    "an empty file": ["", "1: the file is empty"],
    "a file of comments": ["# nothing\n", "1: the file is empty"],
    "a text": ["policy", "1: a policy must be a map"],
    "a list": ["- a\n- b\n", "1: a policy must be a map"],
    "a second document": [`${good}---\na: 1\n`, "17: one file holds one document; here begins a second"],
    "a YAML directive, which would change what no means": [
      `%YAML 1.1\n---\n${good}`,
      "1: YAML directives are not taken",
    ],
    "a tag directive": [`%TAG ! tag:example.com,2000:\n---\n${good}`, "1: YAML directives are not taken"],
    "a duplicate key": [`${good}name: other\n`, "17: duplicate key name"],
    "a duplicate key in quotes": [`${good}"name": other\n`, "17: duplicate key name"],
    "an anchor": [good.replace("name: test", "name: &n test"), "3: anchors (&name) are not taken: write the value out"],
    "a tag": [good.replace("name: test", "name: !!str test"), "3: tags (!name) are not taken"],
    "a tag of one's own": [good.replace("name: test", "name: !secret test"), "3: Unresolved tag: !secret"],
    "a merge key": [good.replace("name: test", "name: test\n<<: { owner: me }"), "4: a policy has no field <<"],
    "a key that is a number": [`${good}5: a\n`, "17: a key must be a name"],
    "a key that is a list": [`${good}? [a]\n: b\n`, "17: a key must be a name"],
    "a key that is nothing": [`${good}? \n: b\n`, "17: a key must be a name"],
    "bytes of another encoding": [
      good.replace("test", "t\uFFFDst"),
      "3: this is not UTF-8 text: save the file as UTF-8",
    ],
    "UTF-16 read as UTF-8": [
      Buffer.from(good, "utf16le").toString("utf8"),
      "1: this is not UTF-8 text: save the file as UTF-8",
    ],
  };
  for (const [name, [source, expected]] of Object.entries(refused)) {
    it(`is not ${name}`, () => assert.equal(onlyFault(source), expected));
  }

  it("is not a tab for indentation", () => {
    const [first] = errorsOf(good.replace("  office:", "\toffice:"));
    assert.deepEqual([first?.line, first?.message], [9, "Tabs are not allowed as indentation"]);
  });

  it("is not an alias, nor the anchor it names", () => {
    const source = good.replace("name: test", "owner: &n me\nname: *n");
    assert.deepEqual(
      errorsOf(source).map(({ line, message }) => [line, message]),
      [
        [3, "anchors (&name) are not taken: write the value out"],
        [4, "aliases (*name) are not taken: write the value out"],
      ],
    );
  });

  const taken: Readonly<Record<string, string>> = {
    "with a byte order mark": `\uFEFF${good}`,
    "with CRLF": good.replaceAll("\n", "\r\n"),
    "with a document start and end": `---\n${good}...\n`,
    "with comments": `# a\n${good}# b`,
    "with keys in quotes": good.replace("name: test", '"name": "test"'),
    "with empty sections": `${good}exemptions: []\n`,
  };
  for (const [name, source] of Object.entries(taken)) {
    it(`may come ${name}`, () => assert.equal(compiled(source).name, "test"));
  }

  it("reports the line and column of a syntax error, CRLF or not", () => {
    for (const text of [good, good.replaceAll("\n", "\r\n")]) {
      const broken = text.replace("name: test", "name: [test");
      const [fault] = errorsOf(broken);
      assert.ok(fault && fault.line >= 3, JSON.stringify(fault));
    }
  });
});

describe("a file at its limits", () => {
  const conditions = (count: number) => `{ anyOf: [${Array(count).fill("{ consumer.tier: gold }").join(", ")}] }`;
  const nested = (depth: number): string => (depth === 0 ? "{ consumer.tier: gold }" : `{ not: ${nested(depth - 1)} }`);
  const list = (count: number) =>
    good.replace(
      "blocked: [",
      `long: [${Array.from({ length: count }, (_, index) => `e${index}`).join(", ")}]\n  blocked: [`,
    );
  const section = (count: number, line: (index: number) => string, before: string) =>
    good.replace(before, `${before}\n${Array.from({ length: count }, (_, index) => line(index)).join("\n")}`);
  const asked = (when: string) => policyText(rule("ask", "review", when));

  const cases: Readonly<Record<string, readonly [fits: string, over: string, fault: RegExp]>> = {
    rules: [
      policyText(
        Array.from({ length: 200 }, (_, index) => rule(`r${index}`, "review", "{ consumer.tier: gold }")).join(""),
      ),
      policyText(
        Array.from({ length: 201 }, (_, index) => rule(`r${index}`, "review", "{ consumer.tier: gold }")).join(""),
      ),
      /^more than 200 rules$/,
    ],
    conditions: [asked(conditions(64)), asked(conditions(65)), /^when has more than 64 conditions$/],
    depth: [asked(nested(4)), asked(nested(5)), /^anyOf and not stand more than 4 deep inside each other$/],
    "list entries": [list(5_000), list(5_001), /^the list long has more than 5000 entries$/],
    lists: [
      section(98, (index) => `  l${index}: [a]`, "lists:"),
      section(99, (index) => `  l${index}: [a]`, "lists:"),
      /^more than 100 lists$/,
    ],
    windows: [
      section(48, (index) => `  w${index}: { start: 2026-01-01, end: 2026-01-02 }`, "windows:"),
      section(49, (index) => `  w${index}: { start: 2026-01-01, end: 2026-01-02 }`, "windows:"),
      /^more than 50 windows$/,
    ],
    reviewers: [
      section(48, (index) => `  p${index}: { entraGroup: 55555555-0000-4000-8000-000000000007 }`, "reviewers:"),
      section(49, (index) => `  p${index}: { entraGroup: 55555555-0000-4000-8000-000000000007 }`, "reviewers:"),
      /^more than 50 reviewers$/,
    ],
    pattern: [
      asked(`{ consumer.tier: { like: "${"a".repeat(200)}" } }`),
      asked(`{ consumer.tier: { like: "${"a".repeat(201)}" } }`),
      /^the pattern is longer than 200 characters$/,
    ],
    literals: [
      asked(`{ consumer.tier: [${Array.from({ length: 100 }, (_, index) => `t${index}`).join(", ")}] }`),
      asked(`{ consumer.tier: [${Array.from({ length: 101 }, (_, index) => `t${index}`).join(", ")}] }`),
      /^consumer.tier needs a list of 1 to 100 values here; for more, name a list$/,
    ],
    "file size": [
      `${good}#${"x".repeat(256 * 1024 - good.length - 1)}`,
      `${good}#${"x".repeat(256 * 1024 - good.length)}`,
      /^the file is larger than 256 KB$/,
    ],
  };
  for (const [name, [fits, over, fault]] of Object.entries(cases)) {
    it(`is taken with as much as fits, and refused one above: ${name}`, () => {
      assert.deepEqual(errorsOf(fits), []);
      const faults = errorsOf(over);
      assert.equal(faults.length, 1);
      assert.match(faults[0]?.message ?? "", fault);
    });
  }

  it("counts exemptions", () => {
    const source = (count: number) =>
      `${policyText(rule("ask", "review", "{ consumer.tier: gold }"))}exemptions:\n${Array.from(
        { length: count },
        (_, index) =>
          `  - { id: E${index}, rules: [ask], reason: R., expires: 2027-01-01, when: { consumer.tier: gold } }`,
      ).join("\n")}\n`;
    assert.deepEqual(errorsOf(source(100)), []);
    assert.match(onlyFault(source(101)), /more than 100 exemptions/);
  });

  it("counts bytes, not characters", () => {
    assert.equal(onlyFault(`${good}#${"å".repeat(128 * 1024)}`), "1: the file is larger than 256 KB");
  });
});

describe("a hostile file is answered soon", () => {
  const size = 256 * 1024;
  const fill = (text: string, before = "", after = "") =>
    before + text.repeat(Math.floor((size - before.length - after.length) / text.length)) + after;
  const files: Readonly<Record<string, string>> = {
    "open brackets": fill("["),
    "open braces": fill("{"),
    "braces with keys": fill("{a: "),
    "dashes in a row": fill("- "),
    "question marks in a row": fill("? "),
    "sixty thousand keys": Array.from({ length: 30_000 }, (_, index) => `k${index}: 1`).join("\n"),
    "one key over and over": fill("a: 1\n"),
    "anchors on one node": fill("&a ", "x: "),
    "tags on one node": fill("!a ", "x: "),
    "aliases of nothing": fill("*a ,", "[", "]"),
    "documents without end": fill("---\n"),
    "directives without end": fill("%YAML 1.1\n"),
    "commas in a list": fill(",", "[", "]"),
    "comments between the rules": fill("#\n", "a:\n  b: 1\n", "\n  c: 2\n"),
    colons: fill(":"),
    quotes: fill("'", "a: "),
    "escaped line breaks": fill("\\\n", 'a: "'),
    "a text over many lines": fill("b\n  ", "a: "),
    "an indented staircase": Array.from({ length: 600 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
    "unknown facts without end": fill(
      "consumer.teir: 1, ",
      policyText("  - { id: a, effect: review, because: B., when: {").trimEnd(),
      "} }",
    ),
    "rules without end": fill("  - {}\n", policyText("").trimEnd()),
  };
  for (const [name, source] of Object.entries(files)) {
    it(name, () => {
      const from = performance.now();
      const result = compilePolicy(source, "test.yaml");
      assert.equal(result.ok, false);
      assert.ok(performance.now() - from < 20_000, "it took more than 20 seconds");
    });
  }

  it("a list of 5,000 entries used by every condition", () => {
    const tests = Array.from({ length: 60 }, () => "{ consumer.subscriptionId: { inList: big } }").join(", ");
    const rules = Array.from({ length: 60 }, (_, index) => rule(`r${index}`, "review", `{ anyOf: [${tests}] }`)).join(
      "",
    );
    const entries = Array.from(
      { length: 5_000 },
      (_, index) => `${String(index).padStart(8, "0")}-0000-4000-8000-000000000001`,
    );
    const from = performance.now();
    const source = policyText(rules).replace(
      "blocked: [",
      `big: [${entries.slice(0, 1_000).join(", ")}]\n  blocked: [`,
    );
    assert.deepEqual(errorsOf(source), []);
    assert.ok(performance.now() - from < 20_000);
  });
});

describe("names that every object knows", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "valueOf"];

  for (const name of names) {
    it(`${name} is no field, fact, operator, list, window or reviewer`, () => {
      const unknown = [
        `${good}${name}: { a: 1 }\n`,
        policyText(rule("yes", "review", `{ ${name}: 1 }`)),
        policyText(rule("yes", "review", `{ consumer.tier: { ${name}: true } }`)),
        policyText(rule("yes", "review", `{ consumer.tier: { inList: ${name} } }`)),
        policyText(rule("yes", "review", `{ time.now: { within: ${name} } }`)),
        policyText(rule("yes", "review", "{ consumer.tier: gold }", `review: { by: [${name}] }`)),
        policyText(rule("yes", "review", "{ consumer.tier: gold }", `${name}: 1`)),
      ];
      for (const source of unknown) assert.ok(errorsOf(source).length > 0, source);
    });

    it(`${name} may be a tag, and is judged like any other`, () => {
      const source = policyText(rule("yes", "approve", `{ service.tags.${name}: "1" }`));
      const key = `service.tags.${name.toLowerCase()}`;
      const tagged = knowing({ values: Object.fromEntries([[key, "1"]]) });
      assert.equal(judge(source, tagged).effect, "approve");
      assert.equal(judge(source, knowing({ absent: ["service.tags.*"] })).trace[0]?.matched, false);
      assert.equal(judge(source, knowing()).trace[0]?.matched, null);
    });
  }

  it("leave the prototypes as they were", () => {
    faultsOf(`${good}__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }\n`);
    judge(
      policyText(rule("yes", "approve", "{ service.tags.__proto__: x }")),
      knowing({ values: JSON.parse('{"__proto__": {"consumer.tier": "gold"}, "service.tags.__proto__": "x"}') }),
    );
    assert.equal(Object.hasOwn(Object.prototype, "polluted"), false);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });

  it("bring no facts from a prototype into a snapshot", () => {
    const values = Object.create({ "consumer.tier": "gold" });
    const verdict = judge(good, { values, absent: [], unavailable: {} });
    assert.equal(verdict.trace[0]?.matched, null);
  });
});

describe("whatever text comes in", () => {
  const fragments = fc.constantFrom(
    ..."{}[]:,-?&*!|>'\"%#\n \t",
    "rules",
    "when",
    "a",
    "1",
    "~",
    "anyOf",
    "- id: x\n",
    "  ",
  );
  it("is refused with a fault in the file, or compiled, and never throws", () => {
    const lines = good.split("\n");
    fc.assert(
      fc.property(fc.nat({ max: lines.length - 1 }), fc.string({ unit: fragments, maxLength: 30 }), (line, text) => {
        const source = lines.toSpliced(line, 1, text).join("\n");
        const result = compilePolicy(source, "test.yaml");
        const faults = result.ok ? result.warnings : result.faults;
        assert.ok(result.ok || faults.some(({ severity }) => severity === "error"));
        for (const fault of faults) assert.ok(fault.line >= 1 && fault.column >= 1 && fault.message !== "");
      }),
      { numRuns: 400 },
    );
  });
});

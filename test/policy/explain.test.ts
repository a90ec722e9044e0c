import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Facts } from "../../src/connection/facts.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { explain, holds, whyUnavailable } from "../../src/policy/explain.ts";
import { formatExplanation } from "../../src/policy/format-explanation.ts";
import { plain, quoted } from "../../src/policy/plain.ts";
import { compiled, fallback, knowing, policyText, rule } from "./build.ts";

const source = policyText(
  rule("blocked", "reject", "{ consumer.subscriptionId: { inList: blocked } }") +
    rule("abroad", "review", "{ endpoint.region: { notInList: regions } }") +
    rule("gold", "approve", "{ consumer.tier: [gold, silver] }", "expiresAfter: P7D") +
    rule(
      "note",
      "approve",
      '{ anyOf: [{ request.message: { like: "CHG*" } }, { not: { consumer.registered: true } }] }',
    ) +
    rule("later", "reject", "{ consumer.tier: gold }", "mode: shadow") +
    rule("off", "reject", "{ consumer.tier: gold }", "mode: off"),
  `match: { service.tags.env: prod }
exemptions:
  - { id: EX-1, rules: [abroad], reason: Moving., expires: 2027-03-31, when: { consumer.tier: gold } }`,
);

const gold = {
  values: {
    "service.tags.env": "prod",
    "consumer.subscriptionId": "99999999-0000-4000-8000-000000000009",
    "consumer.tier": "gold",
    "endpoint.region": "westus",
    "request.message": "hello",
    "consumer.registered": true,
  },
} as const;

function explained(facts: Facts, text = source) {
  const policies = [{ policy: compiled(text), version: 3 }];
  return explain(evaluate(policies, facts, { fallbackReviewers: [fallback] }), facts);
}

function standings(facts: Facts): Readonly<Record<string, string>> {
  const rules = explained(facts).policies.flatMap((policy) => policy.rules);
  return Object.fromEntries(rules.map(({ rule: id, standing }) => [id, standing]));
}

describe("explain", () => {
  it("says of every rule that was asked what became of it", () => {
    assert.deepEqual(standings(knowing(gold)), {
      blocked: "does-not-hold",
      abroad: "exempted",
      gold: "decided",
      note: "does-not-hold",
      later: "would-decide",
    });
  });

  it("tells what decided from what holds and was outweighed", () => {
    const { blocked, gold: approves } = standings(
      knowing({ values: { ...gold.values, "consumer.subscriptionId": "11111111-0000-4000-8000-000000000001" } }),
    );
    assert.deepEqual([blocked, approves], ["decided", "outweighed"]);
  });

  it("shows a rule that could not be told as the one that decided, with why its fact was unavailable", () => {
    const facts: Facts = {
      ...knowing(gold),
      values: { "time.now": "2026-11-24T10:00:00Z", "service.tags.env": "prod" },
      unavailable: { "consumer.subscriptionId": "the endpoint was moved" },
    };
    const [policy] = explained(facts).policies;
    const rules = policy?.rules ?? [];
    assert.deepEqual(
      rules.map(({ rule: id, standing }) => `${id} ${standing}`),
      ["blocked decided", "abroad decided", "gold unknown", "note unknown", "later unknown"],
    );
    assert.equal(rules[0]?.conditions[0]?.whyUnavailable, "the endpoint was moved");
    assert.equal(rules[1]?.conditions[0]?.whyUnavailable, "the snapshot does not hold it");
  });

  it("shows the conditions of match once, and not again under each rule", () => {
    const [policy] = explained(knowing(gold)).policies;
    assert.deepEqual(
      policy?.match.map(({ fact }) => fact),
      ["service.tags.env"],
    );
    assert.ok(policy?.rules.every(({ conditions }) => conditions.every(({ at }) => at.startsWith("when"))));
  });

  it("keeps every condition of the trace", () => {
    const facts = knowing(gold);
    const verdict = evaluate([{ policy: compiled(source), version: 3 }], facts, { fallbackReviewers: [] });
    const { policies } = explain(verdict, facts);
    for (const { rule: id, conditions } of verdict.trace) {
      const shown = policies.flatMap(({ rules, match }) =>
        rules.filter(({ rule: name }) => name === id).flatMap((one) => [...match, ...one.conditions]),
      );
      assert.deepEqual(
        shown.map(({ at }) => at),
        conditions.map(({ at }) => at),
      );
    }
  });

  it("says that there is no trace when it was too large to be stored", () => {
    const facts = knowing(gold);
    const verdict = evaluate([{ policy: compiled(source), version: 3 }], facts, { fallbackReviewers: [] });
    const text = formatExplanation(explain({ ...verdict, trace: null }, facts));
    assert.match(text, /^approve, decided by gold\n/);
    assert.match(text, /the trace was too large to be stored/);
  });
});

describe("formatExplanation", () => {
  it("is a tree of policy, rule and condition with wanted, got and line", () => {
    assert.equal(
      formatExplanation(explained(knowing(gold))),
      `approve, decided by gold
  gold.
  expires after P7D
  with the rules in shadow it would be reject, by later
  judged at 2026-11-24T10:00:00Z by engine 1.2.0

policy test version 3 (sha256 ${compiled(source).sha256.slice(0, 12)})
  covers the service when
       yes  service.tags.env equals "prod": got "prod" (line 4)
   - blocked (line 17), reject: does not hold
       no   consumer.subscriptionId inList "blocked": got "99999999-0000-4000-8000-000000000009" (line 17)
   x abroad (line 18), review: holds, but is exempted by EX-1
       yes  endpoint.region notInList "regions": got "westus" (line 18)
  => gold (line 19), approve: holds, and decided
       yes  consumer.tier in "gold", "silver": got "gold" (line 19)
   - note (line 20), approve: does not hold
       no   when.anyOf[0]: request.message like "CHG*": got "hello" (line 20)
       yes  when.anyOf[1].not: consumer.registered equals true: got true (line 20)
   + later (line 21), reject in shadow: holds, and would count as reject
       yes  consumer.tier equals "gold": got "gold" (line 21)
   . exemption EX-1 (line 6) of abroad: holds
       yes  consumer.tier equals "gold": got "gold" (line 6)
`,
    );
  });

  it("says how people are asked where it is not as usual", () => {
    const asking = policyText(
      rule(
        "ask",
        "review",
        "{ consumer.tier: gold }",
        "review: { by: [oncall], via: page, within: P1D, hours: office, expiry: reject, escalate: { after: PT4H, to: [security] } }",
      ),
    ).replaceAll("000000000005 }", "000000000005, channel: Network }");
    const facts = knowing(gold);
    const verdict = evaluate([{ policy: compiled(asking), version: 1 }], facts, { fallbackReviewers: [] });
    assert.deepEqual(formatExplanation(explain(verdict, facts)).split("\n").slice(0, 7), [
      "review, decided by ask",
      "  ask.",
      "  asks oncall (1)",
      "  shows it to oncall in Network",
      "  takes the answer on the signed-in page only",
      "  waits P1D of office, then rejects",
      "  after PT4H of office, security may answer in the place of oncall",
    ]);
  });

  it("shows what is absent and what is unavailable, with the reason", () => {
    const facts: Facts = {
      values: { "time.now": "2026-11-24T10:00:00Z" },
      absent: ["request.message", "service.tags.*"],
      unavailable: { "consumer.tier": "the registry does not answer" },
    };
    const text = formatExplanation(explained(facts));
    assert.match(text, /request\.message like "CHG\*": absent \(line/);
    assert.match(text, /consumer\.tier in "gold", "silver": unavailable, the registry does not answer \(line/);
    assert.match(text, /service\.tags\.env equals "prod": absent/);
  });

  it("says when it is the policy that does not cover the request", () => {
    const elsewhere = knowing({ values: { ...gold.values, "service.tags.env": "test" } });
    const text = formatExplanation(explained(elsewhere));
    assert.match(text, / - gold \(line 19\), approve: does not hold, because the policy does not cover this\n/);
    assert.match(text, / - blocked \(line 17\), reject: does not hold\n/);
  });

  const hostile: Readonly<Record<string, string>> = {
    "an escape that clears the screen": "\u001b[2J\u001b[H",
    "a line feed and a forged verdict": "x\napprove, decided by me",
    "a carriage return over the line": "x\rapprove",
    "writing from right to left": "\u202eevorppa",
    "a letter of no width": "ap\u200bprove",
    "an escape of eight bits": "\u009b31m",
    "a line separator": "a\u2028b",
    "half a character": "\ud800",
    "a mark of language": "\u{e0041}",
  };
  for (const [name, text] of Object.entries(hostile)) {
    it(`lets ${name} do nothing in a value or in a reason`, () => {
      const facts: Facts = {
        ...knowing({ values: { ...gold.values, "request.message": text } }),
        unavailable: { "consumer.registered": `cannot be read: ${text}`, "endpoint.region": text },
      };
      const shown = formatExplanation(explained(facts));
      assert.doesNotMatch(shown.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      const harmless = formatExplanation(explained(knowing(gold)));
      assert.ok(shown.split("\n").length <= harmless.split("\n").length + 3, "a forged line");
      assert.ok(!shown.split("\n").includes("approve, decided by me"));
    });
  }

  it("cuts what is very long and says how long it was", () => {
    assert.match(quoted("x".repeat(4_000)), /^"x{300}" … \(4000 characters\)$/);
    assert.match(plain("y".repeat(4_000)), /^y{300} … \(4000 characters\)$/);
  });

  it("writes down what it escapes, so that it can be recognised", () => {
    assert.equal(quoted("\u202eabc"), '"\\u202eabc"');
    assert.equal(plain("\u001b[2J"), "\\u001b[2J");
    assert.equal(quoted("5"), '"5"');
    assert.equal(quoted(5), "5");
  });
});

describe("A snapshot", () => {
  const facts: Facts = {
    values: { "consumer.tier": 5, "consumer.name": "Contoso" },
    absent: ["request.message", "consumer.tags.*"],
    unavailable: { "service.tags": "ARM showed no readable tags", "endpoint.region": "missing" },
  };
  const cases = {
    "holds a value": ["consumer.name", true],
    "holds that a fact is absent": ["request.message", true],
    "holds why a fact was unavailable": ["endpoint.region", true],
    "holds every tag when tags were readable": ["consumer.tags.team", true],
    "holds that no tag was readable": ["service.tags.env", true],
    "does not hold what it does not name": ["consumer.tenantId", false],
    "does not take a property of all objects for a fact": ["constructor", false],
  } as const;
  for (const [name, [fact, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(holds(facts, fact), expected));
  }

  it("says why a fact cannot be used", () => {
    assert.equal(whyUnavailable("service.tags.env", facts), "ARM showed no readable tags");
    assert.equal(whyUnavailable("consumer.tier", facts), "what was read is no string as the fact table has it");
    assert.equal(whyUnavailable("consumer.tenantId", facts), "the snapshot does not hold it");
  });
});

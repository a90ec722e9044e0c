import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Facts } from "../../src/connection/facts.ts";
import { policyDigest } from "../../src/policy/compile.ts";
import { evaluate, type Verdict } from "../../src/policy/evaluate.ts";
import { factTableDigest } from "../../src/policy/facts.ts";
import { compiled, fallback, groups, judge, knowing, policyText, rule } from "./build.ts";

const facts = knowing({
  values: { "consumer.tier": "gold", "consumer.registered": true, "endpoint.region": "westeurope" },
  absent: ["service.tags.*"],
});

// What holds, what does not, and what cannot be told of these facts.
const holds = "{ consumer.tier: gold }";
const fails = "{ consumer.tier: silver }";
const unknown = "{ history.rejectedBefore: true }";

const oncall = { group: groups.oncall, name: "oncall", approvals: 1 };
const security = { group: groups.security, name: "security", approvals: 1 };

type Outcome = Partial<Pick<Verdict, "effect" | "decidedBy" | "reason" | "reviewers" | "expiresAfter" | "unavailable">>;

function outcomeOf(verdict: Verdict, asked: Outcome): Outcome {
  return Object.fromEntries(Object.entries(verdict).filter(([key]) => Object.hasOwn(asked, key)));
}

const noRule = "No rule approves this request.";

const cases: Readonly<Record<string, readonly [rules: string, Outcome]>> = {
  "a reject rule that holds rejects": [
    rule("no", "reject", holds),
    { effect: "reject", decidedBy: ["no"], reason: "no.", reviewers: [], expiresAfter: null, unavailable: [] },
  ],
  "it does so whatever approves and asks": [
    rule("yes", "approve", holds) + rule("ask", "review", holds) + rule("no", "reject", holds),
    { effect: "reject", decidedBy: ["no"] },
  ],
  "and whatever cannot be told": [
    rule("other", "reject", unknown) + rule("ask", "review", unknown) + rule("no", "reject", holds),
    { effect: "reject", decidedBy: ["no"], unavailable: [] },
  ],
  "all reject rules that hold are named": [
    rule("b", "reject", holds) + rule("a", "reject", holds),
    { effect: "reject", decidedBy: ["a", "b"], reason: "a. b." },
  ],
  "a review rule that holds asks people": [
    rule("yes", "approve", holds) + rule("ask", "review", holds),
    { effect: "review", decidedBy: ["ask"], reason: "ask.", unavailable: [] },
  ],
  "a review rule that cannot be told asks people too": [
    rule("yes", "approve", holds) + rule("ask", "review", unknown),
    {
      effect: "review",
      decidedBy: ["ask"],
      reason: "Rule ask could not be told because history.rejectedBefore was not available.",
      unavailable: ["history.rejectedBefore"],
    },
  ],
  "a reject rule that cannot be told asks people and does not reject": [
    rule("yes", "approve", holds) + rule("no", "reject", unknown),
    { effect: "review", decidedBy: ["no"], unavailable: ["history.rejectedBefore"] },
  ],
  "those that hold and those that cannot be told are named together": [
    rule("ask", "review", holds) + rule("no", "reject", unknown),
    {
      effect: "review",
      decidedBy: ["ask", "no"],
      reason: "ask. Rule no could not be told because history.rejectedBefore was not available.",
    },
  ],
  "an approve rule that holds approves": [
    rule("yes", "approve", holds) + rule("ask", "review", fails) + rule("no", "reject", fails),
    { effect: "approve", decidedBy: ["yes"], reason: "yes.", reviewers: [], expiresAfter: null, unavailable: [] },
  ],
  "an approve rule that cannot be told approves nothing": [
    rule("yes", "approve", unknown),
    {
      effect: "review",
      decidedBy: ["default"],
      reason: `${noRule} Not available: history.rejectedBefore.`,
      unavailable: ["history.rejectedBefore"],
    },
  ],
  "when nothing holds it is people": [
    rule("yes", "approve", fails) + rule("ask", "review", fails) + rule("no", "reject", fails),
    { effect: "review", decidedBy: ["default"], reason: noRule, unavailable: [] },
  ],
  "a lost fact that decides nothing is not named": [
    rule("ask", "review", "{ anyOf: [{ history.rejectedBefore: true }, { consumer.tier: gold }] }"),
    { effect: "review", decidedBy: ["ask"], unavailable: [] },
  ],
  "of a rule that cannot be told only the facts that keep it so are named": [
    rule(
      "ask",
      "review",
      "{ anyOf: [{ history.approvedBefore: true, consumer.tier: silver }, { not: { history.rejectedBefore: true } }] }",
    ),
    { effect: "review", unavailable: ["history.rejectedBefore"] },
  ],
  "the same because is said once": [
    `  - { id: a, effect: reject, because: Blocked., when: ${holds} }\n  - { id: b, effect: reject, because: "Blocked.  ", when: ${holds} }`,
    { reason: "Blocked." },
  ],
  "a because over several lines is one line": [
    `  - id: a\n    effect: reject\n    because: |\n      Blocked\n      for good.\n    when: ${holds}`,
    { reason: "Blocked for good." },
  ],
  "a rule without when always holds": [
    '  - { id: ask, effect: review, because: "Always." }',
    { effect: "review", decidedBy: ["ask"] },
  ],
};

describe("the decision", () => {
  for (const [name, [rules, expected]] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(outcomeOf(judge(policyText(rules), facts), expected), expected));
  }
});

describe("match", () => {
  const rules = rule("yes", "approve", holds) + rule("no", "reject", holds);
  const scoped = (match: string, text = rules) => policyText(text, `match: ${match}\ndefaultReview: { by: [oncall] }`);

  it("keeps a policy out of what it does not cover", () => {
    const verdict = judge(scoped("{ service.tags.env: prod }"), facts);
    assert.deepEqual(
      [verdict.effect, verdict.decidedBy, verdict.reason, verdict.reviewers],
      ["review", ["default"], "No policy covers this service.", [fallback]],
    );
  });

  it("that cannot be told lets reject rules ask and approve rules do nothing", () => {
    const text = scoped("{ service.region: westeurope }", rule("no", "reject", holds));
    const verdict = judge(text, facts);
    assert.deepEqual([verdict.effect, verdict.decidedBy, verdict.unavailable], ["review", ["no"], ["service.region"]]);
    const approving = judge(scoped("{ service.region: westeurope }", rule("yes", "approve", holds)), facts);
    assert.deepEqual(
      [approving.effect, approving.decidedBy, approving.unavailable, approving.reviewers],
      ["review", ["default"], ["service.region"], [oncall]],
    );
  });

  it("is traced with every rule of the policy", () => {
    const [first] = judge(scoped("{ service.tags.env: prod }"), facts).trace;
    assert.deepEqual(
      first?.conditions.map(({ at, result }) => [at, result]),
      [
        ["match", false],
        ["when", true],
      ],
    );
  });
});

describe("several policies", () => {
  const named = (name: string, rules: string, more = "") =>
    policyText(rules, more).replace("name: test", `name: ${name}`);

  it("decide together: the reject rule of one beats the approve rule of another", () => {
    const texts = [named("a", rule("yes", "approve", holds)), named("b", rule("no", "reject", holds))];
    const verdict = judge(texts, facts);
    assert.deepEqual([verdict.effect, verdict.decidedBy], ["reject", ["no"]]);
    assert.deepEqual(
      verdict.policies.map(({ name, version, sha256 }) => [name, version, sha256]),
      texts.map((text, index) => [["a", "b"][index], index + 1, policyDigest(text)]),
    );
  });

  it("ask everybody whom the matching ones name, the highest count for each group", () => {
    const texts = [
      named("a", rule("ask", "review", holds, "review: { by: [oncall, security] }")),
      named("b", rule("ask", "review", holds, "review: { by: [oncall], approvals: 3 }")),
    ];
    assert.deepEqual(judge(texts, facts).reviewers, [{ ...oncall, approvals: 3 }, security]);
  });

  it("ask by default whom the matching ones name, and not the others", () => {
    const texts = [
      named("a", rule("x", "approve", fails), "defaultReview: { by: [oncall] }\nmatch: { service.region: westeurope }"),
      named("b", rule("x", "approve", fails), "defaultReview: { by: [security] }\nmatch: { consumer.tier: silver }"),
    ];
    assert.deepEqual(judge(texts, facts).reviewers, [oncall]);
  });
});

describe("reviewers", () => {
  const asks = (more: string, head = "") =>
    judge(policyText(rule("ask", "review", holds, more), head), facts).reviewers;

  it("are the rule's own", () =>
    assert.deepEqual(asks("review: { by: [security] }", "defaultReview: { by: [oncall] }"), [security]));
  it("are the policy's when the rule names nobody", () =>
    assert.deepEqual(asks("", "defaultReview: { by: [oncall] }"), [oncall]));
  it("are the fallback group when neither does", () => assert.deepEqual(asks(""), [fallback]));

  it("are the reject rule's own when that cannot be told", () => {
    const rules = rule("no", "reject", unknown, "review: { by: [security], approvals: 2 }");
    assert.deepEqual(judge(policyText(rules), facts).reviewers, [{ ...security, approvals: 2 }]);
  });

  it("count once when one group has two names, with the higher number", () => {
    const text = policyText(
      rule("a", "review", holds, "review: { by: [oncall], approvals: 2 }") +
        rule("b", "review", holds, "review: { by: [also-oncall] }"),
    ).replace("reviewers:", `reviewers:\n  also-oncall: { entraGroup: ${groups.oncall.toUpperCase()} }`);
    assert.deepEqual(judge(text, facts).reviewers, [{ group: groups.oncall, name: "also-oncall", approvals: 2 }]);
  });

  it("of the configuration count once as well", () => {
    const options = {
      fallbackReviewers: [fallback, { ...fallback, group: groups.fallback.toUpperCase(), approvals: 2 }],
    };
    assert.deepEqual(judge(policyText(rule("ask", "review", holds)), facts, options).reviewers, [
      { ...fallback, approvals: 2 },
    ]);
  });
});

describe("expiresAfter", () => {
  const expiry = (rules: string) => judge(policyText(rules), facts).expiresAfter;

  it("is the approving rule's", () => assert.equal(expiry(rule("a", "approve", holds, "expiresAfter: P14D")), "P14D"));
  it("is the shortest of those that hold", () => {
    assert.equal(
      expiry(rule("a", "approve", holds, "expiresAfter: P2W") + rule("b", "approve", holds, "expiresAfter: PT30H")),
      "PT30H",
    );
  });
  it("counts a rule without one as without end", () => {
    assert.equal(expiry(rule("a", "approve", holds) + rule("b", "approve", holds, "expiresAfter: P14D")), "P14D");
  });
  it("is shortened by a rule that cannot be told", () => {
    assert.equal(expiry(rule("a", "approve", holds) + rule("b", "approve", unknown, "expiresAfter: P1D")), "P1D");
  });
  it("is not shortened by a rule that does not hold", () => {
    assert.equal(expiry(rule("a", "approve", holds) + rule("b", "approve", fails, "expiresAfter: P1D")), null);
  });
});

describe("modes", () => {
  it("shadow counts for nothing and says what would have been", () => {
    const verdict = judge(
      policyText(rule("yes", "approve", holds) + rule("no", "reject", holds, "mode: shadow")),
      facts,
    );
    assert.equal(verdict.effect, "approve");
    assert.deepEqual(verdict.shadow, { effect: "reject", decidedBy: ["no"] });
    assert.deepEqual(
      verdict.trace.map(({ rule: id, mode, matched, counted }) => [id, mode, matched, counted]),
      [
        ["yes", "enforce", true, "approve"],
        ["no", "shadow", true, null],
      ],
    );
  });

  it("a shadow rule that cannot be told asks nobody and shortens nothing", () => {
    const rules =
      rule("yes", "approve", holds) +
      rule("ask", "review", unknown, "mode: shadow") +
      rule("short", "approve", unknown, "mode: shadow, expiresAfter: P1D");
    const verdict = judge(policyText(rules), facts);
    assert.deepEqual([verdict.effect, verdict.expiresAfter, verdict.unavailable], ["approve", null, []]);
    assert.deepEqual(verdict.shadow, { effect: "review", decidedBy: ["ask"] });
  });

  it("off is not even asked", () => {
    const verdict = judge(policyText(rule("yes", "approve", holds) + rule("no", "reject", holds, "mode: off")), facts);
    assert.deepEqual([verdict.effect, verdict.shadow, verdict.trace.length], ["approve", null, 1]);
  });
});

describe("exemptions", () => {
  const exempt = (rules: string, when: string, names: string, expires = "2027-03-31") =>
    `${policyText(rules)}exemptions:\n  - { id: EX-1, rules: [${names}], reason: R., expires: ${expires}, when: ${when} }\n`;
  const stopped = rule("yes", "approve", holds) + rule("no", "reject", holds) + rule("ask", "review", holds);

  it("take out the rules that they name, and approve nothing themselves", () => {
    const verdict = judge(exempt(stopped, holds, "no, ask"), facts);
    assert.deepEqual([verdict.effect, verdict.decidedBy], ["approve", ["yes"]]);
    assert.deepEqual(
      verdict.trace.map(({ rule: id, matched, counted, exemptedBy }) => [id, matched, counted, exemptedBy]),
      [
        ["yes", true, "approve", []],
        ["no", true, null, ["EX-1"]],
        ["ask", true, null, ["EX-1"]],
      ],
    );
    const alone = judge(exempt(rule("no", "reject", holds), holds, "no"), facts);
    assert.deepEqual([alone.effect, alone.decidedBy], ["review", ["default"]]);
  });

  it("leave the rules that they do not name", () => {
    assert.equal(judge(exempt(stopped, holds, "ask"), facts).effect, "reject");
    assert.equal(judge(exempt(stopped, holds, "no"), facts).effect, "review");
  });

  it("do nothing for others", () => assert.equal(judge(exempt(stopped, fails, "no, ask"), facts).effect, "reject"));

  it("that cannot be told make the rule one that cannot be told: neither rejected nor let through", () => {
    const verdict = judge(exempt(stopped, unknown, "no, ask"), facts);
    assert.deepEqual(
      [verdict.effect, verdict.decidedBy, verdict.unavailable],
      ["review", ["ask", "no"], ["history.rejectedBefore"]],
    );
    assert.deepEqual(
      verdict.exemptions.map(({ exemption, matched, expired }) => [exemption, matched, expired]),
      [["EX-1", null, false]],
    );
  });

  it("that hold take out a rule that cannot be told", () => {
    const rules = rule("yes", "approve", holds) + rule("no", "reject", unknown);
    const verdict = judge(exempt(rules, holds, "no"), facts);
    assert.deepEqual([verdict.effect, verdict.trace[1]?.exemptedBy], ["approve", ["EX-1"]]);
  });

  it("hold until they expire and not from then on", () => {
    const text = exempt(stopped, holds, "no, ask", "2026-11-24T10:00:00Z");
    const at = (now: string) => judge(text, { ...facts, values: { ...facts.values, "time.now": now } });
    assert.equal(at("2026-11-24T09:59:59.999Z").effect, "approve");
    assert.equal(at("2026-11-24T10:00:00Z").effect, "reject");
    assert.equal(at("2026-11-24T10:00:00Z").exemptions[0]?.expired, true);
  });

  it("cannot be told without the time", () => {
    const verdict = judge(exempt(stopped, holds, "no, ask"), { ...facts, unavailable: { "time.now": "lost" } });
    assert.deepEqual([verdict.effect, verdict.unavailable], ["review", ["time.now"]]);
    assert.equal(verdict.evaluatedAt, "unknown");
  });

  it("hold only where their policy covers the service", () => {
    const text = exempt(stopped, holds, "no, ask").replace("lists:", "match: { service.region: westeurope }\nlists:");
    assert.equal(judge(text, facts).effect, "review");
  });

  it("take out shadow rules too", () => {
    const rules = rule("yes", "approve", holds) + rule("no", "reject", holds, "mode: shadow");
    assert.deepEqual(judge(exempt(rules, holds, "no"), facts).shadow, { effect: "approve", decidedBy: ["yes"] });
  });
});

describe("the trace", () => {
  const verdict = judge(
    policyText(
      rule(
        "yes",
        "approve",
        "{ anyOf: [{ consumer.tier: [gold] }, { not: { endpoint.region: { inList: regions } } }], history.rejectedBefore: false }",
      ),
    ),
    knowing({ values: { "consumer.tier": "gold", "endpoint.region": "WestEurope" } }),
  );

  it("holds every condition with what was wanted and got, and no list", () => {
    const line = 15;
    assert.deepEqual(verdict.trace, [
      {
        policy: "test",
        rule: "yes",
        line,
        effect: "approve",
        mode: "enforce",
        matched: null,
        counted: null,
        exemptedBy: [],
        conditions: [
          { at: "when.anyOf[0]", fact: "consumer.tier", op: "in", want: ["gold"], got: "gold", result: true, line },
          {
            at: "when.anyOf[1].not",
            fact: "endpoint.region",
            op: "inList",
            want: "regions",
            got: "WestEurope",
            result: true,
            line,
          },
          { at: "when", fact: "history.rejectedBefore", op: "equals", want: false, result: null, line },
        ],
      },
    ]);
  });

  it("shows an absent fact as null", () => {
    const { trace } = judge(
      policyText(rule("yes", "approve", "{ consumer.tier: gold }")),
      knowing({ absent: ["consumer.tier"] }),
    );
    assert.deepEqual(trace[0]?.conditions[0], {
      at: "when",
      fact: "consumer.tier",
      op: "equals",
      want: "gold",
      got: null,
      result: false,
      line: 15,
    });
  });

  it("survives JSON and names engine, fact table and time", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict);
    assert.equal(verdict.factTable, factTableDigest);
    assert.equal(verdict.evaluatedAt, "2026-11-24T10:00:00Z");
    assert.match(verdict.engine, /^\d+\.\d+\.\d+$/);
  });

  it("never quotes the consumer in the reason", () => {
    const hostile = "<script>alert(1)</script>";
    const given = knowing({ values: { "request.message": hostile, "endpoint.name": hostile } });
    const rules = rule("ask", "review", '{ request.message: { like: "*" } }') + rule("lost", "review", unknown);
    assert.ok(!judge(policyText(rules), given).reason.includes("script"));
  });
});

describe("what cannot be evaluated goes to people", () => {
  const policy = compiled(policyText(rule("yes", "approve", holds) + rule("no", "reject", fails)));
  const options = { fallbackReviewers: [fallback] };
  const expected = { effect: "review", decidedBy: ["default"], reviewers: [fallback], expiresAfter: null };
  const isReview = (verdict: Verdict, reason: RegExp) => {
    const { effect, decidedBy, reviewers, expiresAfter } = verdict;
    assert.deepEqual({ effect, decidedBy, reviewers, expiresAfter }, expected);
    assert.match(verdict.reason, reason);
  };

  it("no policy at all", () => isReview(evaluate([], facts, options), /No policy is in force/));

  it("more policies than may be in force", () => {
    const many = Array.from({ length: 33 }, (_, index) => ({ policy, version: index }));
    isReview(evaluate(many, facts, options), /More than 32 policies/);
    assert.equal(evaluate(many.slice(1), facts, options).effect, "approve");
  });

  it("a policy that was checked against another fact table", () => {
    const foreign = { ...policy, factTable: "sha256:other" };
    isReview(
      evaluate(
        [
          { policy, version: 1 },
          { policy: foreign, version: 1 },
        ],
        facts,
        options,
      ),
      /another version/,
    );
  });

  it("a spent budget", () => {
    isReview(
      evaluate([{ policy, version: 1 }], facts, { ...options, budget: 1 }),
      /cost more to evaluate than allowed/,
    );
    assert.equal(evaluate([{ policy, version: 1 }], facts, { ...options, budget: 2 }).effect, "approve");
  });

  it("a long text costs more than a short one", () => {
    const text = policyText(rule("yes", "approve", '{ request.message: { like: "a*" }, consumer.registered: true }'));
    const long = knowing({ values: { "request.message": "a".repeat(4_096), "consumer.registered": true } });
    isReview(judge(text, long, { budget: 65 }), /cost more/);
    assert.equal(judge(text, long, { budget: 66 }).effect, "approve");
  });

  it("policies that are no policies", () => {
    const broken: unknown[] = [null, undefined, 7, [null], [{ policy: null }], [{ policy: {}, version: 1 }]];
    for (const policies of broken) isReview(evaluate(policies as never, facts, options), /failed|another version/);
  });

  it("facts that are no facts", () => {
    for (const given of [null, undefined, 7, {}, { values: null, absent: null, unavailable: null }]) {
      const verdict = evaluate([{ policy, version: 1 }], given as never, options);
      assert.deepEqual([verdict.effect, verdict.decidedBy], ["review", ["no"]]);
    }
  });

  it("options that are no options", () => {
    assert.deepEqual(evaluate([], facts, undefined as never).reviewers, []);
  });

  it("a rule that throws is unknown, and the others are judged as ever", () => {
    const [yes, no] = policy.rules;
    assert.ok(yes?.when?.kind === "test" && no);
    const when = { ...yes.when, whenValue: () => assert.fail("broken on purpose") };
    const throwing = { ...policy, rules: [{ ...yes, when }, no] };
    const lost = evaluate([{ policy: throwing, version: 1 }], facts, options);
    assert.deepEqual([lost.effect, lost.decidedBy, lost.trace[0]?.error], ["review", ["default"], "AssertionError"]);

    const stopping = { ...policy, rules: [yes, { ...no, when }] };
    const stopped = evaluate([{ policy: stopping, version: 1 }], facts, options);
    assert.deepEqual([stopped.effect, stopped.decidedBy], ["review", ["no"]]);
    assert.equal(stopped.reason, "Rule no could not be told because of an error (AssertionError).");

    const rejecting = {
      ...policy,
      rules: [
        { ...yes, when },
        { ...no, when: yes.when },
      ],
    };
    assert.equal(evaluate([{ policy: rejecting, version: 1 }], facts, options).effect, "reject");
  });

  it("a snapshot whose facts throw when they are read knows nothing", () => {
    const values = Object.defineProperty({}, "consumer.tier", { enumerable: true, get: () => assert.fail("trap") });
    const trapped: Facts = { values, absent: [], unavailable: {} };
    assert.equal(evaluate([{ policy, version: 1 }], trapped, options).effect, "review");
  });
});

describe("policyDigest", () => {
  it("is the same for LF, CRLF and CR, and for nothing else", () => {
    const text = policyText(rule("yes", "approve", holds));
    const digest = policyDigest(text);
    assert.match(digest, /^[0-9a-f]{64}$/);
    assert.equal(policyDigest(text.replaceAll("\n", "\r\n")), digest);
    assert.equal(policyDigest(text.replaceAll("\n", "\r")), digest);
    assert.notEqual(policyDigest(`${text} `), digest);
    assert.equal(compiled(text.replaceAll("\n", "\r\n")).sha256, digest);
    assert.equal(policyDigest("a\n"), "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7");
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exitCodeOf, formatTestRun, runPolicyTests } from "../../src/policy/run-tests.ts";
import { policyText, rule } from "./build.ts";

const policy = policyText(
  rule("block", "reject", "{ consumer.subscriptionId: { inList: blocked } }") +
    rule("ask", "review", "{ service.tags.compliance: pci }", "review: { by: [security], approvals: 2 }") +
    rule(
      "page",
      "review",
      "{ consumer.tier: staged }",
      "review: { by: [security], via: page, within: P1D, hours: office, escalate: { after: PT4H, to: [oncall] } }",
    ) +
    rule("trial", "approve", "{ consumer.tier: trial, service.tags.env: prod }", "expiresAfter: P14D"),
  "defaultReview: { by: [oncall] }",
);

const header = `apiVersion: plgate/v1
kind: ApprovalPolicyTest
policy: test.yaml
facts:
  time.now: 2026-11-24T10:00:00Z
  service: { tags: { env: prod } }
  consumer: { subscriptionId: 88888888-0000-4000-8000-000000000008, tier: trial }
cases:
`;

const files = { policyFile: "policies/test.yaml", testFile: "policies/test.test.yaml" };

function run(cases: string, head = header) {
  const input = { ...files, policySource: policy, testSource: head + cases };
  const result = runPolicyTests(input);
  return { exit: exitCodeOf(result), report: formatTestRun(result, input), result };
}

function faults(cases: string, head = header): readonly string[] {
  const { result } = run(cases, head);
  return result.kind === "broken" ? result.faults.map(({ line, message }) => `${line} ${message}`) : [];
}

describe("a test file", () => {
  const holding: Readonly<Record<string, string>> = {
    "expects an effect": "expect: approve",
    "expects exactly these rules": "expect: approve, by: [trial]",
    "expects an expiry, however it is written": "expect: approve, expiresAfter: P2W",
    "lays changes over the base request, in dots": "set: { consumer.tier: gold }, expect: review, by: [default]",
    "lays changes over it, nested": "set: { consumer: { tier: gold } }, expect: review",
    "expects reviewers with their counts":
      "set: { service.tags.compliance: pci }, expect: review, by: [ask], reviewers: { security: 2 }",
    "expects the default reviewers": "set: { consumer.tier: gold }, expect: review, reviewers: { oncall: 1 }",
    "keeps the other tags when one is laid over": "set: { service: { tags: { team: sre } } }, expect: approve",
    "reads a tag's key without case": "set: { service: { tags: { COMPLIANCE: pci } } }, expect: review, by: [ask]",
    "knows a tag that is not named as absent": "absent: [service.tags.env], expect: review, by: [default]",
    "knows no tags at all when they are all absent": "absent: [service.tags.*], expect: review, by: [default]",
    "knows nothing of tags that are unavailable": "unavailable: [service.tags.*], expect: review, by: [ask]",
    "may lose one tag": "unavailable: [service.tags.compliance], expect: review, by: [ask]",
    "expects how people are asked":
      "set: { consumer.tier: staged }, expect: review, review: { via: page, within: PT24H, hours: office, expiry: leave, escalate: { after: PT240M, to: [oncall] } }",
    "expects it in lists": "set: { consumer.tier: staged }, expect: review, review: { within: [P1D], hours: [office] }",
    "expects nothing of what it does not name": "set: { consumer.tier: staged }, expect: review, review: {}",
    "expects plain terms by null":
      "set: { service.tags.compliance: pci }, expect: review, review: { via: card, within: null, hours: null, expiry: leave, escalate: null, channels: null }",
    "may lose a fact": "unavailable: [consumer.subscriptionId], expect: review, by: [block]",
    "may say null for absent": "set: { consumer.tier: null }, expect: review, by: [default]",
    "may say an empty text for a fact that counts it as none":
      'set: { consumer.tier: "" }, expect: review, by: [default]',
  };
  for (const [name, rest] of Object.entries(holding)) {
    it(name, () => {
      const { exit, report } = run(`  - { name: a case, ${rest} }\n`);
      assert.equal(exit, 0, report);
    });
  }

  it("knows a fact that nobody names as unavailable", () => {
    const head = header.replace("  service: { tags: { env: prod } }\n", "");
    assert.equal(run("  - { name: a, expect: review, by: [ask] }\n", head).exit, 0);
  });

  it("knows the tags of an empty map as absent", () => {
    const head = header.replace("{ env: prod }", "{}");
    assert.equal(run("  - { name: a, expect: review, by: [default] }\n", head).exit, 0);
  });
});

describe("the report", () => {
  it("has a line for each case, the count, and the rules that no case made true", () => {
    const { report, exit } = run(
      "  - { name: a trial gets in, expect: approve }\n  - { name: a PCI service asks, set: { service.tags.compliance: pci }, expect: review }\n",
    );
    assert.equal(exit, 0);
    assert.equal(
      report,
      "ok    a trial gets in\nok    a PCI service asks\n2 passed, 0 failed\nnever true in any case: block (policies/test.yaml:15), page (policies/test.yaml:17)\n",
    );
  });

  it("shows for a failure what was expected, what came, and the conditions that made it so", () => {
    const { report, exit } = run(
      "  - { name: over, set: { consumer.tier: gold }, expect: approve, by: [trial], expiresAfter: P14D, reviewers: {} }\n",
    );
    assert.equal(exit, 1);
    assert.equal(
      report,
      `FAIL  over (policies/test.test.yaml:9)
      expected approve, got review
      expected by trial, got default
      expected expiresAfter P14D, got none
      expected reviewers nobody, got oncall: 1
      because: No rule approves this request.
      trial (policies/test.yaml:18) approve: false
        line 18, when: consumer.tier equals "trial": got "gold": false
        line 18, when: service.tags.env equals "prod": got "prod": true
0 passed, 1 failed
never true in any case: block (policies/test.yaml:15), ask (policies/test.yaml:16), page (policies/test.yaml:17), trial (policies/test.yaml:18)
`,
    );
  });

  it("shows each part of the way people are asked that is otherwise", () => {
    const wish =
      "{ via: card, within: [PT8H, P2D], hours: null, expiry: reject, escalate: { after: PT4H, to: [security] }, channels: [Network] }";
    const { report } = run(`  - { name: page, set: { consumer.tier: staged }, expect: review, review: ${wish} }\n`);
    assert.deepEqual(report.match(/expected .*/g), [
      "expected review.via card, got page",
      "expected review.within P2D, PT8H, got P1D",
      "expected review.hours none, got office",
      "expected review.expiry reject, got leave",
      "expected review.escalate PT4H to security, got PT4H to oncall",
      "expected review.channels Network, got none",
    ]);
  });

  it("shows a fact that was lost as unavailable and one that is none as absent", () => {
    const { report } = run(
      "  - { name: lost, unavailable: [consumer.subscriptionId], absent: [consumer.tier], expect: approve, by: [trial] }\n",
    );
    assert.match(report, /consumer\.subscriptionId inList "blocked": got unavailable: unknown/);
    assert.match(report, /consumer\.tier equals "trial": got "absent": false/);
  });
});

describe("a test file is broken by", () => {
  const one = "  - { name: a, expect: approve }\n";
  const cases: Readonly<Record<string, readonly [cases: string, fault: string, head?: string]>> = {
    "a policy by another name": [
      one,
      '3 policy is test.yaml; "other.yaml" is another file',
      header.replace("test.yaml", "other.yaml"),
    ],
    "another kind": [
      one,
      '2 kind is ApprovalPolicyTest; "ApprovalPolicy" is not',
      header.replace("PolicyTest", "Policy"),
    ],
    "no time": [one, "8 the case needs the fact time.now", header.replace("  time.now: 2026-11-24T10:00:00Z\n", "")],
    "no cases": ["", "8 cases must be a list of 1 to 1000 cases"],
    "an unknown field": [
      "  - { name: a, expect: approve, sett: {} }\n",
      "9 a case has no field sett; did you mean set?",
    ],
    "a case without a name": ["  - { expect: approve }\n", "9 a case needs name"],
    "a case that expects nothing": ["  - { name: a }\n", "9 a case needs expect"],
    "an unknown effect": ["  - { name: a, expect: allow }\n", '9 expect is approve, reject, review; "allow" is not'],
    "two cases of one name": [one + one, "10 the case at line 9 has the same name"],
    "an unknown fact": [
      "  - { name: a, set: { consumer.teir: x }, expect: approve }\n",
      "9 unknown fact consumer.teir; did you mean consumer.tier?",
    ],
    "an unknown fact in a map": [
      "  - { name: a, set: { consumer: { teir: x } }, expect: approve }\n",
      "9 unknown fact consumer.teir; did you mean consumer.tier?",
    ],
    "a value of another type": [
      "  - { name: a, set: { consumer.registered: yes }, expect: approve }\n",
      '9 consumer.registered is a bool; "yes" is not',
    ],
    "null for a fact that is never absent": [
      "  - { name: a, set: { consumer.registered: null }, expect: approve }\n",
      "9 consumer.registered is a bool; null is not",
    ],
    "absence of a fact that is never absent": [
      "  - { name: a, absent: [endpoint.region], expect: approve }\n",
      "9 endpoint.region is never absent",
    ],
    "loss of a fact that is never lost": [
      "  - { name: a, unavailable: [time.now], expect: approve }\n",
      "9 time.now is never unavailable",
    ],
    "loss of an unknown fact": [
      "  - { name: a, unavailable: [consumer.teir], expect: approve }\n",
      "9 unknown fact consumer.teir; did you mean consumer.tier?",
    ],
    "an unknown rule": [
      "  - { name: a, expect: approve, by: [trail] }\n",
      "9 no rule named trail; did you mean trial?",
    ],
    "an unknown reviewer": [
      "  - { name: a, expect: review, reviewers: { oncal: 1 } }\n",
      "9 no reviewer named oncal; did you mean oncall?",
    ],
    "an expiry that is none": [
      "  - { name: a, expect: approve, expiresAfter: 14 days }\n",
      '9 expiresAfter is a duration such as P14D; "14 days" is not',
    ],
    "an unknown field of a review": [
      "  - { name: a, expect: review, review: { withn: P1D } }\n",
      "9 review has no field withn; did you mean within?",
    ],
    "a deadline that is none": [
      "  - { name: a, expect: review, review: { within: a day } }\n",
      '9 review.within is a duration such as PT8H; "a day" is not',
    ],
    "an end that is none": [
      "  - { name: a, expect: review, review: { expiry: approve } }\n",
      '9 review.expiry is leave, reject; "approve" is not',
    ],
    "an escalation to an unknown reviewer": [
      "  - { name: a, expect: review, review: { escalate: { after: PT4H, to: [oncal] } } }\n",
      "9 no reviewer named oncal; did you mean oncall?",
    ],
    "an escalation to nobody": [
      "  - { name: a, expect: review, review: { escalate: { after: PT4H } } }\n",
      "9 review.escalate needs to",
    ],
    "tags that are no map": [
      "  - { name: a, set: { service: { tags: prod } }, expect: approve }\n",
      "9 service.tags must be a map",
    ],
  };
  for (const [name, [text, fault, head]] of Object.entries(cases)) {
    it(name, () => {
      assert.deepEqual(faults(text, head), [fault]);
      assert.equal(run(text, head).exit, 2);
    });
  }

  it("a policy that is broken itself", () => {
    const input = { ...files, policySource: policy.replace("name: test", "name: 5"), testSource: header + one };
    const result = runPolicyTests(input);
    assert.equal(exitCodeOf(result), 2);
    assert.match(formatTestRun(result, input), /^policies\/test\.yaml:3:7 \(policy\) name must be a text; 5 is not\n$/);
  });
});

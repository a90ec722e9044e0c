import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Draft, provePolicy } from "../../src/workflow/prove-policy.ts";

const now = Date.parse("2026-11-24T10:00:00Z");

function draft({ expires = "2027-03-31", cases = "both", acknowledge = [] as Draft["acknowledge"] } = {}): Draft {
  const source = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: prod
rules:
  - { id: silver, effect: review, because: Silver., when: { consumer.tier: silver } }
  - { id: gold, effect: approve, because: Gold., when: { consumer.tier: gold } }
exemptions:
  - { id: EX-1, rules: [silver], reason: R., expires: ${expires}, when: { consumer.name: Acme } }
`;
  const second = cases === "both" ? "\n  - { name: silver, set: { consumer.tier: silver }, expect: review }" : "";
  const tests = `apiVersion: plgate/v1
kind: ApprovalPolicyTest
policy: prod.yaml
facts: { time.now: 2026-11-24T10:00:00Z, consumer: { tier: gold, name: Contoso } }
cases:
  - { name: gold, expect: approve }${second}
`;
  return { source, file: "prod.yaml", tests: { source: tests, file: "prod.test.yaml" }, acknowledge };
}

/** What a draft is refused for, by the name of the warning or by the error. */
function refusal(of: Draft): readonly string[] {
  const proof = provePolicy(of, now);
  if (proof.kind === "proven" || proof.why === "tests") return [proof.kind];
  return [proof.why, ...proof.faults.map(({ line, name, message }) => `${line} ${name ?? message}`)];
}

describe("provePolicy", () => {
  it("takes a policy of which every rule is tried", () => assert.deepEqual(refusal(draft()), ["proven"]));

  it("wants it acknowledged that no case makes a rule true", () => {
    assert.deepEqual(refusal(draft({ cases: "gold" })), ["unacknowledged", "5 untested"]);
    assert.deepEqual(refusal(draft({ cases: "gold", acknowledge: ["untested"] })), ["proven"]);
  });

  it("wants it acknowledged that there are no tests at all", () => {
    const without = { ...draft(), tests: undefined };
    assert.deepEqual(refusal(without), ["unacknowledged", "1 untested"]);
    assert.deepEqual(refusal({ ...without, acknowledge: ["untested"] }), ["proven"]);
  });

  it("holds exemptions against the day of publishing", () => {
    assert.deepEqual(refusal(draft({ expires: "2027-11-25" })), ["faults", "8 an exemption lasts at most 12 months"]);
    assert.deepEqual(refusal(draft({ expires: "2026-11-24" })), ["unacknowledged", "8 exemption-expired"]);
    assert.deepEqual(refusal(draft({ expires: "2026-12-20" })), ["unacknowledged", "8 exemption-expires-soon"]);
    assert.deepEqual(refusal(draft({ expires: "2026-12-20", acknowledge: ["exemption-expires-soon"] })), ["proven"]);
  });
});

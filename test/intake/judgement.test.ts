import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readJudgement } from "../../src/intake/judgement.ts";
import { plainTerms } from "../../src/policy/review-terms.ts";
import { judge, knowing } from "../policy/build.ts";

const source = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: asking
windows: { office: { days: [mon], from: "08:00", to: "18:00", timezone: Europe/Stockholm } }
reviewers:
  oncall: { entraGroup: 55555555-0000-4000-8000-000000000005, channel: Network }
  leads: { entraGroup: 55555555-0000-4000-8000-000000000007, channels: [Leads, leads-feed] }
rules:
  - id: ask
    effect: review
    because: Ask.
    review: { by: [oncall], via: page, within: P1D, hours: office, expiry: reject, escalate: { after: PT4H, to: [leads] }, recheck: PT1H }
`;

describe("A judgement on record", () => {
  const facts = knowing();
  const verdict = judge(source, facts);
  const stored = JSON.parse(JSON.stringify({ facts, verdict }));

  it("is read back as it was made, the way people were asked included", () => {
    assert.equal(verdict.terms.deadlines.length + verdict.terms.escalations.length, 2);
    assert.deepEqual(readJudgement(stored), { ok: true, value: { facts, verdict } });
  });

  it("from before policies could say how, was asked on plain terms", () => {
    const { terms: _, ...older } = stored.verdict;
    const read = readJudgement({ facts, verdict: older });
    assert.ok(read.ok);
    assert.deepEqual(read.value.verdict.terms, plainTerms);
  });

  it("by the engine before this one has no recheck, and is judged again to the same end", () => {
    const { recheck: _, ...terms } = stored.verdict.terms;
    const read = readJudgement({ facts, verdict: { ...stored.verdict, terms, engine: "1.1.0" } });
    assert.ok(read.ok);
    assert.deepEqual([read.value.verdict.engine, read.value.verdict.terms], ["1.1.0", terms]);
    const plain = source.replace(", recheck: PT1H", "");
    const { engine, ...again } = judge(plain, read.value.facts);
    const { engine: before, policies, ...recorded } = read.value.verdict;
    assert.deepEqual({ ...again, policies }, { ...recorded, policies });
    assert.notEqual(engine, before);
  });

  const damaged: Readonly<Record<string, object>> = {
    "an end that is none": { ...verdict.terms, deadlines: [{ within: "P1D", hours: null, expiry: "approve" }] },
    "a recheck that is no text": { ...verdict.terms, recheck: 60 },
    "another way of answering": { ...verdict.terms, via: "mail" },
    "hours without a zone": { ...verdict.terms, deadlines: [{ within: "P1D", hours: { name: "x" }, expiry: "leave" }] },
  };
  for (const [name, terms] of Object.entries(damaged)) {
    it(`is not read with ${name}`, () => {
      assert.equal(readJudgement({ facts, verdict: { ...stored.verdict, terms } }).ok, false);
    });
  }
});

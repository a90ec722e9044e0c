import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { and, not, or, type Truth } from "../../src/policy/truth.ts";
import { judge, knowing, policyText, rule } from "./build.ts";

const truths: readonly Truth[] = [true, false, null];

// One fact per truth value: true holds, false does not, the third cannot be read.
const facts = knowing({ values: { "consumer.registered": true, "history.rejectedBefore": false } });
const written = new Map<Truth, string>([
  [true, "consumer.registered: true"],
  [false, "history.rejectedBefore: true"],
  [null, "history.approvedBefore: true"],
]);
// The same on other facts, so that both sides can stand in one map.
const writtenAgain = new Map<Truth, string>([
  [true, "consumer.registered: { notEquals: false }"],
  [false, "history.rejectedBefore: { notEquals: false }"],
  [null, "history.approvedBefore: { notEquals: false }"],
]);

function matched(when: string): Truth | undefined {
  return judge(policyText(rule("asked", "review", when)), facts).trace[0]?.matched;
}

function kleeneAnd(one: Truth, other: Truth): Truth {
  if (one === false || other === false) return false;
  return one === null || other === null ? null : true;
}

function opposite(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

describe("Kleene's three truth values", () => {
  const table = {
    "true AND true": [and(true, true), true],
    "true AND false": [and(true, false), false],
    "true AND unknown": [and(true, null), null],
    "false AND true": [and(false, true), false],
    "false AND false": [and(false, false), false],
    "false AND unknown": [and(false, null), false],
    "unknown AND true": [and(null, true), null],
    "unknown AND false": [and(null, false), false],
    "unknown AND unknown": [and(null, null), null],
    "true OR true": [or(true, true), true],
    "true OR false": [or(true, false), true],
    "true OR unknown": [or(true, null), true],
    "false OR true": [or(false, true), true],
    "false OR false": [or(false, false), false],
    "false OR unknown": [or(false, null), null],
    "unknown OR true": [or(null, true), true],
    "unknown OR false": [or(null, false), null],
    "unknown OR unknown": [or(null, null), null],
    "NOT true": [not(true), false],
    "NOT false": [not(false), true],
    "NOT unknown": [not(null), null],
  } as const;
  for (const [name, [got, expected]] of Object.entries(table)) {
    it(`${name} is ${expected === null ? "unknown" : expected}`, () => assert.equal(got, expected));
  }
});

describe("a condition", () => {
  for (const one of truths) {
    for (const other of truths) {
      const both = [`{ ${written.get(one)} }`, `{ ${writtenAgain.get(other)} }`];
      it(`with ${one} and ${other} follows Kleene in a map, in anyOf and under not`, () => {
        const neither = kleeneAnd(opposite(one), opposite(other));
        const disjunction = `{ anyOf: [${both.join(", ")}] }`;
        assert.equal(matched(`{ anyOf: [${both[0]}], not: { not: ${both[1]} } }`), kleeneAnd(one, other));
        assert.equal(matched(disjunction), opposite(neither));
        assert.equal(matched(`{ not: ${disjunction} }`), neither);
      });
    }
  }
});

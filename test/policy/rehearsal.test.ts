import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { unrehearsedRejects } from "../../src/policy/rehearsal.ts";
import { compiled, policyText, rule } from "./build.ts";

const when = "{ consumer.tier: bronze }";
const reject = (more = "") => rule("block", "reject", when, more);

describe("a reject rule that counts", () => {
  const cases: Readonly<
    Record<string, readonly [rules: string, before: string | undefined, named: readonly string[]]>
  > = {
    "is named in the first version": [reject(), undefined, ["block"]],
    "is named when the version before did not have it": [reject(), rule("let", "approve", when), ["block"]],
    "is named when the version before had it off": [reject(), reject('mode: "off"'), ["block"]],
    "is named when the version before only asked people": [reject(), rule("block", "review", when), ["block"]],
    "is fine when the version before had it in shadow": [reject(), reject("mode: shadow"), []],
    "is fine when the version before enforced it": [reject(), reject(), []],
    "is fine as long as it is in shadow": [reject("mode: shadow"), undefined, []],
    "is no review rule": [rule("block", "review", when), undefined, []],
  };
  for (const [name, [rules, before, named]] of Object.entries(cases)) {
    it(name, () => {
      const earlier = before === undefined ? undefined : compiled(policyText(before));
      const faults = unrehearsedRejects(compiled(policyText(rules)), earlier, "test.yaml");
      assert.deepEqual(
        faults.map((fault) => [fault.rule, fault.name]),
        named.map((id) => [id, "never-in-shadow"]),
      );
    });
  }
});

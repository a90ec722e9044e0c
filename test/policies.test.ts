import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { compilePolicy } from "../src/policy/compile.ts";
import { formatFault } from "../src/policy/faults.ts";
import { formatTestRun, runPolicyTests } from "../src/policy/run-tests.ts";

const root = join(import.meta.dirname, "..");
const policies = globSync("policies/**/*.yaml", { cwd: root }).filter((file) => !file.endsWith(".test.yaml"));

/** Findings that an example is there to show. */
const acknowledged = new Map([
  ["all-options.yaml", ["known-guard"]],
  ["page-for-production.yaml", ["reject-on-expiry"]],
]);

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

describe("the policies that come with plgate", () => {
  it("are all found", () => {
    assert.deepEqual(policies.map((file) => basename(file)).sort(), [
      "all-options.yaml",
      "capacity.yaml",
      "change-freeze.yaml",
      "default.yaml",
      "demo.yaml",
      "deny-all.yaml",
      "department-to-department.yaml",
      "one-subscription.yaml",
      "page-for-production.yaml",
      "partner-exemption.yaml",
      "pci.yaml",
      "saas-customers.yaml",
    ]);
  });

  it("stand in the index, each of them", () => {
    const links = [...read("policies/README.md").matchAll(/\]\(([\w/-]+\.yaml)\)/g)].map(
      ([, link]) => `policies/${link}`,
    );
    assert.deepEqual([...new Set(links)].sort(), policies.toSorted());
  });

  for (const file of policies) {
    it(`${file} is in order`, () => {
      const result = compilePolicy(read(file), file);
      assert.ok(result.ok, result.ok ? "" : result.faults.map(formatFault).join("\n"));
      assert.deepEqual(
        result.warnings.map(({ name }) => name),
        acknowledged.get(basename(file)) ?? [],
      );
    });

    it(`${file} keeps what the tests beside it promise, and each of its rules is tried`, () => {
      const testFile = file.replace(/\.yaml$/, ".test.yaml");
      const input = { policySource: read(file), policyFile: file, testSource: read(testFile), testFile };
      const run = runPolicyTests(input);
      assert.ok(run.kind === "ran", formatTestRun(run, input));
      const failed = run.results.filter(({ differences }) => differences.length > 0);
      assert.equal(failed.length, 0, formatTestRun(run, input));
      assert.deepEqual(run.neverTrue, []);
    });
  }
});

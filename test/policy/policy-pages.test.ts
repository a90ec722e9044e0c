import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { policyPages } from "../../src/policy/policy-pages.ts";

describe("What is made from the tables of the policy language", () => {
  for (const [path, text] of Object.entries(policyPages())) {
    it(`${path} is current; if not, run npm run policy:schema`, () => {
      assert.equal(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"), text);
    });
  }
});

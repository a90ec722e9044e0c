import { writeFileSync } from "node:fs";
import { policyPages } from "../policy/policy-pages.ts";

/**
 * Writes what is made from the tables of the policy language: the schemas for editors and the reference page.
 * A test fails when one of them is old. Run: npm run policy:schema
 */
for (const [path, text] of Object.entries(policyPages())) {
  writeFileSync(new URL(`../../${path}`, import.meta.url), text);
  process.stdout.write(`${path}\n`);
}

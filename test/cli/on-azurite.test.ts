import { describe } from "node:test";
import { localStack } from "./local-stack.ts";
import { auditSuite } from "./suites/audit.ts";
import { linksSuite } from "./suites/links.ts";
import { parkedSuite } from "./suites/parked.ts";
import { policiesPageSuite } from "./suites/policies-page.ts";
import { storeSuite } from "./suites/store.ts";
import { whySuite } from "./suites/why.ts";

// One Azurite for all of them: it takes seconds to start.
describe("plgate on Azurite", () => {
  const stack = localStack();
  // First: the page shows lists of what it put there itself.
  policiesPageSuite(stack);
  whySuite(stack);
  linksSuite(stack);
  storeSuite(stack);
  parkedSuite(stack);
  auditSuite(stack);
});

import type { Facts } from "../connection/facts.ts";
import { collectFindings, type PolicyFault, sortFaults } from "./faults.ts";
import { policyLimits } from "./limits.ts";
import { layChanges, readFacts } from "./test-facts.ts";
import { readTree } from "./yaml-tree.ts";

export type FactsFile =
  | { readonly ok: true; readonly facts: Facts }
  | { readonly ok: false; readonly faults: readonly PolicyFault[] };

/**
 * Reads facts as the base request of a test file writes them, alone in a file or under `facts:` of a whole test file
 * (policy.md 7). What is not given is unavailable; `time.now` is required.
 */
export function parseFactsFile(source: string, file: string): FactsFile {
  const faults: PolicyFault[] = [];
  const findings = collectFindings(file, faults);
  const root = readTree(source, findings, policyLimits.fileBytes);
  const node = root?.kind === "map" ? (root.entries.get("facts")?.value ?? root) : root;
  const facts = layChanges(readFacts(node, findings));
  if (root && faults.length === 0 && !Object.hasOwn(facts.values, "time.now")) {
    findings.error(root.at, "the facts need time.now");
  }
  return faults.some(({ severity }) => severity === "error")
    ? { ok: false, faults: sortFaults(faults) }
    : { ok: true, facts };
}

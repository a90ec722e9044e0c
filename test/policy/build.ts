import type { Facts, FactValue } from "../../src/connection/facts.ts";
import { type CompiledPolicy, compilePolicy } from "../../src/policy/compile.ts";
import { type EvaluateOptions, evaluate, type ReviewerGroup, type Verdict } from "../../src/policy/evaluate.ts";
import { formatFault, type PolicyFault } from "../../src/policy/faults.ts";
import type { ParseOptions } from "../../src/policy/parse.ts";

export const groups = {
  oncall: "55555555-0000-4000-8000-000000000005",
  security: "55555555-0000-4000-8000-000000000006",
  fallback: "55555555-0000-4000-8000-0000000000ff",
} as const;

export const fallback: ReviewerGroup = { group: groups.fallback, name: "fallback", approvals: 1 };

/** A policy around the given rules, with one list, two windows and two reviewers to refer to. */
export function policyText(rules: string, more = ""): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: test
${more}
lists:
  blocked: [11111111-0000-4000-8000-000000000001]
  regions: [westeurope, northeurope]
windows:
  office: { days: [mon, tue, wed, thu, fri], from: "08:00", to: "18:00", timezone: Europe/Stockholm }
  freeze: { start: 2026-12-18T00:00:00Z, end: 2027-01-04T00:00:00Z }
reviewers:
  oncall: { entraGroup: ${groups.oncall} }
  security: { entraGroup: ${groups.security} }
rules:
${rules}
`;
}

/** One rule on one line; `when` in flow style. */
export function rule(id: string, effect: string, when: string, more = ""): string {
  return `  - { id: ${id}, effect: ${effect}, because: "${id}.", when: ${when}${more === "" ? "" : `, ${more}`} }\n`;
}

export function compiled(source: string, options: ParseOptions = {}): CompiledPolicy {
  const result = compilePolicy(source, "test.yaml", options);
  if (!result.ok) throw new Error(result.faults.map(formatFault).join("\n"));
  return result.policy;
}

export function faultsOf(source: string, options: ParseOptions = {}): readonly PolicyFault[] {
  const result = compilePolicy(source, "test.yaml", options);
  return result.ok ? result.warnings : result.faults;
}

export type Knowledge = {
  readonly values?: Readonly<Record<string, FactValue>>;
  readonly absent?: readonly string[];
  readonly unavailable?: readonly string[];
};

/** A Tuesday morning and nothing else known, unless it is given. */
export function knowing({ values = {}, absent = [], unavailable = [] }: Knowledge = {}): Facts {
  return {
    values: { "time.now": "2026-11-24T10:00:00Z", ...values },
    absent,
    unavailable: Object.fromEntries(unavailable.map((name) => [name, "not read"])),
  };
}

export function judge(
  source: string | readonly string[],
  facts: Facts,
  options: Partial<EvaluateOptions> = {},
): Verdict {
  const policies = [source].flat().map((text, index) => ({ policy: compiled(text), version: index + 1 }));
  return evaluate(policies, facts, { fallbackReviewers: [fallback], ...options });
}

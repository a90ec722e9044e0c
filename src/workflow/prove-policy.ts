import { type CompiledPolicy, compilePolicy } from "../policy/compile.ts";
import { type PolicyFault, sortFaults, type WarningName } from "../policy/faults.ts";
import { exitCodeOf, runPolicyTests, type TestRun, untestedRules } from "../policy/run-tests.ts";

/** A policy as its author hands it in. */
export type Draft = {
  readonly source: string;
  /** The name of the file, for findings and for the test file, which names the policy it tests. */
  readonly file: string;
  readonly tests: { readonly source: string; readonly file: string } | undefined;
  /** The warnings that the author has seen and accepts. */
  readonly acknowledge: readonly WarningName[];
};

export type Proven = {
  readonly kind: "proven";
  readonly policy: CompiledPolicy;
  readonly warnings: readonly PolicyFault[];
  readonly tests: TestRun | undefined;
};

export type Unproven =
  | { readonly kind: "refused"; readonly why: "faults" | "unacknowledged"; readonly faults: readonly PolicyFault[] }
  | { readonly kind: "refused"; readonly why: "tests"; readonly tests: TestRun };

/**
 * Checks a draft, runs its tests, and asks that every warning was acknowledged by name (policy.md 5). Pure: `now`, in
 * milliseconds since 1970, is when it is published, and its exemptions are held against it.
 */
export function provePolicy({ source, file, tests, acknowledge }: Draft, now: number): Proven | Unproven {
  const compiled = compilePolicy(source, file, { now });
  if (!compiled.ok) return { kind: "refused", why: "faults", faults: compiled.faults };
  const { policy } = compiled;
  const run =
    tests && runPolicyTests({ policySource: source, policyFile: file, testSource: tests.source, testFile: tests.file });
  if (run && exitCodeOf(run) !== 0) return { kind: "refused", why: "tests", tests: run };
  const warnings = sortFaults([...compiled.warnings, ...untestedRules(run, policy, file)]);
  const accepted = new Set<string | undefined>(acknowledge);
  const open = warnings.filter(({ name }) => !accepted.has(name));
  if (open.length > 0) return { kind: "refused", why: "unacknowledged", faults: open };
  return { kind: "proven", policy, warnings, tests: run };
}

import type { CompiledPolicy } from "./compile.ts";
import type { PolicyFault } from "./faults.ts";

/**
 * `drift: revoke` from now on, although the version before has not even asked people about drift: nobody has seen which approvals
 * that takes away.
 */
export function unrehearsedRevoke(
  { drift }: CompiledPolicy,
  before: CompiledPolicy | undefined,
  file: string,
): readonly PolicyFault[] {
  const asked = before?.drift !== undefined && before.drift.handling !== "record";
  if (drift?.handling !== "revoke" || asked) return [];
  const message =
    "this takes approvals away, and the version in force has not asked about any; begin with drift: escalate";
  return [{ file, line: drift.line, column: 1, severity: "warning", name: "never-escalated", message }];
}

/**
 * Reject rules that would count from now on, although the version before neither watched them in shadow nor enforced
 * them (policy.md 5): nobody has seen whom they hit, and a rejection is final in Azure.
 */
export function unrehearsedRejects(
  policy: CompiledPolicy,
  before: CompiledPolicy | undefined,
  file: string,
): readonly PolicyFault[] {
  const rejects = policy.rules.filter(({ effect, mode }) => effect === "reject" && mode === "enforce");
  const seen = before?.rules.filter(({ effect, mode }) => effect === "reject" && mode !== "off") ?? [];
  const rehearsed = new Set(seen.map(({ id }) => id));
  return rejects
    .filter(({ id }) => !rehearsed.has(id))
    .map(({ id: rule, line }) => ({
      ...{ file, line, column: 1, rule },
      severity: "warning",
      name: "never-in-shadow",
      message: "this rejects for good, and the version in force has not tried it; begin with mode: shadow",
    }));
}

import type { Facts } from "../connection/facts.ts";
import { compilePolicy } from "../policy/compile.ts";
import { evaluate, type PolicyInForce, type Verdict } from "../policy/evaluate.ts";
import type { RecordedVerdict } from "../policy/explain.ts";
import type { PolicyVersions } from "./ports.ts";

/**
 * A verdict whose trace was too large to be stored, with the trace made again from its facts and the very versions that
 * judged. As it is on record when they cannot be had, or when this engine would decide otherwise than that one did:
 * then its trace would explain something else.
 */
export async function traceAgain(
  recorded: RecordedVerdict,
  facts: Facts,
  versions: Pick<PolicyVersions, "version">,
): Promise<RecordedVerdict> {
  if (recorded.trace !== null) return recorded;
  const policies = await policiesThatJudged(recorded, versions);
  if (!policies) return recorded;
  // Whom it fell back to is on record already and in no trace.
  const again = evaluate(policies, facts, { fallbackReviewers: [] });
  const same = again.effect === recorded.effect && again.decidedBy.join() === recorded.decidedBy.join();
  return same ? { ...recorded, trace: again.trace } : recorded;
}

/** The very versions that judged; undefined when one of them cannot be had any more. */
export async function policiesThatJudged(
  { policies }: Pick<RecordedVerdict, "policies">,
  versions: Pick<PolicyVersions, "version">,
): Promise<readonly PolicyInForce[] | undefined> {
  const found = await Promise.all(policies.map((wanted) => policyOf(wanted, versions)));
  const all = found.flatMap((policy) => policy ?? []);
  return all.length < policies.length ? undefined : all;
}

async function policyOf(
  { name, version, sha256 }: Verdict["policies"][number],
  versions: Pick<PolicyVersions, "version">,
): Promise<PolicyInForce | undefined> {
  const stored = await versions.version(name, version);
  const compiled = stored?.published.sha256 === sha256 ? compilePolicy(stored.source, `${name}.yaml`) : undefined;
  return compiled?.ok ? { policy: compiled.policy, version } : undefined;
}

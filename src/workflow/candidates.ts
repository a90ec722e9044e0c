import { compilePolicy } from "../policy/compile.ts";
import type { PolicyInForce } from "../policy/evaluate.ts";
import type { PolicyFault } from "../policy/faults.ts";
import type { PolicyVersions } from "./ports.ts";

/** A policy that somebody wants to try: a text, or a version that is stored. */
export type Candidate =
  | { readonly kind: "source"; readonly source: string; readonly file: string }
  | { readonly kind: "version"; readonly name: string; readonly version: number };

type Versions = Pick<PolicyVersions, "version">;

export type Taken =
  | { readonly ok: true; readonly policy: PolicyInForce }
  | { readonly ok: false; readonly problem: string; readonly faults: readonly PolicyFault[] };

/** Version of a policy that has none: it was not published. */
const unpublished = 0;

/** Compiles a candidate as publishing it would; says everything that is wrong with it. */
export async function takeCandidate(candidate: Candidate, versions: Versions): Promise<Taken> {
  if (candidate.kind === "source") return compiled(candidate.source, candidate.file, unpublished);
  const { name, version } = candidate;
  const stored = await versions.version(name, version);
  if (!stored) return { ok: false, problem: `there is no version ${version} of policy ${name}`, faults: [] };
  return compiled(stored.source, `${name}@${version}`, version);
}

function compiled(source: string, file: string, version: number): Taken {
  const result = compilePolicy(source, file);
  if (result.ok) return { ok: true, policy: { policy: result.policy, version } };
  return { ok: false, problem: `${file} has errors`, faults: result.faults };
}

/** The policies in force with some of them replaced by name, or added: what would be in force after publishing those. */
export function layOver(inForce: readonly PolicyInForce[], over: readonly PolicyInForce[]): readonly PolicyInForce[] {
  const names = new Set(over.map(({ policy }) => policy.name));
  return [...inForce.filter(({ policy }) => !names.has(policy.name)), ...over];
}

import { compilePolicy } from "../policy/compile.ts";
import type { PolicyInForce } from "../policy/evaluate.ts";
import type { PolicyFault } from "../policy/faults.ts";

/** A policy that somebody wants to try: a text, or a version that is stored. */
export type Candidate =
  | { readonly kind: "source"; readonly source: string; readonly file: string }
  | { readonly kind: "version"; readonly name: string; readonly version: number };

/** The source of a stored version, or undefined when there is none. Throws when it is not what was published. */
export type ReadSource = (name: string, version: number) => Promise<string | undefined>;

export type Taken =
  | { readonly ok: true; readonly policy: PolicyInForce }
  | { readonly ok: false; readonly problem: string; readonly faults: readonly PolicyFault[] };

/** Version of a policy that has none: it was not published. */
const unpublished = 0;

/** Compiles a candidate as publishing it would; says everything that is wrong with it. */
export async function takeCandidate(candidate: Candidate, readSource: ReadSource): Promise<Taken> {
  if (candidate.kind === "source") return compiled(candidate.source, candidate.file, unpublished);
  const { name, version } = candidate;
  const source = await readSource(name, version);
  if (source === undefined)
    return { ok: false, problem: `there is no version ${version} of policy ${name}`, faults: [] };
  return compiled(source, `${name}@${version}`, version);
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

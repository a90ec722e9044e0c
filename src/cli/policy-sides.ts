import type { Store } from "../compose-cli.ts";
import type { PolicyInForce } from "../policy/evaluate.ts";
import { type Candidate, layOver, type Taken, takeCandidate } from "../workflow/candidates.ts";
import { readText } from "./files.ts";
import { formatFindings } from "./findings.ts";
import { Refusal } from "./verb.ts";

/** One side of a comparison, as it was named. */
export type Side = { readonly named: string; readonly candidate: Candidate | "active" };

const storedName = /^([a-z][a-z0-9-]{0,62})@(\d{1,9})$/;

/** `active`, `NAME@VERSION`, or a file; a file whose name looks like one of the others is reached by `./`. */
export function readSide(named: string): Side {
  if (named === "active") return { named, candidate: "active" };
  const [, name, version] = storedName.exec(named) ?? [];
  if (name !== undefined) return { named, candidate: { kind: "version", name, version: Number(version) } };
  return { named, candidate: { kind: "source", source: readText(named), file: named } };
}

type Sources = Pick<Store, "policies" | "versions" | "place">;

/**
 * The policies of a side: what would be in force with the named one in its place, because a decision is made by all of
 * them together. `alone` leaves the others out.
 */
export async function policiesOf(side: Side, alone: boolean, store: Sources): Promise<readonly PolicyInForce[]> {
  const inForce = alone && side.candidate !== "active" ? [] : await policiesInForce(store);
  if (side.candidate === "active") return inForce;
  return layOver(inForce, [accept(await takeCandidate(side.candidate, store.versions))]);
}

export function accept(taken: Taken): PolicyInForce {
  if (taken.ok) return taken.policy;
  throw new Refusal(
    taken.faults.length === 0 ? taken.problem : `${taken.problem}\n${formatFindings(taken.faults)}`.trimEnd(),
  );
}

/** What cannot be trusted is nothing to compare with. */
async function policiesInForce({
  policies,
  place,
}: Pick<Store, "policies" | "place">): Promise<readonly PolicyInForce[]> {
  const { inForce, problems } = await policies.current();
  if (problems.length === 0) return inForce;
  const said = problems.map(({ policy, message }) => `${policy}: ${message}`).join("; ");
  throw new Refusal(`the policies in force in ${place} have problems: ${said}`);
}

import type { DriftTerms } from "./drift-terms.ts";
import type { PolicyInForce } from "./evaluate.ts";
import { formatAsking } from "./format-asking.ts";
import { plain } from "./plain.ts";

/** What is done about drift at a service, for people; nothing where no policy says anything of it. */
export function formatDrift(terms: DriftTerms, policies: readonly PolicyInForce[]): readonly string[] {
  if (policies.every(({ policy }) => policy.drift === undefined)) return [];
  const said = `drift at this service: ${driftInWords(terms)}`;
  if (terms.handling === "record") return [said];
  const asked = terms.reviewers.map(({ name, approvals }) => `${plain(name)} (${approvals})`).join(", ");
  const who = asked === "" ? "the fallback group" : asked;
  return [said, ...[`asks ${who}`, ...formatAsking(terms.reviewers, terms.terms)].map((line) => `  ${line}`)];
}

/** `revoke after P1D`, `escalate`, `record`. */
export function driftInWords({ handling, grace }: Pick<DriftTerms, "handling" | "grace">): string {
  return handling === "revoke" ? `revoke after ${plain(grace)}, unless people keep the connection` : handling;
}

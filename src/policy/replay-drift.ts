import type { Facts } from "../connection/facts.ts";
import type { DriftTerms } from "./drift-terms.ts";
import { driftTermsOf, type EvaluateOptions, type PolicyInForce } from "./evaluate.ts";
import { compareText } from "./faults.ts";
import { sameTerms } from "./merge-terms.ts";
import { durationMinutes } from "./time.ts";

/** At how many services drift would be handled otherwise: `record → revoke`, `revoke, other grace`, `escalate, other reviewers`. */
export type DriftChange = { readonly change: string; readonly services: number };

export type DriftSides = { readonly before: readonly PolicyInForce[]; readonly after: readonly PolicyInForce[] };

/** Compares what two sets of policies say of drift at the services of snapshots; each service counts once for each change. */
export function startDriftReplay(sides: DriftSides, options: EvaluateOptions) {
  const services = new Map<string, Set<string>>();
  const isSilent = [...sides.before, ...sides.after].every(({ policy }) => policy.drift === undefined);
  return {
    look(facts: Facts): void {
      if (isSilent) return;
      const change = driftChange(driftTermsOf(sides.before, facts, options), driftTermsOf(sides.after, facts, options));
      if (change === null) return;
      const seen = services.get(change) ?? new Set();
      services.set(change, seen.add(String(facts.values["service.id"] ?? "").toLowerCase()));
    },
    result: (): readonly DriftChange[] =>
      [...services]
        .map(([change, seen]) => ({ change, services: seen.size }))
        .sort((one, other) => other.services - one.services || compareText(one.change, other.change)),
  };
}

/** How two ways to handle drift differ in what they do; null when they do the same. */
function driftChange(before: DriftTerms, after: DriftTerms): string | null {
  if (before.handling !== after.handling) return `${before.handling} → ${after.handling}`;
  // Nobody is asked, whoever stands there.
  if (after.handling === "record") return null;
  if (after.handling === "revoke" && durationMinutes(before.grace) !== durationMinutes(after.grace)) {
    return `${after.handling}, other grace`;
  }
  if (askedOf(before) !== askedOf(after)) return `${after.handling}, other reviewers`;
  return sameTerms(before.terms, after.terms) ? null : `${after.handling}, other terms`;
}

function askedOf({ reviewers }: DriftTerms): string {
  const asked = reviewers.map(({ group, approvals, channels = [] }) => [group, approvals, ...channels]);
  return JSON.stringify(asked);
}

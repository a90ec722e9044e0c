import type { VerdictSummary } from "./request.ts";

/** Policies in a few bytes: equal when the same versions with the same content were in force, in any order. */
export function fingerprintOf(policies: VerdictSummary["policies"]): string {
  return policies
    .map(({ name, version, sha256 }) => `${name}@${version}:${sha256.slice(0, 12)}`)
    .sort()
    .join(",");
}

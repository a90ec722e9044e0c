import { createHash } from "node:crypto";
import type { RunRefusal, RunScope } from "../requests/run.ts";
import { policyFingerprint } from "./judge.ts";
import type { PoliciesNow } from "./ports.ts";

type Refused = { readonly why: RunRefusal; readonly detail: string };

/**
 * What a dry run gives for starting the real one: it names scope, policies and how many connections would be asked about. It is no
 * secret but a proof of having looked: with other policies in force it is worth nothing, and the run stops at its number.
 */
export function acknowledgement(scope: RunScope, fingerprint: string, found: number): string {
  return `${digestOf(scope, fingerprint, found)}-${found}`;
}

/** How many connections the run may ask about; or why the dry run does not count. */
export function acknowledged(
  { scope, acknowledge }: { readonly scope: RunScope; readonly acknowledge: string | null },
  policies: PoliciesNow,
): { readonly most: number } | Refused {
  const fingerprint = policyFingerprint(policies);
  if (fingerprint === undefined) {
    return { why: "policies-changed", detail: "The policies in force cannot be read now; try again." };
  }
  const [, digest, found = "0"] = /^([0-9a-f]{16})-(\d{1,7})$/.exec(acknowledge ?? "") ?? [];
  if (digest === undefined) {
    return {
      why: "not-acknowledged",
      detail: "A re-judgement needs what its dry run gave: see what it would ask first.",
    };
  }
  if (digest !== digestOf(scope, fingerprint, Number(found))) {
    return {
      why: "policies-changed",
      detail: "The dry run was over another scope, or other policies are in force by now: make it again.",
    };
  }
  if (Number(found) === 0) return { why: "nothing-found", detail: "The dry run found nothing to ask about." };
  return { most: Number(found) };
}

function digestOf(scope: RunScope, fingerprint: string, found: number): string {
  const { serviceId = "", subscriptionId = "", consumerSubscriptionId = "" } = scope;
  const text = JSON.stringify([serviceId, subscriptionId, consumerSubscriptionId, fingerprint, found]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

import type { ArmSettings } from "./settings.ts";

/** The end of a connection's life: the provider removed it; the consumer deletes its endpoint and starts anew. */
export const removedStatus = "Disconnected";

export type Move =
  | { readonly kind: "moved"; readonly status: string }
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

type Rule = "allow" | "refuse" | "transitions.approvedToRejected" | "transitions.approvedToApproved";

/**
 * What a provider's PUT may make of a connection (local-azure.md B.4).
 *
 * Rows are the status it has, columns the status asked for. Rejected → Approved is refused by design (azure-docs issue 115121).
 * Repeating a reject or a removal is allowed because PUT is idempotent [P]; the two switches are unknown on this resource [U].
 */
const providerTable: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  Pending: { Approved: "allow", Rejected: "allow", Removed: "allow" },
  Approved: {
    Approved: "transitions.approvedToApproved",
    Rejected: "transitions.approvedToRejected",
    Removed: "allow",
  },
  Rejected: { Approved: "refuse", Rejected: "allow", Removed: "allow" },
  [removedStatus]: { Approved: "refuse", Rejected: "refuse", Removed: "allow" },
};

const asked = ["Approved", "Rejected", "Removed"];

/** The provider's move from one status to another: the status that results, or ARM's refusal. */
export function providerMove(from: string, to: string, settings: ArmSettings): Move {
  // The definition calls the status a free text; what Azure does with an odd one is unknown [P].
  if (!asked.includes(to)) return refused(`'${to}' is not a status that a provider may set; use ${asked.join(", ")}.`);
  const rule = providerTable[from]?.[to] ?? "refuse";
  const verdict = rule === "allow" || rule === "refuse" ? rule : settings[rule];
  if (verdict === "allow") return { kind: "moved", status: to === "Removed" ? removedStatus : to };
  if (from === "Approved" && to === "Approved") {
    // What Storage answers to the same wish (azure-rest-api-specs issue 30308).
    const message = "The private endpoint connection is approved already.";
    return { kind: "refused", code: "InvalidValuesForRequestParameters", message };
  }
  return refused(`The private endpoint connection cannot go from ${from} to ${to}.`);
}

export type ConsumerMove =
  | { readonly kind: "unchanged" }
  | { readonly kind: "reopened" }
  | Extract<Move, { kind: "refused" }>;

/**
 * What a consumer's PUT of its endpoint may make of the connection: nothing, or Rejected → Pending
 * (azure-docs issue 81751). A body that repeats the present status, or names none, changes nothing.
 */
export function consumerMove(from: string, to: string | undefined): ConsumerMove {
  if (to === undefined || to === from) return { kind: "unchanged" };
  if (from === "Rejected" && to === "Pending") return { kind: "reopened" };
  if (from === removedStatus) {
    return refused("The provider removed this connection: delete the private endpoint and create it again.");
  }
  return refused(`A consumer cannot take a connection from ${from} to ${to}.`);
}

function refused(message: string): Extract<Move, { kind: "refused" }> {
  return { kind: "refused", code: "BadRequest", message };
}

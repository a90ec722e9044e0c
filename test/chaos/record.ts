import type { AuditEvent } from "../../src/ledger/event.ts";

/** The decision that an event puts on record to be carried out; undefined for others, and for one that the mode holds back. */
export function decisionIn({ kind, what }: Pick<AuditEvent, "kind" | "what">): "approve" | "reject" | undefined {
  if (kind !== "decided" || what.startsWith("Held")) return undefined;
  return /approve/.test(what) ? "approve" : "reject";
}

/** What ends, explains or puts off a decision. */
const outcomes = ["applied", "withdrawn", "resolved-elsewhere", "failed", "revoked", "kept"];

export function isOutcome({ kind, what }: Pick<AuditEvent, "kind" | "what">): boolean {
  return outcomes.includes(kind) || (kind === "decided" && what.startsWith("Held"));
}

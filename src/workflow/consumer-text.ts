import type { ApprovalRequest, Decided, Live, LiveCause } from "../requests/request.ts";

/** ARM's room for the description of a connection, as far as anybody knows (azure.md 3.5). */
const longest = 140;

/**
 * What the consumer reads on the connection: it overwrites their own message, which is in the ledger by now (azure.md 3.5).
 * A rejection by policy gives the rule's sentence, one by time says no more than that; what reviewers wrote to each other
 * stays inside, and so does what is known of access that is taken away. `linkIdentifier` is the LinkID that an approval names, when it is known by now and the deployment wants it
 * told.
 */
export function consumerText(request: ApprovalRequest, decided: Decided, linkIdentifier: string | null): string {
  const tail = ` plgate ${request.id}`;
  const text = spoken(request, decided, linkIdentifier);
  const room = longest - tail.length;
  return (text.length > room ? `${text.slice(0, room - 1)}…` : text) + tail;
}

function spoken(request: ApprovalRequest, decided: Decided, linkIdentifier: string | null): string {
  if (decided.kind === "approve") return linkIdentifier === null ? "Approved." : `Approved. LinkID ${linkIdentifier}.`;
  if (request.live) return endedText(request.live, decided);
  if (decided.by.kind !== "robot") return "Rejected after review.";
  return isByTime(request, decided) ? "Rejected: nobody decided in time." : `Rejected: ${decided.reason}`;
}

/** Why access that was given has ended; what was found, and which run asked, stays inside. */
const endedBy: Readonly<Record<LiveCause, string>> = {
  expiry: "it was given for a limited time and was not renewed.",
  recertification: "it was not confirmed in time.",
  policy: "the provider's rules have changed.",
  drift: "the provider has not approved it.",
  drain: "the provider closes this service.",
};

function endedText({ cause }: Live, { by }: Decided): string {
  return by.kind === "robot" ? `Access ended: ${endedBy[cause]}` : "Access ended after review.";
}

// That reason names rules, which are of the house. Where policy decides, no timetable is left.
function isByTime({ timetable }: ApprovalRequest, { at }: Decided): boolean {
  return typeof timetable?.dueAt === "string" && timetable.dueAt <= at;
}

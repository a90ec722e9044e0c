import { connectionStatus } from "../connection/connection.ts";
import type { Actor, Door } from "../decision/decision.ts";
import type { AuditEvent, AuditKind } from "../ledger/event.ts";
import { type ApprovalRequest, isOpen, type VerdictSummary, type Vote } from "../requests/request.ts";
import type { RequestId } from "../requests/request-id.ts";

/** Who let a connection in, and why. */
export type Approval = {
  /** When it was decided; for an approval beside plgate, when it was found. */
  readonly at: string;
  readonly by: Actor;
  readonly door: Door;
  readonly reason: string;
  /** The rules that policy went by; none when the approval did not come from plgate. */
  readonly rules: readonly string[];
  /** The words of the people who approved. */
  readonly votes: readonly {
    readonly objectId: string;
    readonly name: string;
    readonly justification: string;
    readonly door: Door;
    readonly at: string;
  }[];
  /** When ARM showed it. */
  readonly confirmedAt: string;
  readonly expiresAt: string | null;
};

/** One request that carries a LinkID: whose traffic it is, and how they came in. */
export type LinkHolder = {
  readonly requestId: string;
  readonly state: ApprovalRequest["state"];
  readonly requestedAt: string;
  readonly serviceId: string;
  readonly connectionId: string;
  readonly endpointId: string | null;
  readonly endpointRegion: string | null;
  /** As the registry knew them when the request was judged. */
  readonly consumer: {
    readonly subscriptionId: string | null;
    readonly name: string | null;
    readonly tier: string | null;
    readonly tenantId: string | null;
  };
  readonly approval: Approval | null;
  /** The policy versions that judged it last. */
  readonly policies: VerdictSummary["policies"];
  /** Since when its traffic may flow as far as the record says; null when it may not. */
  readonly liveSince: string | null;
  /** That in one sentence. */
  readonly standing: string;
};

/** What the ledger knows of one request. */
export type OnRecord = {
  readonly request: ApprovalRequest;
  /** The latest request of the same connection; the same one, as a rule. */
  readonly latest: RequestId;
  /** That latest request, where it asks whether the approved connection stays. */
  readonly asked?: ApprovalRequest;
  /** Oldest first. */
  readonly events: readonly AuditEvent[];
};

/** Why what the ledger knows is no answer about this LinkID; undefined when row and chain both carry it. */
export function doubtAbout({ request, events }: OnRecord, link: string): string | undefined {
  const { id, linkIdentifier } = request;
  if (linkIdentifier === null) return `request ${id} carries no LinkID`;
  if (linkIdentifier !== link) return `request ${id} carries LinkID ${linkIdentifier}`;
  if (!events.some((event) => event.linkIdentifier === link)) return `no event of request ${id} carries LinkID ${link}`;
  return undefined;
}

/** What the record of one request says about who is behind its LinkID. Pure. */
export function holderFrom(known: OnRecord): LinkHolder {
  const { id: requestId, state, requestedAt, serviceId, connectionId, endpointId, endpointRegion } = known.request;
  const { consumer, consumerSubscriptionId, verdict } = known.request;
  const approval = approvalIn(known);
  const standing = approval ? standingAfter(approval, known) : { liveSince: null, standing: neverLetIn(known.request) };
  return {
    ...{ requestId, state, requestedAt, serviceId, connectionId, endpointId, endpointRegion },
    consumer: {
      subscriptionId: consumerSubscriptionId,
      name: consumer?.name ?? null,
      tier: consumer?.tier ?? null,
      tenantId: consumer?.tenantId ?? null,
    },
    approval,
    policies: verdict?.policies ?? [],
    ...standing,
  };
}

function approvalIn({ request, events }: OnRecord): Approval | null {
  const { state, decided, votes, verdict, expiresAt } = request;
  if (state === "resolved-elsewhere") return approvalBeside(events);
  const applied = events.findLast(({ kind }) => kind === "applied" || kind === "kept");
  if (!applied || decided?.kind !== "approve") return null;
  const { at, by, door, reason } = decided;
  return {
    ...{ at, by, door, reason },
    rules: verdict?.decidedBy ?? [],
    votes: votes.filter(({ vote }) => vote === "approve").map(wordOf),
    confirmedAt: applied.time,
    expiresAt: expiresAt ?? null,
  };
}

/** Somebody approved on ARM without plgate: it knows when it found that, and no more. */
function approvalBeside(events: readonly AuditEvent[]): Approval | null {
  const found = events.findLast(({ kind }) => kind === "resolved-elsewhere");
  if (!found || !showsApproved(found)) return null;
  const { time: at, who: by, door, what: reason } = found;
  return { at, by, door, reason, rules: [], votes: [], confirmedAt: at, expiresAt: null };
}

function showsApproved({ detail }: AuditEvent): boolean {
  const status: unknown = typeof detail === "object" && detail !== null ? Reflect.get(detail, "status") : undefined;
  return connectionStatus(typeof status === "string" ? status : undefined) === "Approved";
}

function wordOf({ objectId, name, justification, door, at }: Vote): Approval["votes"][number] {
  return { objectId, name, justification, door, at };
}

type Standing = Pick<LinkHolder, "liveSince" | "standing">;

const endings: readonly AuditKind[] = ["revoked", "expired", "withdrawn", "approval-ended"];

function standingAfter({ confirmedAt }: Approval, { request, latest, asked, events }: OnRecord): Standing {
  const end = events.findLast(({ kind }) => endings.includes(kind));
  if (end) return { liveSince: null, standing: `It was let in, and its approval ended at ${end.time}: ${end.what}` };
  if (asked && asked.id !== request.id) return standingWhenAsked(confirmedAt, asked);
  if (latest !== request.id) {
    return { liveSince: null, standing: `It was let in, and its connection asked anew later: request ${latest}.` };
  }
  return { liveSince: confirmedAt, standing: "It is let in; no end of it is on record." };
}

/** A later request asked whether it stays: it does until that request took it away, or found it gone. */
function standingWhenAsked(confirmedAt: string, { id, state, updatedAt, outcome }: ApprovalRequest): Standing {
  switch (state) {
    case "rejected":
    case "withdrawn":
    case "resolved-elsewhere":
      return { liveSince: null, standing: `It was let in, and that ended at ${updatedAt}: ${outcome} Request ${id}.` };
    case "approved":
      return { liveSince: confirmedAt, standing: `It is let in; request ${id} kept it.` };
    case "expired":
      return { liveSince: confirmedAt, standing: `It is let in; nobody answered request ${id}, which asked about it.` };
    default:
      return { liveSince: confirmedAt, standing: `It is let in; request ${id} asks whether it stays.` };
  }
}

function neverLetIn(request: ApprovalRequest): string {
  if (request.live)
    return `This request asks whether it stays, and is ${request.state}. ${request.outcome ?? ""}`.trimEnd();
  if (isOpen(request)) return `It is not let in: the request is ${request.state}.`;
  return `It was not let in: the request is ${request.state}. ${request.outcome ?? ""}`.trimEnd();
}

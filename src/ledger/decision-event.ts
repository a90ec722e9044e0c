import type { Mode } from "../decision/decision.ts";
import type { ApprovalRequest, Decided } from "../requests/request.ts";
import type { AuditEvent, Json } from "./event.ts";
import type { PublishedType } from "./published.ts";

/** Who decided, without names and ids of people: those are in the record, for who may read it. */
type DecidedBy =
  | {
      readonly kind: "policy";
      readonly policies: readonly { readonly name: string; readonly version: number }[];
      readonly rules: readonly string[];
    }
  | { readonly kind: "people"; readonly votes: number; readonly door: Decided["door"] }
  /** The time that people had was over. */
  | { readonly kind: "time" }
  | { readonly kind: "run"; readonly run: string };

type DecisionTold = {
  /** `review` only where the mode holds back that people are asked. */
  readonly kind: "approve" | "reject" | "review";
  /** Null: held back, so it was never in force. */
  readonly at: string | null;
  readonly by: DecidedBy;
};

/**
 * One event for subscribers, in the words of docs/events.md and docs/decision-event.schema.json.
 *
 * All ids of Azure are in lower case. Nothing in it was written by a consumer or by a person: no message, no justification, no name
 * but the one that the provider's registry has for the customer.
 */
export type DecisionEvent = {
  /** The same whenever it is sent again: the chain and the place of the event in it. */
  readonly id: string;
  /** The Private Link Service. */
  readonly source: string;
  readonly type: PublishedType;
  /** The connection; the service where it is about no single one. */
  readonly subject: string;
  /** When it was put on record. */
  readonly time: string;
  readonly data: {
    readonly v: 1;
    readonly mode: Mode;
    readonly service: { readonly id: string; readonly region: string | null };
    readonly connection: {
      readonly id: string;
      readonly endpointId: string | null;
      readonly linkId: string | null;
    } | null;
    readonly consumer: { readonly subscriptionId: string; readonly name: string | null } | null;
    readonly request: {
      readonly id: string;
      readonly requestedAt: string;
      readonly round: number;
      readonly url: string | null;
    } | null;
    readonly decision: DecisionTold | null;
    /** One word that says more of the type: why, what was found, how it ended, or ARM's code. */
    readonly cause: string | null;
    /** Until when people may answer. */
    readonly dueAt: string | null;
    /** When the approval ends. */
    readonly expiresAt: string | null;
    readonly correlation: string;
    /** Where the record has it; with the hash a copy of the event proves the record, and the record the event. */
    readonly audit: { readonly chain: string; readonly seq: number; readonly hash: string };
  };
};

export type Telling = {
  readonly chain: string;
  /** Undefined where the event is about none. */
  readonly request: ApprovalRequest | undefined;
  /** What the registry calls the customer. */
  readonly customer: string | null;
  readonly mode: Mode;
  readonly publicUrl: string | null;
};

/** Puts an event of the record into the form for subscribers. Pure: sent again, it has the same id. */
export function decisionEvent(event: AuditEvent, type: PublishedType, telling: Telling): DecisionEvent {
  const { chain, request, mode } = telling;
  const serviceId = lower(event.serviceId ?? request?.serviceId ?? "plgate");
  return {
    id: `${chain}-${event.seq}`,
    source: serviceId,
    type,
    subject: lower(event.connectionId ?? serviceId),
    time: event.time,
    data: {
      v: 1,
      mode,
      service: { id: serviceId, region: request?.serviceRegion ?? null },
      connection: connectionOf(event, request),
      consumer: consumerOf(event, telling),
      request: requestOf(telling),
      decision: request && tellsDecision.includes(type) ? decisionOf(request) : null,
      cause: causeOf(event, type, request),
      dueAt: timeIn(event.detail, "dueAt"),
      expiresAt: timeIn(event.detail, "expiresAt"),
      correlation: event.correlation,
      audit: { chain, seq: event.seq, hash: event.hash },
    },
  };
}

const tellsDecision: readonly PublishedType[] = [
  "plgate.request.held",
  "plgate.request.approved",
  "plgate.request.rejected",
  "plgate.request.failed",
  "plgate.approval.held",
  "plgate.approval.kept",
  "plgate.approval.revoked",
  "plgate.approval.revocation-failed",
];

function connectionOf(
  { connectionId, linkIdentifier }: AuditEvent,
  request: ApprovalRequest | undefined,
): DecisionEvent["data"]["connection"] {
  if (connectionId === null) return null;
  const endpointId = request?.endpointId ?? null;
  return { id: lower(connectionId), endpointId: endpointId && lower(endpointId), linkId: linkIdentifier };
}

function consumerOf({ consumerSubscriptionId: id }: AuditEvent, { customer }: Telling) {
  return id === null ? null : { subscriptionId: lower(id), name: customer };
}

function requestOf({ request, publicUrl }: Telling): DecisionEvent["data"]["request"] {
  if (!request) return null;
  const { id, requestedAt, round } = request;
  return { id, requestedAt, round, url: publicUrl && `${publicUrl}/api/requests/${id}` };
}

function decisionOf(request: ApprovalRequest): DecisionTold | null {
  const { decided, held } = request;
  if (decided) return { kind: decided.kind, at: decided.at, by: deciderOf(request, decided) };
  return held && { kind: held.effect, at: null, by: policyOf(request) };
}

function deciderOf(request: ApprovalRequest, { kind, by, door, at, run }: Decided): DecidedBy {
  if (run) return { kind: "run", run };
  if (by.kind === "person") {
    return { kind: "people", votes: request.votes.filter(({ vote }) => vote === kind).length, door };
  }
  const dueAt = request.timetable?.dueAt;
  return dueAt && dueAt <= at ? { kind: "time" } : policyOf(request);
}

function policyOf({ verdict }: ApprovalRequest): DecidedBy {
  const policies = (verdict?.policies ?? []).map(({ name, version }) => ({ name, version }));
  return { kind: "policy", policies, rules: verdict?.decidedBy ?? [] };
}

/** Words are plgate's or ARM's own; whatever does not look like one is left out. */
function causeOf(event: AuditEvent, type: PublishedType, request: ApprovalRequest | undefined): string | null {
  const word = wordOf(event, type, request);
  return word !== undefined && /^[\w.-]{1,80}$/.test(word) ? word : null;
}

function wordOf(
  { detail, after }: AuditEvent,
  type: PublishedType,
  request: ApprovalRequest | undefined,
): string | undefined {
  switch (type) {
    case "plgate.request.resolved-elsewhere":
      return textIn(detail, "status");
    case "plgate.request.failed":
    case "plgate.approval.revocation-failed":
      return textIn(detail, "code");
    case "plgate.approval.unanswered":
      return after?.state;
    case "plgate.approval.ended":
      return textIn(detail, "how");
    case "plgate.drift.detected":
    case "plgate.drift.cleared":
      return textIn(detail, "kind");
    case "plgate.approval.questioned":
    case "plgate.approval.revoking":
    case "plgate.approval.held":
    case "plgate.approval.kept":
    case "plgate.approval.revoked":
      return request?.live?.cause;
    case "plgate.request.received":
    case "plgate.request.awaiting-decision":
    case "plgate.request.held":
    case "plgate.request.approved":
    case "plgate.request.rejected":
    case "plgate.request.expired":
    case "plgate.request.withdrawn":
    case "plgate.link.identified":
      return undefined;
  }
}

function timeIn(detail: Json, name: string): string | null {
  const text = textIn(detail, name);
  return text !== undefined && !Number.isNaN(Date.parse(text)) ? text : null;
}

function textIn(detail: Json, name: string): string | undefined {
  if (typeof detail !== "object" || detail === null || !Object.hasOwn(detail, name)) return undefined;
  const value: unknown = Reflect.get(detail, name);
  return typeof value === "string" ? value : undefined;
}

function lower(id: string): string {
  return id.toLowerCase();
}

import type { Actor } from "../../src/decision/decision.ts";
import type { Note, Step } from "../../src/ledger/commit.ts";
import type { AuditKind, NewEvent } from "../../src/ledger/event.ts";
import type { ApprovalRequest, RequestState } from "../../src/requests/request.ts";
import { policyChain, registryChain, type ServiceKey } from "../../src/requests/request-id.ts";
import { aConnectionRef, aServiceRef, customer, event, request } from "../builders.ts";

/** What a writer has to tell: the life of one request, or one note. All of it follows from these few words. */
export type Story =
  | { readonly kind: "request"; readonly service: string; readonly number: number }
  | { readonly kind: "note"; readonly number: number };

/** One write of a story. A step lacks the etag that it is computed from: whoever tells it reads that. */
export type Telling =
  | { readonly kind: "step"; readonly key: string; readonly chain: ServiceKey; readonly step: Omit<Step, "expected"> }
  | { readonly kind: "note"; readonly key: string; readonly chain: ServiceKey; readonly note: Note };

/** One step in the life of a request: what happened, and where the request stands then. */
type Turn = {
  readonly kinds: readonly AuditKind[];
  readonly state: RequestState;
  readonly who?: "person" | "outside";
  readonly wake?: true;
};

const asked: Turn = { kinds: ["requested", "evaluated", "escalated"], state: "awaiting-decision" };
const lives: readonly (readonly Turn[])[] = [
  [
    { kinds: ["requested", "evaluated", "decided"], state: "approving", wake: true },
    { kinds: ["applied"], state: "approved" },
  ],
  [
    asked,
    { kinds: ["voted"], state: "awaiting-decision", who: "person" },
    { kinds: ["voted", "decided"], state: "rejecting", who: "person", wake: true },
    { kinds: ["applied"], state: "rejected" },
  ],
  [asked],
  [asked, { kinds: ["withdrawn"], state: "withdrawn", who: "outside" }],
  [
    { kinds: ["requested", "evaluated", "decided"], state: "approving", wake: true },
    { kinds: ["failed"], state: "failed" },
    { kinds: ["applied"], state: "approved" },
    // About a request that has ended: there is no mark of an open one to be removed any more.
    { kinds: ["revoked"], state: "approved", who: "outside" },
  ],
];

/** Fifty is what an import puts on record with one write. */
const notes: readonly { readonly chain: ServiceKey; readonly kind: AuditKind; readonly events: number }[] = [
  { chain: policyChain, kind: "policy-published", events: 1 },
  { chain: registryChain, kind: "consumer-registered", events: 50 },
  { chain: policyChain, kind: "policy-activating", events: 2 },
  { chain: registryChain, kind: "consumer-changed", events: 1 },
];

const began = Date.parse("2026-01-01T00:00:00.000Z");
const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Every write of a story, in order: the same for whoever tells it, however often. */
export function tellingsOf(story: Story): readonly Telling[] {
  if (story.kind === "note") return [noteOf(story.number)];
  const life = lives[story.number % lives.length] ?? [];
  return life.map((turn, n) => stepOf(story, turn, n));
}

export function eventsOf(telling: Telling): readonly NewEvent[] {
  return telling.kind === "step" ? telling.step.events : telling.note.events;
}

function stepOf({ service, number }: Extract<Story, { kind: "request" }>, turn: Turn, n: number): Telling {
  const at = timeOf(number, n);
  const of = requestAfter(service, number, turn, at);
  // The key is in every event, so that each can be traced to the step that brought it.
  const key = `${of.id}|${n}`;
  const events = turn.kinds.map((kind, part) =>
    event(
      {
        ...{ kind, time: at, who: actorOf(turn, number), correlation: key, what: `Step ${n} of connection ${number}.` },
        detail: { part, of: turn.kinds.length },
      },
      of,
    ),
  );
  const step = { key, request: of, events, notify: of.shown, ...(turn.wake ? { wake: true } : {}) };
  return { kind: "step", key, chain: of.service, step };
}

function requestAfter(service: string, number: number, { state }: Turn, updatedAt: string): ApprovalRequest {
  const life = lives[number % lives.length] ?? [];
  return request(
    {
      ...{ state, requestedAt: timeOf(number, 0), updatedAt, shown: life.includes(asked) },
      consumerSubscriptionId: number % 7 === 0 ? null : customer.replace(/9$/, String(number % 4)),
      linkIdentifier: number % 3 === 0 ? null : String(536_870_912 + (number % 5)),
    },
    aConnectionRef(`pe-${number}.1`, aServiceRef(service)),
  );
}

function noteOf(number: number): Telling {
  const {
    chain,
    kind,
    events: count,
  } = notes[number % notes.length] ?? { chain: policyChain, kind: "failed", events: 1 };
  const key = `note|${number}`;
  const events = Array.from({ length: count }, (_, part) =>
    event({
      ...{ kind, time: timeOf(number, 0), correlation: key, what: `Note ${number}.`, detail: { part, of: count } },
      ...{ serviceId: null, requestId: null, connectionId: null, consumerSubscriptionId: null, linkIdentifier: null },
    }),
  );
  return { kind: "note", key, chain, note: { key, chain, after: null, events } };
}

function actorOf({ who }: Turn, number: number): Actor {
  if (who === undefined) return { kind: "robot" };
  if (who === "outside") return { kind: "outside" };
  return { kind: "person", objectId: `44444444-0000-4000-8000-00000000000${number % 3}`, tenantId: "t", name: "Ada" };
}

function timeOf(number: number, step: number): string {
  return new Date(began + number * 5 * hourMs + step * minuteMs).toISOString();
}

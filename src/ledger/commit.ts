import { type LiveApproval, standingOf } from "../requests/live-approval.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import { isAgainstConsumer, isOpen } from "../requests/request.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import type { Run } from "../requests/run.ts";
import { type Head, link } from "./chain.ts";
import type { AuditEvent, NewEvent } from "./event.ts";
import { publishedType } from "./published.ts";
import type { Segment } from "./segment.ts";
import type { Finding } from "./standing-finding.ts";
import { stateAfter } from "./state-after.ts";

/** What must follow a commit, done from the outbox by the dispatcher and safe to do twice. */
export const effectKinds = ["index", "wake", "notify", "remind", "tell", "publish"] as const;
export type EffectKind = (typeof effectKinds)[number];

/**
 * One step of a request: its new state together with the events that explain it.
 *
 * `key` names the step; told twice it is done once. `expected` is the etag of the request row that the step was
 * computed from; null means that the request is new.
 */
export type Step = {
  readonly key: string;
  readonly request: ApprovalRequest;
  readonly expected: string | null;
  readonly events: readonly NewEvent[];
  /** Bring the request's card up to date. */
  readonly notify: boolean;
  /** Remind people in the threads of the cards; which reminder it is, the event `reminded` says. */
  readonly remind?: boolean;
  /** Have the service reviewed: a decision waits to be carried out. */
  readonly wake?: boolean;
  /**
   * About an approved connection: its LinkID is `awaited`, because ARM does not show it yet, or `known` after it was.
   * What is awaited is found by the next review together with the open requests.
   */
  readonly link?: "awaited" | "known";
  /** Put beside the event of the step that tells of it: what stands at the service until it is cleared. */
  readonly finding?: Finding;
  /** Say in Teams, once, what the step found. */
  readonly tell?: boolean;
};

/**
 * Events about no request, in a chain of their own.
 *
 * `key` names what is told; told twice it is put on record once. `after` is the number of the last event that the teller
 * has seen: the note is taken only when nothing was added since. Null takes any.
 */
export type Note = {
  readonly key: string;
  readonly chain: ServiceKey;
  readonly after: number | null;
  readonly events: readonly NewEvent[];
  /** Put beside the event that tells of it: where a part of the chain lies from now on. */
  readonly segment?: Segment;
  /** Put beside the event that tells of it: what stands at a service until it is cleared. */
  readonly finding?: Finding;
  /** The same for a note that tells of several. */
  readonly findings?: readonly Finding[];
  /** Put beside the event that tells of it: the run as it is from now on. */
  readonly run?: Run;
  /** Say it in Teams, once. */
  readonly tell?: boolean;
};

/** A change to one row of a service's partition. All changes of a commit are one entity group transaction. */
export type RowChange =
  | { readonly do: "put-head"; readonly head: Head }
  | { readonly do: "insert-event"; readonly event: AuditEvent }
  | { readonly do: "insert-key"; readonly key: string; readonly seq: number }
  | { readonly do: "put-request"; readonly request: ApprovalRequest; readonly expected: string | null }
  | { readonly do: "open"; readonly request: ApprovalRequest }
  | { readonly do: "close"; readonly request: ApprovalRequest }
  | { readonly do: "await-link"; readonly request: ApprovalRequest }
  | { readonly do: "know-link"; readonly request: ApprovalRequest }
  | { readonly do: "remember-end"; readonly consumer: string; readonly end: "approved" | "rejected" }
  | { readonly do: "stand"; readonly approval: LiveApproval }
  | { readonly do: "insert-segment"; readonly segment: Segment }
  | { readonly do: "put-finding"; readonly finding: Finding }
  | { readonly do: "put-run"; readonly run: Run }
  | { readonly do: "insert-effect"; readonly effect: OutboxEntry };

/** A row of the outbox: what is still to do after the commit that ended with event `seq`. */
export type OutboxEntry = {
  readonly kind: EffectKind;
  readonly service: ServiceKey;
  /** Null when the events are about no request. */
  readonly requestId: string | null;
  readonly firstSeq: number;
  readonly seq: number;
  /** Of the commit that left it; left out in rows of earlier versions. */
  readonly correlation?: string;
};

type Plan = { readonly changes: readonly RowChange[]; readonly head: Head };

/**
 * Lays out the rows of one commit (design.md, rule 4): state, audit event, chain head, idempotency key and outbox
 * stand or fall together, so there is no state without its record and no record without its state.
 * `publishes`: subscribers are told. Where nobody listens, and of steps that are nobody's news, there is no row for it.
 */
export function planCommit(head: Head, step: Step, publishes = false): Plan {
  const linked = link(head, endedBy(step));
  const entry = {
    service: step.request.service,
    requestId: step.request.id,
    firstSeq: head.seq + 1,
    seq: linked.head.seq,
    ...correlationOf(step.events),
  };
  const changes: RowChange[] = [
    { do: "put-head", head: linked.head },
    { do: "insert-key", key: step.key, seq: linked.head.seq },
    { do: "put-request", request: step.request, expected: step.expected },
    ...linked.events.map((event): RowChange => ({ do: "insert-event", event })),
    ...openMarker(step),
    ...linkMarker(step),
    ...standMarker(step),
    ...endMarker(step.request),
    ...(step.finding ? [{ do: "put-finding", finding: step.finding } as const] : []),
    { do: "insert-effect", effect: { ...entry, kind: "index" } },
  ];
  if (step.wake) changes.push({ do: "insert-effect", effect: { ...entry, kind: "wake" } });
  if (step.notify) changes.push({ do: "insert-effect", effect: { ...entry, kind: "notify" } });
  if (step.remind) changes.push({ do: "insert-effect", effect: { ...entry, kind: "remind" } });
  if (step.tell) changes.push({ do: "insert-effect", effect: { ...entry, kind: "tell" } });
  if (publishes && isNews(linked.events, step.request.live !== undefined)) {
    changes.push({ do: "insert-effect", effect: { ...entry, kind: "publish" } });
  }
  return { changes, head: linked.head };
}

/** The rows of a note: as in `planCommit`, but there is no request. */
export function planNote(head: Head, note: Note, publishes = false): Plan {
  const linked = link(head, note.events);
  const changes: readonly RowChange[] = [
    { do: "put-head", head: linked.head },
    { do: "insert-key", key: note.key, seq: linked.head.seq },
    ...linked.events.map((event): RowChange => ({ do: "insert-event", event })),
    ...(note.segment ? [{ do: "insert-segment", segment: note.segment } as const] : []),
    ...findingsOf(note).map((finding) => ({ do: "put-finding", finding }) as const),
    ...(note.run ? [{ do: "put-run", run: note.run } as const] : []),
    ...effectsOf(note, linked.head.seq, publishes).map((effect) => ({ do: "insert-effect", effect }) as const),
  ];
  return { changes, head: linked.head };
}

function findingsOf({ finding, findings = [] }: Note): readonly Finding[] {
  return finding ? [finding, ...findings] : findings;
}

/**
 * What is to be done after a note that ended with event `seq`: its events are to be found by search, people may be told, and
 * subscribers with `publishes`.
 */
export function effectsOf({ chain, events, tell }: Note, seq: number, publishes = false): readonly OutboxEntry[] {
  const span = { firstSeq: seq - events.length + 1, seq };
  const entry = { service: chain, requestId: null, ...span, ...correlationOf(events) };
  const isPublished = publishes && isNews(events, false);
  return [
    { ...entry, kind: "index" },
    ...(tell ? [{ ...entry, kind: "tell" } as const] : []),
    ...(isPublished ? [{ ...entry, kind: "publish" } as const] : []),
  ];
}

function isNews(events: readonly NewEvent[], isLive: boolean): boolean {
  return events.some((event) => publishedType(event, isLive) !== undefined);
}

function correlationOf([event]: readonly NewEvent[]): { readonly correlation?: string } {
  return event ? { correlation: event.correlation } : {};
}

// The last event of a step says what its request is from then on.
function endedBy({ events, request }: Step): readonly NewEvent[] {
  return events.map((event, at) => (at === events.length - 1 ? { ...event, after: stateAfter(request) } : event));
}

// The marker rows make "all open requests of this service" one short range read, however long the history is.
function openMarker(step: Step): RowChange[] {
  if (isOpen(step.request)) return [{ do: "open", request: step.request }];
  // Of a request that begins with its end, or that had ended before its link was known, there is none.
  return step.expected === null || step.link === "known" ? [] : [{ do: "close", request: step.request }];
}

function linkMarker({ link, request }: Step): RowChange[] {
  if (link === undefined) return [];
  return [{ do: link === "awaited" ? "await-link" : "know-link", request }];
}

// From the moment that ARM confirmed it, an approval stands beside the open requests, where each review of the service finds it.
function standMarker({ request, events }: Step): RowChange[] {
  if (request.state !== "approved" || !events.some(({ kind }) => kind === "applied" || kind === "kept")) return [];
  return [{ do: "stand", approval: standingOf(request) }];
}

function endMarker(request: ApprovalRequest): RowChange[] {
  const consumer = request.consumerSubscriptionId;
  if (!consumer || (request.state !== "approved" && request.state !== "rejected")) return [];
  if (request.live && request.state === "rejected" && !isAgainstConsumer(request)) return [];
  return [{ do: "remember-end", consumer, end: request.state }];
}

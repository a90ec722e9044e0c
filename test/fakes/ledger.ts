import { emptyHead, type Head, type StoredEvent } from "../../src/ledger/chain.ts";
import {
  effectsOf,
  type Note,
  type OutboxEntry,
  planCommit,
  planNote,
  type RowChange,
  type Step,
} from "../../src/ledger/commit.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import { fitEvents } from "../../src/ledger/fit.ts";
import type { Segment } from "../../src/ledger/segment.ts";
import type { Finding } from "../../src/ledger/standing-finding.ts";
import type { LiveApproval } from "../../src/requests/live-approval.ts";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import { parseRequestId, type RequestId, runChain, type ServiceKey } from "../../src/requests/request-id.ts";
import type { Run, RunShare } from "../../src/requests/run.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import type { StoredHistory, StoredState, Trail } from "../../src/workflow/audit-ports.ts";
import type {
  AwaitedLink,
  Clock,
  Committed,
  ConsumerHistory,
  Ledger,
  Noted,
  Outbox,
  StoredRequest,
  StuckEffect,
  Unsettled,
} from "../../src/workflow/ports.ts";

/** How one commit goes wrong: before anything was written, or after all of it was. */
export type ScriptedCommit = "fails" | "lost-answer";

type Effect = {
  readonly entry: OutboxEntry;
  readonly at: Date;
  readonly claimedUntil: Date | undefined;
  readonly tries: number;
  readonly why: string | null;
};

type Partition = {
  head: Head;
  readonly events: AuditEvent[];
  readonly keys: Set<string>;
  readonly requests: Map<string, StoredRequest>;
  readonly open: Set<string>;
  readonly awaited: Map<string, AwaitedLink>;
  /** By connection id. */
  readonly approvals: Map<string, LiveApproval>;
  readonly findings: Map<string, Finding>;
  readonly runs: Map<string, Run>;
  readonly ends: Map<string, ConsumerHistory>;
  readonly effects: Map<string, Effect>;
  readonly segments: Segment[];
  /** The last event of the step that left each request. */
  readonly leftBy: Map<string, number>;
};

/** Ledger and outbox in memory, laid out by the same `planCommit` as the stored ones. */
export class FakeLedger implements Ledger, Outbox, Trail {
  readonly #clock: Clock;
  readonly #partitions = new Map<string, Partition>();
  readonly #shares = new Map<string, RunShare>();
  #etag = 0;
  readonly nextCommits: ScriptedCommit[] = [];
  /** Every step that was told, in order, whatever became of it. */
  readonly told: Step[] = [];
  /** Whether commits leave word for subscribers. */
  publishes = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async commit(step: Step): Promise<Committed> {
    this.told.push(step);
    const script = this.nextCommits.shift();
    if (script === "fails") throw new PlgateError("the ledger does not answer", { retryable: true });
    if (step.events.length === 0)
      throw new PlgateError("a step without an event explains nothing", { retryable: false });
    const committed = this.#commit(copy(step));
    if (script === "lost-answer") throw new PlgateError("the ledger did not answer in time", { retryable: true });
    return committed;
  }

  async note(note: Note): Promise<Noted> {
    const script = this.nextCommits.shift();
    if (script === "fails") throw new PlgateError("the ledger does not answer", { retryable: true });
    if (note.events.length === 0) throw new PlgateError("a note without an event says nothing", { retryable: false });
    const noted = this.#note({ ...note, events: fitEvents(structuredClone(note.events)) });
    if (script === "lost-answer") throw new PlgateError("the ledger did not answer in time", { retryable: true });
    return noted;
  }

  async request(id: RequestId): Promise<StoredRequest | undefined> {
    const service = parseRequestId(id)?.service;
    return service && this.#partition(service).requests.get(id);
  }

  async unsettled(service: ServiceKey): Promise<Unsettled> {
    const { open, awaited, requests, approvals, findings } = this.#partition(service);
    return {
      open: [...open].flatMap((id) => requests.get(id) ?? []),
      awaitedLinks: [...awaited.values()],
      approvals: [...approvals.values()],
      findings: [...findings.values()],
    };
  }

  async rememberApproval(service: ServiceKey, approval: LiveApproval): Promise<void> {
    this.#partition(service).approvals.set(approval.connectionId.toLowerCase(), structuredClone(approval));
  }

  async forgetApproval(service: ServiceKey, connectionId: string): Promise<void> {
    this.#partition(service).approvals.delete(connectionId.toLowerCase());
  }

  async forgetFinding(service: ServiceKey, key: string): Promise<void> {
    this.#partition(service).findings.delete(key);
  }

  async runs(): Promise<readonly Run[]> {
    return [...this.#partition(runChain).runs.values()];
  }

  async runShares(run: string): Promise<readonly RunShare[]> {
    return [...this.#shares.values()].filter((share) => share.run === run);
  }

  async runShare(run: string, service: ServiceKey): Promise<RunShare | undefined> {
    return this.#shares.get(`${run}|${service}`);
  }

  async putRunShare(share: RunShare): Promise<void> {
    this.#shares.set(`${share.run}|${share.service}`, structuredClone(share));
  }

  async forgetLink(request: RequestId): Promise<void> {
    const service = parseRequestId(request)?.service;
    if (service) this.#partition(service).awaited.delete(request);
  }

  async latestOf(service: ServiceKey, connectionKey: string): Promise<StoredRequest | undefined> {
    return [...this.#partition(service).requests.values()]
      .filter(({ request }) => parseRequestId(request.id)?.connection === connectionKey)
      .sort((one, other) => other.request.round - one.request.round)[0];
  }

  async history(service: ServiceKey, consumerSubscriptionId: string): Promise<ConsumerHistory> {
    return this.#partition(service).ends.get(consumerSubscriptionId.toLowerCase()) ?? noHistory;
  }

  async *events(service: ServiceKey, lastSeq = Number.POSITIVE_INFINITY): AsyncGenerator<AuditEvent> {
    yield* this.#partition(service).events.filter(({ seq }) => seq <= lastSeq);
  }

  async eventsBetween(service: ServiceKey, firstSeq: number, lastSeq: number): Promise<readonly AuditEvent[]> {
    return this.#partition(service).events.filter(({ seq }) => seq >= firstSeq && seq <= lastSeq);
  }

  async eventsOf(request: RequestId): Promise<readonly AuditEvent[]> {
    const service = parseRequestId(request)?.service;
    return service ? this.#partition(service).events.filter(({ requestId }) => requestId === request) : [];
  }

  async head(service: ServiceKey): Promise<Head> {
    return this.#partition(service).head;
  }

  async *chains(): AsyncGenerator<ServiceKey> {
    const written = [...this.#partitions].filter(([, { head }]) => head.seq > 0);
    yield* written.map(([chain]) => chain as ServiceKey).sort();
  }

  async headOf(chain: ServiceKey): Promise<{ readonly head: Head }> {
    return { head: this.#partition(chain).head };
  }

  async *newestFirst(chain: ServiceKey, last = Number.POSITIVE_INFINITY): AsyncGenerator<StoredEvent> {
    const events = this.#partition(chain).events.filter(({ seq }) => seq <= last);
    yield* events.toReversed().map((event) => ({ seq: event.seq, event }));
  }

  async *states(chain: ServiceKey): AsyncGenerator<StoredState> {
    const { requests, leftBy } = this.#partition(chain);
    yield* [...requests.values()].map(({ request }) => ({
      ...{ row: request.id, seq: leftBy.get(request.id) ?? 0, request },
    }));
  }

  async histories(chain: ServiceKey): Promise<readonly StoredHistory[]> {
    return [...this.#partition(chain).ends].map(([consumer, { approvedBefore, rejectedBefore }]) => ({
      ...{ consumer, approved: approvedBefore, rejected: rejectedBefore },
    }));
  }

  async openMarks(chain: ServiceKey): Promise<ReadonlySet<string>> {
    return this.#partition(chain).open;
  }

  async notYetIndexed(chain: ServiceKey) {
    return [...this.#partition(chain).effects.values()]
      .map(({ entry }) => entry)
      .filter(({ kind }) => kind === "index");
  }

  async segments(chain: ServiceKey): Promise<readonly Segment[]> {
    return this.#partition(chain).segments;
  }

  /** In memory sealed events stay where they are: nothing is gained by moving them. */
  async forgetSealed(): Promise<number> {
    return 0;
  }

  async claim(entry: OutboxEntry, seconds: number): Promise<boolean> {
    const { effects } = this.#partition(entry.service);
    const effect = effects.get(effectKey(entry));
    const now = this.#clock.now();
    if (!effect || (effect.claimedUntil && effect.claimedUntil > now)) return false;
    const tries = effect.tries + 1;
    const longer = Math.max(seconds, Math.min(900, seconds * 2 ** (tries - 1)));
    effects.set(effectKey(entry), { ...effect, tries, claimedUntil: new Date(now.getTime() + longer * 1000) });
    return true;
  }

  async failed(entry: OutboxEntry, why: string): Promise<void> {
    this.#changeEffect(entry, { why });
  }

  async retry(entry: OutboxEntry): Promise<void> {
    this.#changeEffect(entry, { tries: 0, claimedUntil: undefined });
  }

  async stuck(): Promise<readonly StuckEffect[]> {
    const before = new Date(this.#clock.now().getTime() - 24 * 3600_000);
    return this.#effects()
      .filter(({ at, tries }) => tries >= 10 || at <= before)
      .map(({ entry, at, tries, why }) => ({ entry, since: at, tries, why }));
  }

  #changeEffect(entry: OutboxEntry, change: Partial<Effect>): void {
    const { effects } = this.#partition(entry.service);
    const effect = effects.get(effectKey(entry));
    if (effect) effects.set(effectKey(entry), { ...effect, ...change });
  }

  async done(entry: OutboxEntry): Promise<void> {
    this.#partition(entry.service).effects.delete(effectKey(entry));
  }

  async leftOver(olderThan: Date, top: number): Promise<readonly OutboxEntry[]> {
    const now = this.#clock.now();
    return this.#effects()
      .filter(({ at, claimedUntil }) => at < olderThan && !(claimedUntil && claimedUntil > now))
      .sort((one, other) => one.tries - other.tries)
      .slice(0, top)
      .map(({ entry }) => entry);
  }

  async waiting(): Promise<{ readonly count: number; readonly oldest: Date | null }> {
    const effects = this.#effects();
    return { count: effects.length, oldest: effects[0]?.at ?? null };
  }

  #effects(): readonly Effect[] {
    const all = [...this.#partitions.values()].flatMap(({ effects }) => [...effects.values()]);
    return all.sort((one, other) => one.at.getTime() - other.at.getTime());
  }

  #commit(step: Step): Committed {
    const partition = this.#partition(step.request.service);
    if (partition.keys.has(step.key)) return { kind: "already-there" };
    const current = partition.requests.get(step.request.id)?.etag ?? null;
    if (current !== step.expected) return { kind: "conflict" };
    this.#etag += 1;
    const stored = { request: step.request, etag: `W/"${this.#etag}"` };
    const { changes, head } = planCommit(partition.head, step, this.publishes);
    partition.leftBy.set(step.request.id, head.seq);
    for (const change of changes) this.#apply(partition, change, stored);
    return { kind: "committed", stored, outbox: changes.flatMap((one) => ("effect" in one ? one.effect : [])) };
  }

  #note(note: Note): Noted {
    const partition = this.#partition(note.chain);
    if (partition.keys.has(note.key)) return { kind: "already-there" };
    if (note.after !== null && note.after !== partition.head.seq) return { kind: "conflict" };
    const { changes, head } = planNote(partition.head, note, this.publishes);
    for (const change of changes) this.#apply(partition, change, undefined);
    return { kind: "noted", seq: head.seq, outbox: effectsOf(note, head.seq, this.publishes) };
  }

  #apply(partition: Partition, change: RowChange, stored: StoredRequest | undefined): void {
    switch (change.do) {
      case "put-head":
        partition.head = change.head;
        return;
      case "insert-event":
        partition.events.push(change.event);
        return;
      case "insert-key":
        partition.keys.add(change.key);
        return;
      case "put-request":
        if (stored) partition.requests.set(change.request.id, stored);
        return;
      case "open":
        partition.open.add(change.request.id);
        return;
      case "close":
        partition.open.delete(change.request.id);
        return;
      case "await-link": {
        const { id: requestId, connectionId, updatedAt } = change.request;
        partition.awaited.set(requestId, { requestId, connectionId, since: new Date(updatedAt) });
        return;
      }
      case "know-link":
        partition.awaited.delete(change.request.id);
        return;
      case "remember-end":
        rememberEnd(partition.ends, change.consumer.toLowerCase(), change.end);
        return;
      case "insert-segment":
        partition.segments.push(change.segment);
        return;
      case "stand":
        partition.approvals.set(change.approval.connectionId, change.approval);
        return;
      case "put-finding":
        partition.findings.set(change.finding.key, change.finding);
        return;
      case "put-run":
        partition.runs.set(change.run.id, change.run);
        return;
      case "insert-effect": {
        const effect = { entry: change.effect, at: this.#clock.now(), claimedUntil: undefined, tries: 0, why: null };
        partition.effects.set(effectKey(change.effect), effect);
        return;
      }
    }
  }

  #partition(service: ServiceKey): Partition {
    const known = this.#partitions.get(service);
    if (known) return known;
    const fresh: Partition = {
      head: emptyHead,
      events: [],
      keys: new Set(),
      requests: new Map(),
      open: new Set(),
      awaited: new Map(),
      approvals: new Map(),
      findings: new Map(),
      runs: new Map(),
      ends: new Map(),
      effects: new Map(),
      segments: [],
      leftBy: new Map(),
    };
    this.#partitions.set(service, fresh);
    return fresh;
  }
}

const noHistory: ConsumerHistory = { approvedBefore: false, rejectedBefore: false };

function rememberEnd(ends: Map<string, ConsumerHistory>, consumer: string, end: "approved" | "rejected"): void {
  const before = ends.get(consumer) ?? noHistory;
  const now = end === "approved" ? { approvedBefore: true } : { rejectedBefore: true };
  ends.set(consumer, { ...before, ...now });
}

function effectKey(entry: OutboxEntry): string {
  return `${entry.seq}|${entry.kind}`;
}

// What is stored must not change when the caller's object does.
function copy(step: Step): Step {
  const request: ApprovalRequest = structuredClone(step.request);
  return { ...step, request, events: fitEvents(structuredClone(step.events)) };
}

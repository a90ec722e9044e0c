import { type ChainFault, ChainWalk, firstOf, type Head, isUntouched, type StoredEvent } from "../ledger/chain.ts";
import type { AuditEvent } from "../ledger/event.ts";
import type { Finding } from "../ledger/finding.ts";
import { policyChain, registryChain, type ServiceKey } from "../requests/request-id.ts";
import type { StoredState, Trail } from "./audit-ports.ts";
import { Anchored, type AnchoredPoint } from "./check-anchored.ts";
import { Histories } from "./check-histories.ts";
import { States } from "./check-states.ts";

/** What the walk along one chain brought to light. */
export type ChainVerdict = {
  readonly chain: ServiceKey;
  /** The id of the service, or `policies`, or `consumers`; the key when no event could be read. */
  readonly service: string;
  readonly ok: boolean;
  /** Events that were read, sealed ones included. */
  readonly events: number;
  /** Where the chain ends; null when that cannot be read. */
  readonly head: Head | null;
  /** The first come first, in the order of events; at most twenty. */
  readonly findings: readonly Finding[];
  /** How many findings there are beside those. */
  readonly more: number;
};

export type ChainWish = {
  readonly anchored: readonly AnchoredPoint[];
  /** Told each event whose hash holds. */
  readonly onEvent?: ((event: AuditEvent) => void) | undefined;
  /** Asked now and then; whoever waits is shown how far it is. */
  readonly onProgress?: ((events: number) => void) | undefined;
};

const findingsShown = 20;
const progressEvery = 500;

/**
 * Verifies one chain: every event, the head, every request against the event that left it, and the anchored events.
 *
 * The service may be at work meanwhile. So the requests are read between two looks at the head: a request's row must be
 * at least as new as its last event before the first look, and the event that it names must stand in the chain of the
 * second. Nobody can put an older row back, or write a state by hand, without failing one of the two.
 */
export async function verifyChain(chain: ServiceKey, wish: ChainWish, trail: Trail): Promise<ChainVerdict> {
  const before = await trail.headOf(chain);
  const marks = await trail.openMarks(chain);
  const rows: StoredState[] = [];
  for await (const row of trail.states(chain)) rows.push(row);
  const histories = await trail.histories(chain);
  const now = await trail.headOf(chain);
  if ("problem" in before) return unreadable(chain, before.problem);
  if ("problem" in now) return unreadable(chain, now.problem);
  const { seq: settledUpTo } = before.head;
  const look = new Look(now.head, {
    states: new States(rows, marks, settledUpTo),
    histories: new Histories(histories, settledUpTo),
    anchored: new Anchored(wish.anchored),
  });
  for await (const stored of trail.newestFirst(chain)) {
    // Written after the second look at the head.
    if (stored.seq > now.head.seq && (await reaches(stored.seq, chain, trail))) continue;
    look.take(stored);
    tell(stored, look.events, wish);
  }
  const service = nameOf(chain) ?? look.service ?? chain;
  return verdictOf(chain, service, look.events, now.head, look.end());
}

function tell(stored: StoredEvent, events: number, { onEvent, onProgress }: ChainWish): void {
  if ("event" in stored && isUntouched(stored.event)) onEvent?.(stored.event);
  if (events % progressEvery === 0) onProgress?.(events);
}

/** What is laid beside the chain. */
type Beside = { readonly states: States; readonly histories: Histories; readonly anchored: Anchored };

/** One way along the chain, and what it brings to light. */
class Look {
  events = 0;
  /** The service that the newest event names. */
  service: string | undefined;
  readonly #head: Head;
  readonly #walk: ChainWalk;
  readonly #beside: Beside;
  readonly #findings: Finding[] = [];

  constructor(head: Head, beside: Beside) {
    this.#head = head;
    this.#walk = new ChainWalk(head);
    this.#beside = beside;
  }

  take(stored: StoredEvent): void {
    this.#findings.push(...this.#walk.take(stored).map(ofChain));
    if ("problem" in stored) return;
    const { event } = stored;
    this.events += 1;
    this.service ??= event.serviceId ?? undefined;
    const { states, histories, anchored } = this.#beside;
    this.#findings.push(...anchored.take(event));
    // What an altered event says explains nothing.
    if (!isUntouched(event)) return;
    this.#findings.push(...states.take(event));
    histories.take(event);
  }

  end(): readonly Finding[] {
    const missing = this.#walk.end().map(ofChain);
    const { states, histories, anchored } = this.#beside;
    return [...this.#findings, ...missing, ...states.end(), ...histories.end(), ...anchored.end(this.#head.seq)];
  }
}

function ofChain(fault: ChainFault): Finding {
  return { about: "chain", ...fault };
}

function unreadable(chain: ServiceKey, problem: string): ChainVerdict {
  return verdictOf(chain, nameOf(chain) ?? chain, 0, null, [{ about: "chain", seq: null, problem }]);
}

function verdictOf(
  chain: ServiceKey,
  service: string,
  events: number,
  head: Head | null,
  all: readonly Finding[],
): ChainVerdict {
  const findings = firstOf(all.map((one) => ({ ...one, seq: one.seq ?? Number.POSITIVE_INFINITY })))
    .slice(0, findingsShown)
    .map((one): Finding => ({ ...one, seq: Number.isFinite(one.seq) ? one.seq : null }));
  return { chain, service, ok: all.length === 0, events, head, findings, more: all.length - findings.length };
}

function nameOf(chain: ServiceKey): string | undefined {
  if (chain === policyChain) return "policies";
  return chain === registryChain ? "consumers" : undefined;
}

async function reaches(seq: number, chain: ServiceKey, trail: Trail): Promise<boolean> {
  const latest = await trail.headOf(chain);
  return "head" in latest && latest.head.seq >= seq;
}

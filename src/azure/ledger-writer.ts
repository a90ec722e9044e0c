import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { TableClient, TransactionAction } from "@azure/data-tables";
import type { Head } from "../ledger/chain.ts";
import { planCommit, type RowChange, type Step } from "../ledger/commit.ts";
import { fitEvents } from "../ledger/fit.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Clock, Committed, StoredRequest } from "../workflow/ports.ts";
import { type Attempt, actionsOf, type KnownHead, readHeadOf, requestKey, stepKey } from "./ledger-rows.ts";
import type { OutboxMarkers } from "./outbox-markers.ts";
import { findRow, numberIn, textIn } from "./rows.ts";
import { bounded } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

type Written = { readonly headEtag: string; readonly requestEtag: string };

/** How many rows one group may hold (azure.md 8.1). */
const rowsAtMost = 100;
const triesAtMost = 20;
const longestCommitMs = 30_000;
const longestPauseMs = 400;
const headsKept = 10_000;

/**
 * Writes steps: one entity group transaction for each commit (design.md, rule 4).
 *
 * The head row's etag serialises the commits on one service, the request row's etag guards the request, and the row of
 * the step's key says whether the step was done. An answer may get lost and the SDK may repeat a write that had
 * happened, so after any failure the step's row is read before anything else: nothing is ever appended blindly.
 */
export class LedgerWriter {
  readonly #table: TableClient;
  readonly #markers: OutboxMarkers;
  readonly #clock: Clock;
  readonly #publishes: boolean;
  // Only a saved read: a head that another host has moved on fails by its etag.
  readonly #heads = new Map<ServiceKey, KnownHead>();

  constructor(table: TableClient, markers: OutboxMarkers, clock: Clock, publishes = false) {
    this.#table = table;
    this.#markers = markers;
    this.#clock = clock;
    this.#publishes = publishes;
  }

  async commit(step: Step): Promise<Committed> {
    if (step.events.length === 0)
      throw new PlgateError("a step without an event explains nothing", { retryable: false });
    const fitted = { ...step, events: fitEvents(step.events) };
    try {
      return await this.#commit(fitted, randomUUID());
    } catch (error) {
      throw storageError(`a step of request ${step.request.id} cannot be put on record`, error);
    }
  }

  async #commit(step: Step, token: string): Promise<Committed> {
    const { service } = step.request;
    let known = (await Promise.all([this.#knownHead(service), this.#markers.raise(service)]))[0];
    let withDeletes = true;
    const deadline = performance.now() + longestCommitMs;
    for (let tries = 1; tries <= triesAtMost && performance.now() < deadline; tries += 1) {
      const { changes, head } = planCommit(known.head, step, this.#publishes);
      const kept = withDeletes ? changes : changes.filter((change) => !isDelete(change));
      const written = await this.#write(kept, attemptOf(step, known, head, token, this.#clock.now()));
      if (typeof written === "object") {
        this.#remember(service, { head, etag: written.headEtag });
        return committed(step.request, written.requestEtag, changes);
      }
      // The only rows that a group may miss are the marker of a request that had ended before, and that of a link given up.
      if (written === "missing") withDeletes = false;
      this.#heads.delete(service);
      const settled = await this.#settled(step, token);
      if (settled) return settled;
      await pause(Math.random() * Math.min(longestPauseMs, 10 * 2 ** tries));
      known = await this.#knownHead(service);
    }
    throw new PlgateError(`service ${service} is too busy`, { retryable: true });
  }

  async #write(changes: readonly RowChange[], attempt: Attempt): Promise<Written | "missing" | "lost"> {
    const actions = actionsOf(changes, attempt);
    if (actions.length > rowsAtMost) {
      throw new PlgateError(`a step with ${actions.length} rows is too large`, { retryable: false });
    }
    try {
      return (await this.#submit(actions)) ?? "lost";
    } catch (error) {
      const fault = faultOf(error);
      if (fault === "denied" || fault === "invalid" || fault === "no-table") throw error;
      return fault === "missing" ? "missing" : "lost";
    }
  }

  /** Undefined when storage answered without saying what it wrote: as good as no answer. */
  async #submit(actions: TransactionAction[]): Promise<Written | undefined> {
    const { subResponses } = await bounded((call) => this.#table.submitTransaction(actions, call));
    const headEtag = subResponses[0]?.etag;
    const requestEtag = subResponses[2]?.etag;
    if (subResponses.length !== actions.length || !headEtag || !requestEtag) return undefined;
    return { headEtag, requestEtag };
  }

  /** What became of a step whose write failed or got no answer; undefined when it can be tried again. */
  async #settled(step: Step, token: string): Promise<Committed | undefined> {
    const { service, id } = step.request;
    // The step's row first: had the request been read before, a write that arrives in between would look like a conflict.
    const done = await findRow(this.#table, service, stepKey(step.key));
    const row = await findRow(this.#table, service, requestKey(id));
    if (!done) return (row?.etag ?? null) === step.expected ? undefined : await this.#late(step, token);
    if (!row || textIn(done, "attempt") !== token || numberIn(row, "seq") !== numberIn(done, "seq")) {
      return { kind: "already-there" };
    }
    const lastSeq = numberIn(done, "seq");
    const before = { seq: lastSeq - step.events.length, hash: "" };
    return committed(step.request, row.etag, planCommit(before, step, this.#publishes).changes);
  }

  // The request has changed: perhaps by a write of this very step that arrived after its row was looked for.
  async #late(step: Step, token: string): Promise<Committed> {
    const done = await findRow(this.#table, step.request.service, stepKey(step.key));
    if (!done) return { kind: "conflict" };
    return (await this.#settled(step, token)) ?? { kind: "already-there" };
  }

  async #knownHead(service: ServiceKey): Promise<KnownHead> {
    return this.#heads.get(service) ?? (await readHeadOf(this.#table, service));
  }

  #remember(service: ServiceKey, head: KnownHead): void {
    if (this.#heads.size >= headsKept) this.#heads.clear();
    this.#heads.set(service, head);
  }
}

function isDelete(change: RowChange): boolean {
  return change.do === "close" || change.do === "know-link";
}

function attemptOf(step: Step, known: KnownHead, head: Head, token: string, now: Date): Attempt {
  return {
    service: step.request.service,
    requestId: step.request.id,
    headEtag: known.etag,
    firstSeq: known.head.seq + 1,
    lastSeq: head.seq,
    token,
    at: now.toISOString(),
  };
}

function committed(request: StoredRequest["request"], etag: string, changes: readonly RowChange[]): Committed {
  const outbox = changes.flatMap((change) => (change.do === "insert-effect" ? change.effect : []));
  return { kind: "committed", stored: { request, etag }, outbox };
}

// biome-ignore lint/style/noExcessiveLinesPerFile: the steps of one look and what they leave behind share one state; its parts stand apart already.
import type { Connection, PrivateLinkService } from "../connection/connection.ts";
import type { OutboxEntry } from "../ledger/commit.ts";
import { fingerprintOf } from "../requests/policy-fingerprint.ts";
import { type ApprovalRequest, isOpen } from "../requests/request.ts";
import type { RequestId } from "../requests/request-id.ts";
import type { Run } from "../requests/run.ts";
import { PlgateError } from "../runtime/errors.ts";
import { applyDecision, confirm, resolveElsewhere, retryAt, withdraw } from "./apply-decision.ts";
import { letGo } from "./ask-again.ts";
import { type Beginning, beginning } from "./begin-request.ts";
import { consequence, isReleased, newRequest } from "./consequence.ts";
import { evaluation, isUsable, type Judgement, judge, policyFingerprint } from "./judge.ts";
import { hasLapsed, judgedAnew, type Rechecks, rechecksOf, stillLapsed } from "./judge-again.ts";
import { timeStep } from "./keep-time.ts";
import { identifyLink, lacksLink, nextLookForLink } from "./late-links.ts";
import { LatestRequests } from "./latest-requests.ts";
import { type Opening, openLive } from "./open-live.ts";
import { OpenRequests } from "./open-requests.ts";
import type {
  AwaitedLink,
  Committed,
  Lease,
  Noted,
  PoliciesNow,
  Ports,
  ReviewMark,
  StoredRequest,
  Unsettled,
} from "./ports.ts";
import type { Hand } from "./record.ts";
import { markOf } from "./review-mark.ts";
import { StandingApprovals } from "./standing-approvals.ts";
import type { Turn } from "./turn.ts";

// A decision is made on a fresh read: after this long in one look, ARM is read again.
const snapshotMs = 10_000;

/**
 * One look at one service under its lease: the steps that the story calls, and what they leave behind.
 * Keeps the service as ARM showed it, brought up to date by ARM's own answers to our writes.
 */
export class Review {
  readonly lease: Lease;
  readonly hand: Hand;
  readonly latest: LatestRequests;
  /** The approvals that stand, as far as this look knows. */
  readonly standing: StandingApprovals;
  readonly effects: OutboxEntry[] = [];
  /** Set when ARM is busy: nothing more is tried on this service until then. */
  delay: { readonly seconds: number; readonly why: string } | undefined;
  /** Set when an answer or a lost race leaves open what is true now. */
  doubt: string | undefined;
  /** Whether anything stands at the service beside requests, as far as this look knows. */
  found = false;

  readonly #ports: Ports;
  readonly #rechecks: Rechecks;
  #service: PrivateLinkService | undefined;
  /** The open requests, as far as this look knows. */
  readonly open = new OpenRequests();
  #policies: PoliciesNow = { inForce: [], problems: [] };
  readonly #lookAgainAt: Date[] = [];
  readonly #began: number;
  readonly #turn: Turn;
  #readAt = 0;

  constructor(lease: Lease, hand: Hand, turn: Turn, ports: Ports) {
    this.lease = lease;
    this.hand = hand;
    this.#turn = turn;
    this.#ports = ports;
    this.#rechecks = rechecksOf(ports.ledger);
    this.latest = new LatestRequests(ports.ledger);
    this.standing = new StandingApprovals(lease.service, ports.ledger);
    this.#began = this.#now();
  }

  /** The runs that concern this service, and are neither proposed nor long over; of the beginning of the look. */
  runs: readonly Run[] = [];

  get policies(): PoliciesNow {
    return this.#policies;
  }

  get connections(): number {
    return this.#service?.connections.length ?? 0;
  }

  begin(
    service: PrivateLinkService | "gone",
    { open, approvals }: Pick<Unsettled, "open" | "approvals">,
    policies: PoliciesNow,
  ): void {
    this.#policies = policies;
    this.#service = service === "gone" ? undefined : service;
    this.open.begin(open);
    this.standing.begin(approvals);
    this.#readAt = this.#now();
  }

  /** True when this look must end here: ARM is busy, others have their turn, something is in doubt, or the read is no longer fresh. */
  mustStop(): boolean {
    if (this.#turn.isOver()) this.delay ??= { seconds: 0, why: "other services have their turn" };
    if (this.#now() - this.#readAt > snapshotMs) this.doubt ??= "the read is no longer fresh";
    return this.delay !== undefined || this.doubt !== undefined;
  }

  /** Have this service looked at by then, though nothing else calls for it. */
  lookAgainBy(at: Date): void {
    this.#lookAgainAt.push(at);
  }

  /** Asks whether an Approved connection stays. Nothing is asked where plgate only observes, or about one that is asked about. */
  async ask(connection: Connection, opening: Opening): Promise<StoredRequest | undefined> {
    if (this.#ports.settings.mode === "observe" || this.openOn(connection.ref.id)) return undefined;
    const previous = await this.latest.of(connection);
    if (previous && isOpen(previous.request)) {
      this.doubt = "a request was opened by another host";
      return undefined;
    }
    const live = this.standing.asked(connection.ref.id, opening.live);
    const step = openLive(this.service, connection, { ...opening, live }, previous?.request, this.hand);
    return this.note(this.#ports.ledger.commit(step));
  }

  /** The open request about a connection, as far as this look knows. */
  openOn(connectionId: string): StoredRequest | undefined {
    return this.open.on(connectionId);
  }

  /** A connection that nobody has judged: request, judgement and decision are one commit, then the decision is carried out. */
  async judgeNew(connection: Connection): Promise<void> {
    const previous = await this.latest.of(connection);
    if (previous && isOpen(previous.request)) {
      this.doubt = "a request was opened by another host";
      return;
    }
    if (previous && this.open.endedMeanwhile(previous.request, this.#began)) {
      this.doubt = "a request was ended by another host";
      return;
    }
    const lapsed = previous && hasLapsed(previous.request, connection) ? previous : undefined;
    if (lapsed && !this.#isOutdated(lapsed.request.verdict)) return;
    const judgement = await this.#judge(connection);
    if (lapsed && judgement.decision.kind === "review") {
      await this.note(this.#ports.ledger.commit(stillLapsed(lapsed, judgement, this.hand)));
      return;
    }
    const request = newRequest(this.service, connection, judgement, previous?.request, this.hand);
    await this.#commitJudgement(connection, request, null, judgement, beginning(request, previous?.request, this.hand));
  }

  /**
   * A request that waits for people is judged anew when other policies are in force than those that asked them, and when the
   * mode now lets through what it held back; one that was reopened is judged for the first time. One that policy wants to be
   * asked about again (`recheck`) goes on waiting, and nothing is put on record, unless it is approved now.
   */
  async reconsider(connection: Connection, stored: StoredRequest): Promise<void> {
    const { held, verdict, state, live } = stored.request;
    const released = held !== null && isReleased(held.effect, this.#ports.settings.mode);
    // Whether an approved connection stays was asked for its own reason, which no policy takes back.
    if (live) {
      if (released) await this.note(this.#ports.ledger.commit(letGo(stored, this.hand)));
      return;
    }
    const isOutdated = released || state === "received" || this.#isOutdated(verdict);
    if (!isOutdated && !this.#rechecks.isDue(stored.request, this.#now())) return;
    const judgement = await this.#judge(connection);
    this.#rechecks.note(stored.request, this.#now());
    if (!isOutdated && judgement.decision.kind !== "approve") return;
    const request = judgedAnew(stored.request, judgement, this.hand);
    await this.#commitJudgement(connection, request, stored.etag, judgement, { events: [] });
  }

  /** What time has brought to a request that waits, one step after the other, each on record before the next. */
  async keepTime(connection: Connection, id: RequestId): Promise<void> {
    const circumstances = { mode: this.#ports.settings.mode, serviceSucceeded: isUsable(this.service) };
    let stored = this.open.get(id);
    while (stored && !this.mustStop()) {
      const step = timeStep(stored, this.hand, circumstances);
      if (!step) return;
      stored = await this.note(this.#ports.ledger.commit(step));
      if (stored?.request.decided) return this.carryOut(connection, stored);
    }
  }

  /** A decision on record that ARM does not show yet. */
  async carryOut(connection: Connection, stored: StoredRequest): Promise<void> {
    const notBefore = retryAt(stored.request);
    if (notBefore && notBefore.getTime() > this.#now()) return;
    // Kept: ARM shows already what was decided, and nothing is written.
    if (stored.request.live && stored.request.decided?.kind === "approve") return this.confirm(connection, stored);
    this.#turn.wrote();
    const applied = await applyDecision(stored, this.service, connection, this.lease, this.hand, this.#ports);
    if (applied.kind === "later") this.delay = applied;
    if (applied.kind === "look-again") this.doubt = applied.why;
    if (applied.kind !== "recorded") return;
    if (applied.connection) this.#see(connection, applied.connection);
    else if (applied.isGone) this.#see(connection, undefined);
    await this.#noteEnd(applied.connection, Promise.resolve(applied.committed));
  }

  async confirm(connection: Connection, stored: StoredRequest): Promise<void> {
    await this.#noteEnd(connection, confirm(stored, connection, this.hand, this.#ports));
  }

  /** ARM does not show any more what was to be taken away. */
  async confirmRemoved(stored: StoredRequest): Promise<void> {
    await this.#noteEnd(undefined, confirm(stored, undefined, this.hand, this.#ports));
  }

  async withdraw(stored: StoredRequest, why: string): Promise<void> {
    await this.note(withdraw(stored, why, this.hand, this.#ports));
  }

  async resolveElsewhere(connection: Connection, stored: StoredRequest): Promise<void> {
    await this.#noteEnd(connection, resolveElsewhere(stored, connection, this.hand, this.#ports));
  }

  /** The LinkID of a connection that was approved before ARM showed it. */
  async identifyLink(awaited: AwaitedLink, connection: Connection): Promise<void> {
    const commit = await identifyLink(awaited, connection, this.hand, this.#ports);
    if (commit) await this.note(Promise.resolve(commit));
    else await this.#ports.ledger.forgetLink(awaited.requestId);
  }

  lookForLinkAgain(since: Date): void {
    this.lookAgainBy(nextLookForLink(since, this.#ports.clock.now()));
  }

  /** Keeps what a commit brought; a lost race is a doubt, and the next look sees what the winner did. */
  async note(commit: Promise<Committed>): Promise<StoredRequest | undefined> {
    const committed = await commit;
    switch (committed.kind) {
      case "committed":
        this.#turn.committed();
        this.effects.push(...committed.outbox);
        await this.#remember(committed.stored);
        return committed.stored;
      case "already-there":
      case "conflict":
        this.doubt = "another host was first";
        return undefined;
    }
  }

  /** Puts a note on record, once however many hosts tell it; false when the chain has moved on from where it was seen. */
  async tell(note: Promise<Noted>): Promise<boolean> {
    const noted = await note;
    if (noted.kind === "noted") this.effects.push(...noted.outbox);
    if (noted.kind === "conflict") this.doubt = "something else was put on record first";
    return noted.kind !== "conflict";
  }

  mark(): ReviewMark {
    const now = this.#now();
    const rechecks = this.open.all.flatMap(({ request }) => this.#rechecks.nextLook(request, now) ?? []);
    return markOf({
      service: this.#service,
      open: this.open.all,
      lookAgainAt: [...this.#lookAgainAt, ...rechecks.map((at) => new Date(at))],
      found: this.found,
      wasRead: this.#readAt !== 0,
      unfinished: this.delay !== undefined || this.doubt !== undefined ? { seconds: this.delay?.seconds ?? 0 } : null,
      mode: this.#ports.settings.mode,
      policies: policyFingerprint(this.#policies),
      now: new Date(now),
    });
  }

  async #commitJudgement(
    connection: Connection,
    request: ApprovalRequest,
    expected: string | null,
    judgement: Judgement,
    { events, ...found }: Beginning,
  ): Promise<void> {
    const { move, next, event, notify } = consequence(request, judgement, this.hand, this.#ports.settings.mode);
    const stored = await this.note(
      this.#ports.ledger.commit({
        key: `${request.id}|${move}|${expected ?? "new"}`,
        request: next,
        expected,
        events: [...events, evaluation(next, judgement, this.hand), event],
        notify,
        ...found,
      }),
    );
    this.found ||= found.finding !== undefined;
    if (stored && next.decided) await this.carryOut(connection, stored);
  }

  async #noteEnd(connection: Connection | undefined, commit: Promise<Committed>): Promise<void> {
    const stored = await this.note(commit);
    if (stored && connection && lacksLink(connection, stored.request)) {
      this.lookForLinkAgain(new Date(stored.request.updatedAt));
    }
  }

  #judge(connection: Connection): Promise<Judgement> {
    return judge(this.service, connection, this.open.all, this.#policies, this.#ports);
  }

  #isOutdated(verdict: ApprovalRequest["verdict"]): boolean {
    const now = policyFingerprint(this.#policies);
    return now !== undefined && verdict !== null && fingerprintOf(verdict.policies) !== now;
  }

  async #remember(stored: StoredRequest): Promise<void> {
    this.latest.saw(stored);
    // One that had ended before, and has its LinkID on record by now, tells nothing new of what stands.
    if (this.open.saw(stored)) await this.standing.saw(stored.request);
  }

  #see({ ref }: Connection, now: Connection | undefined): void {
    const { service } = this;
    const connections = service.connections.flatMap((other) => (other.ref.id === ref.id ? (now ?? []) : other));
    this.#service = { ...service, connections };
  }

  /** The service as ARM showed it, brought up to date. */
  get service(): PrivateLinkService {
    if (!this.#service) throw new PlgateError("no service was read in this look", { retryable: false });
    return this.#service;
  }

  #now(): number {
    return this.#ports.clock.now().getTime();
  }
}

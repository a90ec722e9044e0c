import type { Connection, PrivateLinkService } from "../connection/connection.ts";
import { mayWrite } from "../decision/decision.ts";
import { endFrom } from "../requests/expiry.ts";
import {
  type ApprovalRequest,
  type Decided,
  heldBack,
  isAgainstConsumer,
  untimed,
  withShown,
} from "../requests/request.ts";
import { after, type Move } from "../requests/transitions.ts";
import { PlgateError } from "../runtime/errors.ts";
import { consumerText } from "./consumer-text.ts";
import { lacksLink } from "./late-links.ts";
import type { Committed, Lease, Ports, StoredRequest, WriteOutcome } from "./ports.ts";
import { about, changed, type Hand } from "./record.ts";

export type Applied =
  /** The outcome is on record: approved, rejected, withdrawn, failed, or held by the mode. */
  | {
      readonly kind: "recorded";
      readonly committed: Committed;
      /** As ARM showed it in its answer; left out where it showed none. */
      readonly connection?: Connection;
      /** ARM has the connection no longer. */
      readonly isGone?: true;
    }
  /** Not now: the intent stays on record, and whoever comes next finishes it. */
  | { readonly kind: "later"; readonly seconds: number; readonly why: string }
  /** It may have happened: read ARM before anything else. */
  | { readonly kind: "look-again"; readonly why: string };

const lockedSeconds = 3;
const goneSentence = "The connection is gone.";
/** For operators: whether Azure lets a provider reject what is Approved is known of no tenant (azure.md 3.4). */
const otherWay = "If Azure never rejects what is Approved, set PLGATE_REVOKE_BY=remove.";

/**
 * Carries out a decision whose intent is on record. The only code that writes to ARM (design.md, rule 6): the robot's
 * and the people's decisions both come here, the first time and after every crash.
 *
 * The caller has just read the connection and found it Pending and still the same consumer's.
 * ARM's answer to the write is the read-back; nothing is called approved before ARM said so (design.md, rule 5).
 */
export async function applyDecision(
  stored: StoredRequest,
  service: PrivateLinkService,
  connection: Connection,
  lease: Lease,
  hand: Hand,
  ports: Ports,
): Promise<Applied> {
  const decided = decisionOf(stored.request);
  const { mode } = ports.settings;
  if (!mayWrite(mode, decided.kind)) return hold(stored, decided, hand, ports);
  if (isChanging(service)) return { kind: "later", seconds: lockedSeconds, why: "ARM is still changing the service" };
  // Etags and the read above are what keeps this correct; the lease only keeps hosts out of each other's way.
  if (!lease.mayWrite()) return { kind: "later", seconds: lockedSeconds, why: "the lease ran out" };

  const outcome = await write(stored.request, decided, connection, lease, ports);
  ports.log.info("ARM answered a write", {
    connection: connection.ref.id,
    request: stored.request.id,
    correlation: hand.correlation,
    decision: decided.kind,
    answer: outcome.kind,
  });
  return recordOutcome(outcome, stored, decided, hand, ports);
}

function write(
  request: ApprovalRequest,
  decided: Decided,
  connection: Connection,
  lease: Lease,
  ports: Ports,
): Promise<WriteOutcome> {
  const { live } = request;
  const mayStill = () => lease.mayWrite();
  if (live && (live.by ?? ports.settings.revokeBy) === "remove") {
    return ports.connections.remove(connection.ref, mayStill);
  }
  const status = decided.kind === "approve" ? "Approved" : "Rejected";
  const text = consumerText(request, decided, linkToTell(request, connection, ports));
  return ports.connections.write(connection.ref, status, text, mayStill);
}

/** Records that ARM shows what was decided; also when somebody died between the write and the record. */
export function confirm(
  stored: StoredRequest,
  /** Undefined: ARM does not show it any more, as it was decided. */
  connection: Connection | undefined,
  hand: Hand,
  ports: Pick<Ports, "ledger">,
): Promise<Committed> {
  const decided = decisionOf(stored.request);
  const approved = decided.kind === "approve";
  const { request } = stored;
  const end = approved ? endFrom(request, hand.clock.now())?.toISOString() : undefined;
  const outcome = outcomeOf(request, approved, connection);
  const linkIdentifier = connection?.linkIdentifier ?? request.linkIdentifier;
  return commitMove(
    stored,
    approved ? "confirm-approved" : "confirm-rejected",
    { outcome, failure: null, linkIdentifier, ...(end ? { expiresAt: end } : {}) },
    (next) =>
      about(next, eventFor(request, approved), hand, outcome, {
        why: { reason: decided.reason },
        detail: {
          status: connection?.rawStatus ?? "(gone)",
          ...ofLive(request, approved),
          ...(end ? { expiresAt: end } : {}),
        },
      }),
    hand,
    ports,
    connection !== undefined && lacksLink(connection, request),
  );
}

function eventFor({ live }: ApprovalRequest, approved: boolean): "applied" | "kept" | "revoked" {
  if (!live) return "applied";
  return approved ? "kept" : "revoked";
}

/** Whether a revocation counts against the consumer later, those who check the record have to know from the record. */
function ofLive(request: ApprovalRequest, approved: boolean): { readonly [key: string]: string | boolean } {
  if (!request.live) return {};
  const { cause } = request.live;
  return approved ? { cause } : { cause, against: isAgainstConsumer(request) };
}

function outcomeOf({ live }: ApprovalRequest, approved: boolean, connection: Connection | undefined): string {
  if (!live) return approved ? "Approved on ARM." : "Rejected on ARM.";
  if (approved) return "Kept: Approved on ARM.";
  return connection ? `Revoked: ${connection.status} on ARM.` : "Revoked: ARM shows the connection no longer.";
}

/** Ends the request of a connection that is not there any more. */
export function withdraw(
  stored: StoredRequest,
  why: string,
  hand: Hand,
  ports: Pick<Ports, "ledger">,
): Promise<Committed> {
  return commitMove(stored, "withdraw", { outcome: why }, (next) => about(next, "withdrawn", hand, why), hand, ports);
}

/** Ends the request of a connection that somebody decided beside plgate. */
export function resolveElsewhere(
  stored: StoredRequest,
  connection: Connection,
  hand: Hand,
  ports: Pick<Ports, "ledger">,
): Promise<Committed> {
  const outcome = `Found ${connection.status} on ARM; it was decided outside plgate.`;
  const outside: Hand = { ...hand, who: { kind: "outside" }, door: "outside" };
  return commitMove(
    stored,
    "resolve-elsewhere",
    { outcome, linkIdentifier: connection.linkIdentifier ?? stored.request.linkIdentifier },
    (next) => about(next, "resolved-elsewhere", outside, outcome, { detail: { status: connection.rawStatus } }),
    hand,
    ports,
    lacksLink(connection, stored.request),
  );
}

/** When a failed decision is tried again: after 15 minutes, then twice as long each time, at most a day. */
export function retryAt(request: ApprovalRequest): Date | undefined {
  if (!request.failure) return undefined;
  const minutes = Math.min(15 * 2 ** (request.failure.attempts - 1), 24 * 60);
  return new Date(new Date(request.failure.at).getTime() + minutes * 60_000);
}

async function recordOutcome(
  outcome: WriteOutcome,
  stored: StoredRequest,
  decided: Decided,
  hand: Hand,
  ports: Ports,
): Promise<Applied> {
  switch (outcome.kind) {
    case "done":
      if (!isAsWanted(outcome.connection, stored.request, decided)) {
        return { kind: "look-again", why: `ARM answered ${outcome.connection.rawStatus}` };
      }
      return {
        kind: "recorded",
        committed: await confirm(stored, outcome.connection, hand, ports),
        connection: outcome.connection,
      };
    case "busy":
      return { kind: "later", seconds: Math.max(1, Math.ceil(outcome.retryAfterMs / 1000)), why: outcome.message };
    case "unknown":
      return { kind: "look-again", why: outcome.message };
    case "gone": {
      const isWanted = stored.request.live !== undefined && decided.kind === "reject";
      const end = isWanted ? confirm(stored, undefined, hand, ports) : withdraw(stored, goneSentence, hand, ports);
      return { kind: "recorded", committed: await end, isGone: true };
    }
    case "refused":
      return { kind: "recorded", committed: await fail(stored, outcome, hand, ports) };
  }
}

/** Of a connection that is to go, whatever is not Approved any more is what was wanted. */
function isAsWanted({ status }: Connection, { live }: ApprovalRequest, { kind }: Decided): boolean {
  if (kind === "approve") return status === "Approved";
  return status === "Rejected" || (live !== undefined && status === "Disconnected");
}

function fail(
  stored: StoredRequest,
  refusal: { readonly code: string; readonly message: string },
  hand: Hand,
  ports: Pick<Ports, "ledger" | "settings">,
): Promise<Committed> {
  const attempts = (stored.request.failure?.attempts ?? 0) + 1;
  const at = hand.clock.now().toISOString();
  const { live } = stored.request;
  const hint = live && ports.settings.revokeBy === "reject" ? ` ${otherWay}` : "";
  const failure = { code: refusal.code, message: `${refusal.message}${hint}`, at, attempts };
  const what = live ? "ARM refused to take the connection away" : "ARM refused the decision";
  return commitMove(
    stored,
    "fail",
    { failure },
    (next) =>
      about(next, "failed", hand, `${what} (${refusal.code}).`, {
        detail: { code: failure.code, message: failure.message, attempts },
      }),
    hand,
    ports,
  );
}

async function hold(stored: StoredRequest, decided: Decided, hand: Hand, ports: Ports): Promise<Applied> {
  const { mode } = ports.settings;
  if (mode === "enforce") throw new PlgateError("enforce holds nothing back", { retryable: false });
  const committed = await commitMove(
    { ...stored, request: untimed(stored.request) },
    "hold",
    { held: heldBack(stored.request, { mode, effect: decided.kind }), decided: null },
    (next) =>
      about(next, "decided", hand, `Held: plgate runs in ${mode} and does not ${decided.kind}.`, { detail: { mode } }),
    hand,
    ports,
  );
  return { kind: "recorded", committed };
}

function commitMove(
  stored: StoredRequest,
  move: Move,
  change: Partial<ApprovalRequest>,
  event: (next: ApprovalRequest) => ReturnType<typeof about>,
  hand: Hand,
  ports: Pick<Ports, "ledger">,
  awaitsLink = false,
): Promise<Committed> {
  const state = after(stored.request.state, move);
  if (!state) throw new PlgateError(`a request in state ${stored.request.state} cannot ${move}`, { retryable: false });
  const next = withShown(changed(stored.request, hand.clock, { ...change, state }));
  return ports.ledger.commit({
    key: `${stored.request.id}|${move}|${stored.etag}`,
    request: next,
    expected: stored.etag,
    events: [event(next)],
    notify: next.shown,
    ...(awaitsLink ? { link: "awaited" as const } : {}),
  });
}

function linkToTell(request: ApprovalRequest, connection: Connection, { settings }: Ports): string | null {
  return settings.linkIdInDescription ? (connection.linkIdentifier ?? request.linkIdentifier) : null;
}

function decisionOf(request: ApprovalRequest): Decided {
  if (!request.decided)
    throw new PlgateError(`request ${request.id} has no decision to carry out`, { retryable: false });
  return request.decided;
}

function isChanging(service: PrivateLinkService): boolean {
  return ["updating", "creating", "deleting"].includes(service.provisioningState?.toLowerCase() ?? "");
}

import type { Connection, PrivateLinkService } from "../connection/connection.ts";
import { type Decision, decide } from "../decision/decision.ts";
import type { Json, NewEvent } from "../ledger/event.ts";
import { evaluate, type Verdict } from "../policy/evaluate.ts";
import { fingerprintOf } from "../requests/policy-fingerprint.ts";
import type { ApprovalRequest, VerdictSummary } from "../requests/request.ts";
import { messageOf, NotNow } from "../runtime/errors.ts";
import { type Asked, type Gathered, gatherFacts } from "./gather-facts.ts";
import { withNatPorts } from "./nat-ports.ts";
import type { PoliciesNow, Ports, StoredRequest } from "./ports.ts";
import { about, type Hand } from "./record.ts";

export type Judgement = {
  readonly gathered: Gathered;
  readonly verdict: Verdict;
  readonly decision: Decision;
};

/** Gathers the facts of one connection, asks the given policies, and decides; `asked` where it was asked for before now. */
export async function judge(
  service: PrivateLinkService,
  connection: Connection,
  open: readonly StoredRequest[],
  policies: PoliciesNow,
  ports: Ports,
  asked?: Asked,
): Promise<Judgement> {
  const known = await gatherFacts(service, connection, open, ports, asked);
  const gathered = { ...known, facts: await withNatPorts(known.facts, service, policies, ports) };
  const { fallbackReviewers } = ports.settings;
  const verdict = evaluate(policies.inForce, gathered.facts, { fallbackReviewers });
  const decision = decide(verdict, {
    serviceSucceeded: isUsable(service),
    consumerKnown: connection.endpoint !== undefined,
    fallbackReviewers,
  });
  return { gathered, verdict, decision };
}

/** What the audit keeps of a judgement: everything that is needed to judge again and get the same answer. */
export function judgementDetail({ gathered, verdict, decision }: Judgement): Json {
  // Facts and verdict are plain JSON by their types; the round trip drops `undefined` members, which JSON cannot hold.
  return JSON.parse(
    JSON.stringify({ facts: gathered.facts, verdict, decision: { kind: decision.kind, reason: decision.reason } }),
  );
}

/** The event that puts a judgement of the request on record. */
export function evaluation(request: ApprovalRequest, judgement: Judgement, hand: Hand): NewEvent {
  const { effect, decidedBy: rules, reason } = judgement.verdict;
  const why = { rules, reason };
  return about(request, "evaluated", hand, `Policy says ${effect}.`, { why, detail: judgementDetail(judgement) });
}

export function summaryOf(verdict: Verdict): VerdictSummary {
  const { effect, decidedBy, reason, unavailable, expiresAfter, policies } = verdict;
  return { effect, decidedBy, reason, unavailable, expiresAfter, policies };
}

/** A service that is being changed right now is as good as before; the write waits for it, the judgement need not. */
export function isUsable(service: PrivateLinkService): boolean {
  return ["succeeded", "updating", "creating"].includes(service.provisioningState?.toLowerCase() ?? "");
}

/**
 * The policies in force now; none when the store cannot be read, which sends every request to people. Throws `NotNow` when a
 * newer version of plgate wrote what is in force: then nothing is judged here.
 */
export async function currentPolicies(ports: Pick<Ports, "policies" | "log">): Promise<PoliciesNow> {
  try {
    const now = await ports.policies.current();
    for (const { policy, message } of now.problems)
      ports.log.warn("a policy is not in force as published", { policy, message });
    return now;
  } catch (error) {
    // Somebody can read them: the hosts of a newer version of plgate.
    if (error instanceof NotNow) throw error;
    // Without policies everything goes to people: that is what an empty list means (policy.md 4).
    ports.log.error("the policy store cannot be read; requests go to people", { error: messageOf(error) });
    return { inForce: [], problems: [] };
  }
}

/**
 * The policies in force in a few bytes. Undefined when they cannot be told: then nothing that was judged under others is
 * judged again, because losing the store is no change of policy.
 */
export function policyFingerprint({ inForce, problems }: PoliciesNow): string | undefined {
  if (inForce.length === 0 && problems.length > 0) return undefined;
  return fingerprintOf(inForce.map(({ policy: { name, sha256 }, version }) => ({ name, version, sha256 })));
}

import type { AuditKind, Json, NewEvent } from "../ledger/event.ts";
import type { Finding } from "../ledger/standing-finding.ts";
import { serviceKey } from "../requests/request-id.ts";
import type { Ports } from "./ports.ts";
import type { Hand } from "./record.ts";
import type { Review } from "./review.ts";

/** Something found at a service, with the event that tells of it. */
export type Found = {
  readonly finding: Finding;
  readonly event: NewEvent;
  /** Whether it is said in Teams. */
  readonly tell: boolean;
};

type About = {
  readonly connectionId: string | null;
  readonly consumerSubscriptionId: string | null;
  readonly linkIdentifier: string | null;
};

// One note is one transaction of storage, which takes a hundred rows: two for each finding, and a few of its own.
const findingsAtOnce = 40;
const theService: About = { connectionId: null, consumerSubscriptionId: null, linkIdentifier: null };

/** An event about a service or one of its connections, and about no request. */
export function aboutService(
  kind: AuditKind,
  hand: Hand,
  serviceId: string,
  what: string,
  detail: Json,
  about: About = theService,
): NewEvent {
  return {
    ...{ kind, time: hand.clock.now().toISOString(), who: hand.who, door: hand.door, what, why: null },
    ...{ serviceId: serviceId.toLowerCase(), requestId: null, correlation: hand.correlation, detail },
    ...about,
  };
}

/**
 * Puts what was found on record, each once: many at a time, so that a service which was full before plgate came is told in a few
 * bulletins. What another host told meanwhile is left out; where one is at it now, the look begins anew.
 */
export async function tellFindings(found: readonly Found[], review: Review, ports: Ports): Promise<void> {
  const groups = Map.groupBy(found, ({ finding, tell }) => `${finding.kind} ${tell}`);
  for (const group of groups.values()) {
    for (let at = 0; at < group.length; at += findingsAtOnce) {
      if (review.mustStop()) return;
      await tellTogether(group.slice(at, at + findingsAtOnce), review, ports);
    }
  }
}

async function tellTogether(found: readonly Found[], review: Review, ports: Ports): Promise<void> {
  const chain = serviceKey(review.service.ref.id);
  // The head first: whatever is put on record after it makes the note a conflict.
  const head = await ports.ledger.head(chain);
  const known = new Map((await ports.ledger.unsettled(chain)).findings.map(({ key, mark }) => [key, mark]));
  const fresh = found.filter(({ finding }) => known.get(finding.key) !== finding.mark);
  const [first] = fresh;
  if (!first) return;
  const noted = await ports.ledger.note({
    key: `found|${first.finding.key}|${head.seq}`,
    chain,
    after: head.seq,
    events: fresh.map(({ event }) => event),
    findings: fresh.map(({ finding }) => finding),
    tell: first.tell,
  });
  review.found = true;
  if (noted.kind === "noted") review.effects.push(...noted.outbox);
  if (noted.kind === "conflict") review.doubt = "another host put something on record first";
}

/** What was found is over: on record, then forgotten. Nobody is told; killed in between, the next look forgets it. */
export async function clearFinding(finding: Finding, why: string, review: Review, ports: Ports): Promise<void> {
  const { ref } = review.service;
  const chain = serviceKey(ref.id);
  const { kind, since, connectionId } = finding;
  const shown = review.service.connections.find((connection) => connection.ref.id === connectionId);
  const about = {
    connectionId: shown?.ref.id ?? connectionId,
    consumerSubscriptionId: shown?.endpoint?.subscriptionId ?? null,
    linkIdentifier: shown?.linkIdentifier ?? null,
  };
  const noted = await ports.ledger.note({
    key: `cleared|${finding.key}|${since}`,
    chain,
    after: null,
    events: [aboutService("drift-cleared", review.hand, ref.id, why, { kind, since, found: finding.what }, about)],
  });
  if (noted.kind === "noted") review.effects.push(...noted.outbox);
  await ports.ledger.forgetFinding(chain, finding.key);
}

import { parseServiceId, type ServiceRef } from "../connection/arm-id.ts";
import type { PrivateLinkService } from "../connection/connection.ts";
import { serviceKey } from "../requests/request-id.ts";
import { covers, coversConsumer, type RunScope } from "../requests/run.ts";
import { messageOf } from "../runtime/errors.ts";
import { acknowledgement } from "./acknowledge-run.ts";
import { currentPolicies, policyFingerprint } from "./judge.ts";
import { type Doubtful, wouldAsk } from "./judge-for-run.ts";
import { LatestRequests } from "./latest-requests.ts";
import type { PoliciesNow, Ports } from "./ports.ts";

/** Where a dry run goes on: behind this service, with so many found before. */
export type PreviewFrom = { readonly after: string; readonly found: number; readonly fingerprint: string };

export type PreviewLine = {
  readonly serviceId: string;
  readonly connectionId: string;
  readonly consumerSubscriptionId: string | null;
  readonly effect: "reject" | "review";
  readonly rules: readonly string[];
  readonly reason: string;
};

export type Preview =
  | {
      readonly kind: "page";
      readonly value: readonly PreviewLine[];
      /** Services that this part looked at, and of all in scope those that are still to come. */
      readonly looked: number;
      readonly left: number;
      readonly found: number;
      readonly unreadable: readonly { readonly id: string; readonly reason: string }[];
      readonly next: PreviewFrom | null;
      /** What the real run is started with; null before the end. */
      readonly acknowledge: string | null;
    }
  | { readonly kind: "unavailable" }
  | { readonly kind: "policies-changed" };

/**
 * Which approvals the policies in force would not give any more: what a re-judgement would ask about. Reads ARM afresh, one service
 * after the other, and writes nothing. Ends after `budgetMs` behind the last service that it began, and says where to go on.
 */
export async function previewJudgement(
  scope: RunScope,
  from: PreviewFrom | null,
  budgetMs: number,
  ports: Ports,
): Promise<Preview> {
  const policies = await currentPolicies(ports);
  const fingerprint = policyFingerprint(policies);
  if (fingerprint === undefined) return { kind: "unavailable" };
  if (from && from.fingerprint !== fingerprint) return { kind: "policies-changed" };
  const { services, unreadable } = await servicesIn(scope, from, ports);
  const { value, looked, faults } = await lookThrough(services, scope, policies, budgetMs, ports);
  const found = (from?.found ?? 0) + value.length;
  const last = services[looked - 1];
  const isEnd = looked === services.length || !last;
  return {
    ...{ kind: "page", value, looked, left: services.length - looked, found, unreadable: [...unreadable, ...faults] },
    next: isEnd ? null : { after: last.id, found, fingerprint },
    acknowledge: isEnd ? acknowledgement(scope, fingerprint, found) : null,
  };
}

async function lookThrough(
  services: readonly ServiceRef[],
  scope: RunScope,
  policies: PoliciesNow,
  budgetMs: number,
  ports: Ports,
) {
  const until = ports.clock.now().getTime() + budgetMs;
  const value: PreviewLine[] = [];
  const faults: { readonly id: string; readonly reason: string }[] = [];
  let looked = 0;
  for (const service of services) {
    if (looked > 0 && ports.clock.now().getTime() >= until) break;
    looked += 1;
    try {
      value.push(...(await doubtfulAt(service, scope, policies, ports)));
    } catch (error) {
      faults.push({ id: service.id, reason: messageOf(error) });
    }
  }
  return { value, looked, faults };
}

async function servicesIn(scope: RunScope, from: PreviewFrom | null, ports: Pick<Ports, "finder">) {
  if (scope.serviceId !== undefined) {
    const ref = parseServiceId(scope.serviceId);
    return { services: ref ? [ref] : [], unreadable: [] };
  }
  const { items, unreadable } = await ports.finder.list();
  const services = items
    .filter(({ ref, connections }) => connections.length > 0 && covers({ scope }, ref) && ref.id > (from?.after ?? ""))
    .map(({ ref }) => ref)
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  const faults = from ? [] : unreadable.map(({ subscriptionId: id, reason }) => ({ id, reason }));
  return { services, unreadable: faults };
}

async function doubtfulAt(
  ref: ServiceRef,
  scope: RunScope,
  policies: PoliciesNow,
  ports: Ports,
): Promise<readonly PreviewLine[]> {
  const [service, unsettled] = await Promise.all([
    ports.connections.read(ref),
    ports.ledger.unsettled(serviceKey(ref.id)),
  ]);
  if (service === "gone") return [];
  const beheld = { policies, open: { all: unsettled.open }, latest: new LatestRequests(ports.ledger) };
  const approvals = new Map(unsettled.approvals.map((approval) => [approval.connectionId, approval]));
  const lines: PreviewLine[] = [];
  for (const connection of approvedIn(service, scope)) {
    const doubtful = await wouldAsk(service, connection, approvals.get(connection.ref.id), beheld, ports);
    if (typeof doubtful !== "string") lines.push(lineOf(service, connection, doubtful));
  }
  return lines;
}

function approvedIn({ connections }: PrivateLinkService, scope: RunScope) {
  return connections.filter(
    ({ status, endpoint }) => status === "Approved" && coversConsumer({ scope }, endpoint?.subscriptionId),
  );
}

function lineOf(
  { ref }: PrivateLinkService,
  { ref: connection, endpoint }: PrivateLinkService["connections"][number],
  { verdict }: Doubtful,
): PreviewLine {
  return {
    serviceId: ref.id,
    connectionId: connection.id,
    consumerSubscriptionId: endpoint?.subscriptionId ?? null,
    effect: verdict.effect === "reject" ? "reject" : "review",
    rules: verdict.decidedBy,
    reason: verdict.reason,
  };
}

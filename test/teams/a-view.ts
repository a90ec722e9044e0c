import type { Decided, Vote } from "../../src/requests/request.ts";
import { parseRequestId } from "../../src/requests/request-id.ts";
import type { RequestView } from "../../src/workflow/ports.ts";

export const megan = { objectId: "aaaaaaaa-0000-4000-8000-000000000001", name: "Megan Test" } as const;
export const tenant = "22222222-2222-2222-2222-222222222222";
const provider = "33333333-3333-3333-3333-333333333333";
const consumer = "44444444-4444-4444-4444-444444444444";

type Request = RequestView["request"];

function exampleId() {
  const parsed = parseRequestId("abcdefghijklmnop-qrstuvwxyz-1");
  if (!parsed) throw new Error("the example is not a request id");
  return parsed;
}

/** A request that waits for one of two network people and one of security, with one change. */
export function aRequest(change: Partial<Request> = {}): Request {
  const { id, service } = exampleId();
  const connection = "pe-fabrikam.5a1d6c3e-7f5e-4a55-9f1a-0d1b8f3a9c11";
  const serviceId = `/subscriptions/${provider}/resourceGroups/rg-edge/providers/Microsoft.Network/privateLinkServices/pls-orders`;
  return {
    v: 1,
    id,
    service,
    serviceId,
    serviceRegion: "westeurope",
    connectionId: `${serviceId}/privateEndpointConnections/${connection}`,
    connectionName: connection,
    endpointId: `/subscriptions/${consumer}/resourceGroups/rg-app/providers/Microsoft.Network/privateEndpoints/pe-fabrikam`,
    endpointRegion: "northeurope",
    consumerSubscriptionId: consumer,
    consumer: { name: "Fabrikam", tier: "gold", tenantId: null },
    linkIdentifier: null,
    message: "Orders for the Oslo shop, CHG-1234",
    round: 1,
    previous: null,
    state: "awaiting-decision",
    requestedAt: "2026-11-23T01:44:30.123Z",
    updatedAt: "2026-11-23T02:10:00.000Z",
    verdict: {
      effect: "review",
      decidedBy: ["freeze"],
      reason: "Change freeze.",
      unavailable: ["endpoint.region"],
      expiresAfter: null,
      policies: [{ name: "prod-network", version: 3, sha256: "0".repeat(64) }],
    },
    reviewers: [
      { name: "network-oncall", group: "55555555-0000-0000-0000-000000000005", approvals: 2 },
      { name: "security", group: "55555555-0000-0000-0000-000000000006", approvals: 1 },
    ],
    votes: [],
    decided: null,
    held: null,
    failure: null,
    outcome: null,
    shown: true,
    ...change,
  };
}

export function aVote(change: Partial<Vote> = {}): Vote {
  return {
    objectId: megan.objectId,
    tenantId: tenant,
    name: megan.name,
    vote: "approve",
    justification: "Known partner",
    groups: ["55555555-0000-0000-0000-000000000005"],
    door: "teams",
    at: "2026-11-23T02:00:00.000Z",
    ...change,
  };
}

export function aDecision(change: Partial<Decided> = {}): Decided {
  return {
    kind: "approve",
    reason: "Known partner",
    by: { kind: "person", tenantId: tenant, ...megan },
    door: "teams",
    at: "2026-11-23T02:00:00.000Z",
    ...change,
  };
}

export function aView(request: Partial<Request> = {}, change: Partial<Omit<RequestView, "request">> = {}): RequestView {
  return {
    request: aRequest(request),
    mode: "enforce",
    language: "en",
    history: { approvedBefore: false, rejectedBefore: false },
    earlier: [],
    link: "https://plgate.example/api/requests/abcdefghijklmnop-qrstuvwxyz-1",
    ...change,
  };
}

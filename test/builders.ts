import {
  type ConnectionRef,
  connectionRef,
  type EndpointRef,
  parseEndpointId,
  type ServiceRef,
  serviceRef,
} from "../src/connection/arm-id.ts";
import type { Connection, PrivateLinkService } from "../src/connection/connection.ts";
import { robot } from "../src/decision/decision.ts";
import type { Step } from "../src/ledger/commit.ts";
import type { NewEvent } from "../src/ledger/event.ts";
import type { ApprovalRequest, Vote } from "../src/requests/request.ts";
import { requestId, serviceKey } from "../src/requests/request-id.ts";
import type { Consumer } from "../src/workflow/ports.ts";

/*
 * Builders: a valid value of each kind, changed in one place by the test that needs it.
 */

export const provider = "10000000-0000-0000-0000-000000000001";
export const customer = "99999999-0000-0000-0000-000000000009";
export const noon = "2026-11-24T12:00:00.000Z";

export function aServiceRef(name = "pls-a"): ServiceRef {
  return serviceRef(provider, "rg-provider", name);
}

export function aConnectionRef(name = "pe-x.1111", service = aServiceRef()): ConnectionRef {
  return connectionRef(service, name);
}

export function anEndpoint(name = "pe-x", subscription = customer): EndpointRef {
  const id = `/subscriptions/${subscription}/resourceGroups/rg-consumer/providers/Microsoft.Network/privateEndpoints/${name}`;
  const parsed = parseEndpointId(id);
  if (!parsed) throw new Error(`${id} is no endpoint id`);
  return parsed;
}

/** A connection as ARM shows it; the raw status follows the status. */
export function connection(change: Partial<Connection> = {}): Connection {
  return {
    ref: aConnectionRef(),
    status: "Pending",
    rawStatus: change.status ?? "Pending",
    description: "please",
    endpoint: anEndpoint(),
    endpointRegion: "westeurope",
    linkIdentifier: undefined,
    ...change,
  };
}

export function service(change: Partial<PrivateLinkService> = {}): PrivateLinkService {
  return {
    ref: aServiceRef(),
    region: "westeurope",
    alias: "pls-a.11111111-2222-3333-4444-555555555555.westeurope.azure.privatelinkservice",
    provisioningState: "Succeeded",
    visibility: [customer],
    autoApproval: [],
    proxyProtocol: false,
    natIps: 4,
    tags: { env: "prod" },
    connections: [connection()],
    ...change,
  };
}

export function consumer(change: Partial<Consumer> = {}): Consumer {
  return { subscriptionId: customer, name: "Contoso", tier: "gold", tenantId: null, tags: {}, owners: [], ...change };
}

/** A new request about `of`; id and service follow from it and from the round. */
export function request(change: Partial<ApprovalRequest> = {}, of: ConnectionRef = aConnectionRef()): ApprovalRequest {
  const round = change.round ?? 1;
  return {
    v: 1,
    id: requestId(of.service.id, of.id, round),
    service: serviceKey(of.service.id),
    serviceId: of.service.id,
    serviceRegion: "westeurope",
    connectionId: of.id,
    connectionName: of.name,
    endpointId: anEndpoint().id,
    endpointRegion: "westeurope",
    consumerSubscriptionId: customer,
    consumer: { name: "Contoso", tier: "gold", tenantId: null },
    linkIdentifier: null,
    message: "please",
    round,
    previous: null,
    state: "received",
    requestedAt: noon,
    updatedAt: noon,
    verdict: null,
    reviewers: [],
    votes: [],
    decided: null,
    held: null,
    failure: null,
    shown: false,
    outcome: null,
    ...change,
  };
}

export function vote(change: Partial<Vote> = {}): Vote {
  return {
    objectId: "44444444-0000-0000-0000-000000000004",
    tenantId: "33333333-0000-0000-0000-000000000003",
    name: "Ada",
    vote: "approve",
    justification: "known customer",
    groups: ["55555555-0000-0000-0000-000000000005"],
    door: "teams",
    at: noon,
    ...change,
  };
}

/** An event about a request; every field that names something follows from the request. */
export function event(change: Partial<NewEvent> = {}, of: ApprovalRequest = request()): NewEvent {
  return {
    kind: "requested",
    time: noon,
    who: robot,
    door: "event",
    what: "A connection asks for approval.",
    why: null,
    serviceId: of.serviceId,
    requestId: of.id,
    connectionId: of.connectionId,
    consumerSubscriptionId: of.consumerSubscriptionId,
    linkIdentifier: of.linkIdentifier,
    correlation: "66666666-0000-0000-0000-000000000006",
    detail: {},
    ...change,
  };
}

/** A step that begins the given request with one event; for a later step change `expected`, `key` and state. */
export function step(change: Partial<Step> = {}): Step {
  const of = change.request ?? request();
  return {
    key: `${of.id}|${of.state}|${change.expected ?? "new"}`,
    request: of,
    expected: null,
    events: [event({}, of)],
    notify: false,
    ...change,
  };
}

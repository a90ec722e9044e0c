import { NetworkManagementClient, type PrivateEndpoint, type PrivateEndpointConnection } from "@azure/arm-network";
import { ResourceGraphClient } from "@azure/arm-resourcegraph";
import approverRole from "../../infra/approver-role.json" with { type: "json" };
import type { ArmFault } from "../../local/arm/faults.ts";
import type { FinishedWrite } from "../../local/arm/finished-write.ts";
import type { RecordedExchange } from "../../local/arm/recorder.ts";
import type { ArmSeed } from "../../local/arm/seed.ts";
import { type RunningArm, startArm } from "../../local/arm/server.ts";
import type { ArmSettings } from "../../local/arm/settings.ts";
import { inventoryQuery } from "../../local/inventory-query.ts";
import type { NetworkClients } from "../../src/azure/private-link.ts";
import { type ServiceRef, serviceRef } from "../../src/connection/arm-id.ts";
import { type Act, type ArmFaultName, consumersInPlay, type PortalWord, servicesInPlay } from "./acts.ts";
import type { Bed } from "./bed.ts";
import { subscriptionOf } from "./rules.ts";

/** A write that ARM carried out on a connection, whoever sent it and whether or not the sender heard of it. */
export type ArmWrite = {
  readonly connectionId: string;
  readonly by: "plgate" | "portal" | "consumer";
  /** What it made of the connection. */
  readonly status: string;
  readonly round: number;
  /** How many faults, kills and hangs had struck when it was done. */
  readonly troubles: number;
};

const providerSub = "10000000-0000-4000-8000-000000000001";
const providerTenant = "22222222-0000-4000-8000-000000000002";
const group = "rg-provider";
const network = `/subscriptions/${providerSub}/resourceGroups/${group}/providers/Microsoft.Network`;
const plgate = "plgate";
const portal = "portal";
/** The app waits 20 s for a stalled call; nobody waits that long here. */
const stalledMs = 400;
/** People beside plgate have more patience. */
const patientMs = 8_000;
const polling = { updateIntervalInMs: 2 };

/** Quick, but with what is odd about ARM: changing case, and a lock with a tail. */
const settings: Partial<ArmSettings> = {
  "latency.readMs": 0,
  "latency.writeMs": 1,
  "latency.lroMs": 1,
  "lro.retryAfterSeconds": 0,
  "lock.tailMs": 3,
  "graph.lagMs": 0,
  "graph.requestsPerWindow": 100_000,
  "buckets.enabled": false,
  "casing.mixed": true,
};

export const serviceRefs: readonly ServiceRef[] = Array.from({ length: servicesInPlay }, (_, at) =>
  serviceRef(providerSub, group, `pls-${at}`),
);
export const subscriptions = [providerSub];

type Moment = { readonly round: number; readonly troubles: number };
type Finished = FinishedWrite & Moment;
type Caller = { readonly objectId: string; readonly tenantId: string };

/** The local ARM of one simulation, with its own record of who wrote what. */
export class ArmSide {
  readonly writes: ArmWrite[] = [];
  readonly #arm: RunningArm;
  readonly #ca: string;
  readonly #finished: Finished[] = [];
  readonly #asked = new Map<string, string>();
  #ordered: readonly ArmFault[] = [];
  readonly #clients = new Map<string, NetworkManagementClient>();

  private constructor(arm: RunningArm, ca: string) {
    this.#arm = arm;
    this.#ca = ca;
  }

  static async start(bed: Bed, seed: number, now: () => { round: number; troubles: number }): Promise<ArmSide> {
    const heard: { side?: ArmSide } = {};
    const arm = await startArm({
      port: 0,
      tls: bed.tls,
      randomSeed: seed,
      seed: armSeed(),
      settings,
      verifyToken: async (token) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")),
      graphQueries: [inventoryQuery],
      onWrite: (write) => heard.side?.hearWrite(write, now()),
      record: (exchange) => heard.side?.hearExchange(exchange),
    });
    heard.side = new ArmSide(arm, bed.tls.caPem);
    return heard.side;
  }

  stop(): Promise<void> {
    return this.#arm.stop();
  }

  get shapeFaults(): number {
    return this.#arm.counts().shapeFaults;
  }

  hearWrite(write: FinishedWrite, at: { readonly round: number; readonly troubles: number }): void {
    if (write.succeeded) this.#finished.push({ ...write, ...at });
  }

  hearExchange({ request }: RecordedExchange): void {
    const id = request.headers["x-ms-client-request-id"];
    const body = request.body as
      | { properties?: { privateLinkServiceConnectionState?: { status?: string } } }
      | undefined;
    const status = body?.properties?.privateLinkServiceConnectionState?.status;
    if (id && status && /privateEndpointConnections\//i.test(request.url)) this.#asked.set(id, status);
  }

  /** Brings `writes` up to date: what was finished, with what its request said. */
  join(): readonly ArmWrite[] {
    this.writes.push(...this.#finished.splice(0).flatMap((write) => this.#toWrite(write) ?? []));
    return this.writes;
  }

  #toWrite({ round, troubles, ...write }: Finished): ArmWrite | undefined {
    const { resourceId, caller, method, clientRequestId = "", target } = write;
    if (/\/privateEndpointConnections\//i.test(resourceId)) {
      const by = caller.objectId === plgate ? "plgate" : "portal";
      const status = method === "DELETE" ? "removed" : (this.#asked.get(clientRequestId) ?? "unknown");
      return { round, troubles, connectionId: resourceId.toLowerCase(), by, status };
    }
    if (!target) return undefined;
    return { round, troubles, connectionId: target.connectionId.toLowerCase(), by: "consumer", status: target.change };
  }

  /** The clients of a host: the real ones, which end a stalled call sooner. `maxRetries` as in `networkClients`. */
  networkClients(maxRetries: number): NetworkClients {
    const made = new Map<string, NetworkManagementClient>();
    return async (subscriptionId) => {
      const client =
        made.get(subscriptionId) ??
        this.#client({ objectId: plgate, tenantId: providerTenant }, subscriptionId, maxRetries);
      made.set(subscriptionId, client);
      return client;
    };
  }

  graphClient(): () => Promise<ResourceGraphClient> {
    const client = new ResourceGraphClient(credential({ objectId: plgate, tenantId: providerTenant }), {
      endpoint: this.#arm.url,
      tlsOptions: { ca: this.#ca },
      retryOptions: { maxRetries: 1, retryDelayInMs: 1, maxRetryDelayInMs: 2 },
    });
    client.pipeline.addPolicy(endStalled(stalledMs));
    return async () => client;
  }

  async connect({ who, endpoint, service }: Extract<Act, { do: "connect" }>): Promise<void> {
    const subscription = subscriptionOf(who);
    const body: PrivateEndpoint = {
      location: "westeurope",
      subnet: {
        id: `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s`,
      },
      manualPrivateLinkServiceConnections: [
        {
          name: "link",
          privateLinkServiceId: `${network}/privateLinkServices/pls-${service}`,
          requestMessage: "please",
        },
      ],
    };
    await this.#consumer(who).privateEndpoints.createOrUpdate("rg", `pe-${endpoint}`, body, polling);
  }

  async remove({ who, endpoint }: Extract<Act, { do: "delete" }>): Promise<void> {
    await this.#consumer(who).privateEndpoints.delete("rg", `pe-${endpoint}`, polling);
  }

  /** Sets a Rejected connection back to Pending, which only its consumer can. */
  async askAgain({ who, endpoint }: Extract<Act, { do: "ask again" }>): Promise<void> {
    const client = this.#consumer(who);
    const {
      location = "",
      subnet,
      manualPrivateLinkServiceConnections: links = [],
    } = await client.privateEndpoints.get("rg", `pe-${endpoint}`);
    const asked = links.map(({ name = "", privateLinkServiceId = "", requestMessage = "" }) => ({
      ...{ name, privateLinkServiceId, requestMessage },
      privateLinkServiceConnectionState: { status: "Pending" },
    }));
    const body = { location, subnet: { id: subnet?.id ?? "" }, manualPrivateLinkServiceConnections: asked };
    await client.privateEndpoints.createOrUpdate("rg", `pe-${endpoint}`, body, polling);
  }

  /** Somebody with rights decides in the portal; false when the service has no connection. */
  async clickInPortal(service: number, nth: number, word: PortalWord): Promise<boolean> {
    const connections = await this.connections(service);
    const one = connections[nth % Math.max(1, connections.length)];
    if (!one?.name) return false;
    const { privateLinkServices } = this.#portal();
    if (word === "remove") {
      await privateLinkServices.deletePrivateEndpointConnection(group, `pls-${service}`, one.name, polling);
      return true;
    }
    await privateLinkServices.updatePrivateEndpointConnection(group, `pls-${service}`, one.name, {
      name: one.name,
      privateLinkServiceConnectionState: { status: word, description: "by hand", actionsRequired: "None" },
    });
    return true;
  }

  async autoApprove(service: number, who: readonly number[]): Promise<void> {
    const { privateLinkServices } = this.#portal();
    const kept = await privateLinkServices.get(group, `pls-${service}`);
    const body = {
      ...{ location: kept.location ?? "", tags: kept.tags ?? {} },
      autoApproval: { subscriptions: who.map(subscriptionOf) },
      visibility: { subscriptions: ["*"] },
      loadBalancerFrontendIpConfigurations:
        kept.loadBalancerFrontendIpConfigurations?.map(({ id = "" }) => ({ id })) ?? [],
      ipConfigurations:
        kept.ipConfigurations?.map(({ name = "", subnet }) => ({ name, subnet: { id: subnet?.id ?? "" } })) ?? [],
    };
    await privateLinkServices.createOrUpdate(group, `pls-${service}`, body, polling);
  }

  /** As ARM shows them to somebody with rights, in the order of their names. */
  async connections(service: number): Promise<readonly PrivateEndpointConnection[]> {
    const { privateEndpointConnections: all = [] } = await this.#portal().privateLinkServices.get(
      group,
      `pls-${service}`,
    );
    return all.toSorted((one, other) => ((one.name ?? "") < (other.name ?? "") ? -1 : 1));
  }

  /** Adds a fault to those that wait. */
  order(fault: ArmFault): void {
    this.#ordered = [...this.#ordered, fault];
    this.#arm.orderFaults(this.#ordered);
  }

  heal(): void {
    this.#ordered = [];
    this.#arm.orderFaults([]);
    this.#arm.changeSettings({ "lock.answer": "429-retry-after" });
  }

  lockAnswers(answer: ArmSettings["lock.answer"]): void {
    this.#arm.changeSettings({ "lock.answer": answer });
  }

  #consumer(who: number): NetworkManagementClient {
    return this.#kept({ objectId: `consumer-${who}`, tenantId: providerTenant }, subscriptionOf(who));
  }

  #portal(): NetworkManagementClient {
    return this.#kept({ objectId: portal, tenantId: providerTenant }, providerSub);
  }

  #kept(caller: Caller, subscription: string): NetworkManagementClient {
    const client = this.#clients.get(caller.objectId) ?? this.#client(caller, subscription, 4);
    this.#clients.set(caller.objectId, client);
    return client;
  }

  #client(caller: Caller, subscriptionId: string, maxRetries: number): NetworkManagementClient {
    const client = new NetworkManagementClient(credential(caller), subscriptionId, {
      endpoint: this.#arm.url,
      tlsOptions: { ca: this.#ca },
      retryOptions: { maxRetries, retryDelayInMs: 1, maxRetryDelayInMs: 4 },
    });
    client.pipeline.addPolicy(endStalled(caller.objectId === plgate ? stalledMs : patientMs));
    return client;
  }
}

type PipelinePolicy = Parameters<NetworkManagementClient["pipeline"]["addPolicy"]>[0];

/** Ends a call that stalls, as the app's own signal would after twenty seconds. */
function endStalled(afterMs: number): PipelinePolicy {
  return {
    name: "endStalled",
    async sendRequest(request, next) {
      const stalled = AbortSignal.timeout(afterMs);
      const { abortSignal } = request;
      request.abortSignal = abortSignal instanceof AbortSignal ? AbortSignal.any([abortSignal, stalled]) : stalled;
      return next(request);
    },
  };
}

/** The fault as the local ARM takes it; it strikes whoever calls first, plgate or the portal. */
export function armFault(of: "read" | "write" | "graph", name: ArmFaultName, times: number): ArmFault {
  const services = "/subscriptions/*/providers/Microsoft.Network/privateLinkServices/";
  const target = {
    read: { method: "GET", path: `${services}*`, times },
    write: { method: "PUT", path: `${services}*/privateEndpointConnections/*`, times },
    graph: { method: "POST", path: "/providers/Microsoft.ResourceGraph/resources", times },
  }[of];
  // The reader's client waits for what it is told; nobody waits here.
  const retryAfter: Readonly<Record<string, string>> = { "retry-after": of === "write" ? "4" : "0" };
  const said = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): ArmFault => ({
    ...target,
    status,
    headers,
    body: { error: { code, message: "Chaos." } },
  });
  switch (name) {
    case "429":
      return said(429, "RetryableErrorDueToAnotherOperation", retryAfter);
    case "429 without Retry-After":
      return said(429, "RetryableError");
    case "429 subscription":
      return said(429, "SubscriptionRequestsThrottled", retryAfter);
    case "409":
      return said(409, "AnotherOperationInProgress");
    case "500":
      return said(500, "InternalServerError");
    case "503":
      return { ...target, status: 503, headers: {}, body: "<html>busy</html>" };
    case "404":
      // A passing 404 is believed when it comes twice in a row.
      return of === "write" ? said(500, "InternalServerError") : { ...said(404, "ResourceNotFound"), times: 1 };
    case "reset before":
      return { ...target, reset: "before" };
    case "reset after":
      return { ...target, reset: "after" };
    case "stalled headers":
      return { ...target, stall: "headers", times: 1 };
    case "stalled body":
      return { ...target, stall: "body", times: 1 };
  }
}

function credential(caller: Caller) {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = `${part({ alg: "none" })}.${part(caller)}.unsigned`;
  return { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 86_400_000 }) };
}

function armSeed(): ArmSeed {
  const consumers = Array.from({ length: consumersInPlay }, (_, at) => subscriptionOf(at));
  return {
    subscriptions: [providerSub, ...consumers].map((id) => ({
      id,
      tenantId: providerTenant,
      displayName: id.slice(0, 8),
    })),
    resourceGroups: [
      { subscriptionId: providerSub, name: group },
      ...consumers.map((subscriptionId) => ({ subscriptionId, name: "rg" })),
    ],
    roleAssignments: [
      { objectId: plgate, scope: `/subscriptions/${providerSub}`, actions: approverRole.actions },
      { objectId: portal, scope: "/", actions: ["*"] },
      ...consumers.map((subscription, at) => ({
        objectId: `consumer-${at}`,
        scope: `/subscriptions/${subscription}`,
        actions: ["*"],
      })),
    ],
    services: serviceRefs.map(({ name }) => ({
      subscriptionId: providerSub,
      resourceGroup: group,
      name,
      location: "westeurope",
      tags: { env: "prod" },
      properties: {
        visibility: { subscriptions: ["*"] },
        autoApproval: { subscriptions: [] },
        enableProxyProtocol: true,
        loadBalancerFrontendIpConfigurations: [{ id: `${network}/loadBalancers/lb/frontendIPConfigurations/fe` }],
        ipConfigurations: [
          {
            name: "nat-1",
            properties: {
              privateIPAllocationMethod: "Dynamic",
              subnet: { id: `${network}/virtualNetworks/vnet/subnets/nat` },
            },
          },
        ],
      },
    })),
  };
}

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { NetworkManagementClient, type PrivateEndpointConnection } from "@azure/arm-network";
import { review } from "../../functions/review-service.ts";
import type { ArmFault } from "../../local/arm/faults.ts";
import type { ArmSeed } from "../../local/arm/seed.ts";
import type { ArmSettings } from "../../local/arm/settings.ts";
import { Consumer } from "../../local/demo-consumer.ts";
import * as seed from "../../local/seed.ts";
import { ConsumerTable } from "../../src/azure/consumer-table.ts";
import type { App } from "../../src/compose.ts";
import { parseConnectionId, type ServiceRef, serviceRef } from "../../src/connection/arm-id.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import { connectionKey, serviceKey } from "../../src/requests/request-id.ts";
import { reviewService } from "../../src/workflow/review-service.ts";
import { verifyAudit } from "../../src/workflow/verify-audit.ts";
import { FakeLog } from "../fakes/log.ts";
import type { World } from "./world.ts";

// What tests stage in the world: a service and consumers of their own, and what they look at afterwards.

const polling = { updateIntervalInMs: 10 };
let made = 0;

export type Customer = seed.ConsumerSeed & {
  /** The real Azure client in the consumer's own subscription. */
  readonly client: NetworkManagementClient;
  /** Asks for a connection and has its answer: the endpoint is there, its connection waits. */
  ask(endpoint: string, target: Service, message?: string, region?: string): Promise<void>;
  status(endpoint: string): Promise<{ readonly status: string; readonly description: string }>;
};

export type Service = { readonly ref: ServiceRef; readonly id: string; readonly alias: string };

/** A service of this test alone, covered by the demo's policy unless its tags say otherwise. */
export async function aService(world: World, tags?: Readonly<Record<string, string>>): Promise<Service> {
  made += 1;
  const name = `pls-test-${made}`;
  await laySeed(world, { services: [seed.serviceSeed(name, tags)] });
  return serviceNamed(world, name);
}

export async function serviceNamed(world: World, name: string): Promise<Service> {
  const { alias = "" } = await providerClient(world).privateLinkServices.get(seed.providerGroup, name);
  const ref = serviceRef(seed.providerSubscription, seed.providerGroup, name);
  return { ref, id: ref.id, alias };
}

/** The provider's operator: may do everything, as somebody in the portal does it. */
export function providerClient(world: World): NetworkManagementClient {
  return clientOf(world, seed.developer, seed.providerSubscription);
}

/** A consumer of this test alone, in a subscription of their own; registered as a gold customer when `tier` is given. */
export async function aCustomer(world: World, tier?: string): Promise<Customer> {
  const subscriptionId = randomUUID();
  const consumer: seed.ConsumerSeed = {
    name: `Customer ${subscriptionId.slice(0, 8)}`,
    subscriptionId,
    tenantId: seed.consumers.fabrikam.tenantId,
    principalId: randomUUID(),
    resourceGroup: "rg-consumer",
    addressSpace: "10.0.0.0/16",
  };
  const { tenantId, name } = consumer;
  await laySeed(world, {
    subscriptions: [{ id: subscriptionId, tenantId, displayName: name }],
    resourceGroups: [{ subscriptionId, name: consumer.resourceGroup }],
    roleAssignments: [
      { objectId: consumer.principalId, scope: `/subscriptions/${subscriptionId}`, actions: ["Microsoft.Network/*"] },
    ],
  });
  if (tier)
    await new ConsumerTable(world.storage.consumers).put({
      subscriptionId,
      name,
      tenantId,
      tier,
      tags: {},
      owners: [],
    });
  return customerOf(world, consumer);
}

/** A consumer that the seed of the local stack knows. */
export function customerOf(world: World, consumer: seed.ConsumerSeed): Customer {
  const inner = new Consumer(consumer, world.arm, world.issuer);
  const { principalId: objectId, tenantId, subscriptionId } = consumer;
  return {
    ...consumer,
    client: clientOf(world, { objectId, tenantId }, subscriptionId),
    ask: (endpoint, { alias }, message = "please", region) => inner.ask(endpoint, alias, message, region),
    status: (endpoint) => inner.status(endpoint),
  };
}

/** Sets a Rejected connection back to Pending, which only its consumer can (azure.md 3.4). */
export async function askAnew(customer: Customer, endpoint: string): Promise<void> {
  const { client, resourceGroup } = customer;
  const kept = await client.privateEndpoints.get(resourceGroup, endpoint);
  const links = (kept.manualPrivateLinkServiceConnections ?? []).map(
    ({ name = "", privateLinkServiceId = "", requestMessage = "" }) => ({
      ...{ name, privateLinkServiceId, requestMessage },
      privateLinkServiceConnectionState: { status: "Pending" },
    }),
  );
  const { location = "", subnet } = kept;
  const body = { location, subnet: { id: subnet?.id ?? "" }, manualPrivateLinkServiceConnections: links };
  await client.privateEndpoints.createOrUpdate(resourceGroup, endpoint, body, polling);
}

/** Reviews a service until nothing is left to do now, without the waiting that the queue would add. */
export async function settle(service: Service, app: App, log = new FakeLog()): Promise<void> {
  const deadline = Date.now() + 40_000;
  for (;;) {
    const outcome = await reviewService(service.ref, "event", app.ports(log));
    if (outcome.kind === "settled") return;
    if (Date.now() > deadline) assert.fail(`${service.ref.name} never settled: ${outcome.why}`);
    await wait(30);
  }
}

/** Handles what the queue shows now, as the functions host does; answers how many messages that were. */
export async function workQueue(world: World): Promise<number> {
  const { receivedMessageItems: messages } = await world.storage.reviews.receiveMessages({
    numberOfMessages: 32,
    visibilityTimeout: 60,
  });
  for (const { messageText, messageId, popReceipt } of messages) {
    await review(JSON.parse(fromBase64(messageText)), world.context("review-service"));
    await world.storage.reviews.deleteMessage(messageId, popReceipt);
  }
  return messages.length;
}

/** The wake-ups of a service that can be seen in the queue now. */
export async function wakeUps(world: World, service: Service): Promise<readonly { readonly door: string }[]> {
  const { peekedMessageItems } = await world.storage.reviews.peekMessages({ numberOfMessages: 32 });
  const bodies: { serviceId: string; door: string }[] = peekedMessageItems.map(({ messageText }) =>
    JSON.parse(fromBase64(messageText)),
  );
  return bodies.filter(({ serviceId }) => serviceId.toLowerCase() === service.id);
}

/** The connection of an endpoint as the provider's operator sees it. */
export async function connectionOf(
  world: World,
  { ref }: Service,
  endpoint: string,
): Promise<PrivateEndpointConnection & { readonly id: string; readonly name: string }> {
  const service = await providerClient(world).privateLinkServices.get(ref.resourceGroup, ref.name);
  const found = service.privateEndpointConnections?.find(({ name }) => name?.startsWith(`${endpoint}.`));
  assert.ok(found?.id && found.name, `${ref.name} has no connection of ${endpoint}`);
  return { ...found, id: found.id, name: found.name };
}

/** plgate's latest request about an endpoint. */
export async function requestOf(world: World, service: Service, endpoint: string): Promise<ApprovalRequest> {
  const { id } = await connectionOf(world, service, endpoint);
  const ref = parseConnectionId(id);
  assert.ok(ref, `${id} is no connection id`);
  const { ledger } = world.app.ports(new FakeLog());
  const stored = await ledger.latestOf(serviceKey(service.ref.id), connectionKey(ref.id));
  assert.ok(stored, `plgate has no request about ${endpoint}`);
  return stored.request;
}

/** Everything in the service's chain, oldest first. */
export async function chainOf(world: World, { ref }: Pick<Service, "ref">): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const event of world.app.ports(new FakeLog()).ledger.events(serviceKey(ref.id))) events.push(event);
  return events;
}

/** Everything on record about a service's connections, or about one of its requests; and proof that its chain holds. */
export async function auditOf(
  world: World,
  { ref }: Service,
  request?: ApprovalRequest,
): Promise<readonly AuditEvent[]> {
  const verified = await verifyAudit({ service: ref, anchors: false, index: false }, world.app.audit);
  assert.ok(verified.ok, `the chain is broken: ${JSON.stringify(verified.chains)}`);
  const events = await chainOf(world, { ref });
  // What is found at the service itself, such as that anyone may ask, is the same everywhere here.
  const some = events.filter(({ connectionId }) => connectionId !== null);
  return request ? some.filter(({ requestId }) => requestId === request.id) : some;
}

export function kinds(events: readonly AuditEvent[]): readonly string[] {
  return events.map(({ kind }) => kind);
}

/** The writes on the connections of a service that reached ARM, by connection, with what they were answered. */
export function writesOn(world: World, { ref }: Service): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const { request, response } of world.exchanges) {
    const path = request.url.toLowerCase().split("?", 1)[0] ?? "";
    const [, connection] = path.split(`/privatelinkservices/${ref.name}/privateendpointconnections/`);
    if (request.method !== "PUT" || !connection) continue;
    found.set(connection, [...(found.get(connection) ?? []), response?.status ?? 0]);
  }
  return found;
}

/** The provider removes a connection: its consumer's endpoint is left as a dead record (azure.md 3.4). */
export async function removeConnection(world: World, service: Service, endpoint: string): Promise<void> {
  const { name } = await connectionOf(world, service, endpoint);
  const { privateLinkServices } = providerClient(world);
  await privateLinkServices.deletePrivateEndpointConnection(seed.providerGroup, service.ref.name, name, polling);
}

/** The provider puts a subscription on the service's own list of those that Azure lets in by itself (azure.md 3.7). */
export async function letIn(world: World, { ref }: Service, subscriptionId: string): Promise<void> {
  const { privateLinkServices } = providerClient(world);
  const { location = "", tags = {}, ...kept } = await privateLinkServices.get(seed.providerGroup, ref.name);
  const body = {
    ...{ location, tags, autoApproval: { subscriptions: [subscriptionId] } },
    visibility: { subscriptions: ["*"] },
    loadBalancerFrontendIpConfigurations:
      kept.loadBalancerFrontendIpConfigurations?.map(({ id = "" }) => ({ id })) ?? [],
    ipConfigurations:
      kept.ipConfigurations?.map(({ name = "", subnet }) => ({ name, subnet: { id: subnet?.id ?? "" } })) ?? [],
  };
  await privateLinkServices.createOrUpdate(seed.providerGroup, ref.name, body, polling);
}

/** The provider's operator decides in the portal, beside plgate. */
export async function decideInPortal(
  world: World,
  service: Service,
  endpoint: string,
  status: "Approved" | "Rejected",
): Promise<void> {
  const { name } = await connectionOf(world, service, endpoint);
  const body = { privateLinkServiceConnectionState: { status, description: "by hand" } };
  const { privateLinkServices } = providerClient(world);
  await privateLinkServices.updatePrivateEndpointConnection(seed.providerGroup, service.ref.name, name, body);
}

/** Connects with the customer's own right to approve, which makes a connection that never waits (azure.md 3.7). */
export async function connectByRight(world: World, customer: Customer, service: Service, endpoint: string) {
  const actions = ["Microsoft.Network/privateLinkServices/*"];
  await laySeed(world, { roleAssignments: [{ objectId: customer.principalId, scope: service.id, actions }] });
  const { client, resourceGroup, subscriptionId } = customer;
  const network = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Network`;
  const body = {
    location: "westeurope",
    subnet: { id: `${network}/virtualNetworks/vnet-consumer/subnets/snet-endpoints` },
    privateLinkServiceConnections: [{ name: "own", privateLinkServiceId: service.id }],
  };
  await client.privateEndpoints.createOrUpdate(resourceGroup, endpoint, body, polling);
}

/** Switches ARM for one test. */
export function armWith(world: World, t: TestContext, change: Partial<ArmSettings>): void {
  const before = world.arm.settings();
  world.arm.changeSettings(change);
  t.after(() => world.arm.changeSettings(before));
}

/** Orders faults of ARM for one test; what has not happened by its end is taken back. */
export function armFails(world: World, t: TestContext, faults: readonly ArmFault[]): void {
  world.arm.orderFaults(faults);
  t.after(() => world.arm.orderFaults([]));
}

/** Plants a status that no provider can set. */
export async function plantStatus(world: World, service: Service, endpoint: string, status: string): Promise<void> {
  const { name: connection } = await connectionOf(world, service, endpoint);
  const { subscriptionId, resourceGroup, name } = service.ref;
  await laySeed(world, { plant: [{ service: { subscriptionId, resourceGroup, name }, connection, status }] });
}

async function laySeed(world: World, body: Partial<ArmSeed> & { readonly plant?: readonly object[] }): Promise<void> {
  const { controlUrl, controlSecret } = world.arm;
  const answer = await fetch(`${controlUrl}/state`, {
    method: "POST",
    headers: { "x-plgate-control": controlSecret },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.text());
}

function clientOf(
  { arm, issuer }: World,
  principal: { readonly objectId: string; readonly tenantId: string },
  subscriptionId: string,
): NetworkManagementClient {
  const { objectId, tenantId } = principal;
  const credential = {
    getToken: async () => ({
      token: await issuer.mintArmToken({ objectId, tenantId }),
      expiresOnTimestamp: Date.now() + 3_000_000,
    }),
  };
  return new NetworkManagementClient(credential, subscriptionId, { endpoint: arm.url });
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}

/** What PLGATE_REVOKE_BY=remove needs beside the app's role, granted as a second role (azure.md 2.2). */
export async function letRemove(world: World): Promise<void> {
  const { objectId } = seed.appIdentity;
  const subscription = `/subscriptions/${seed.providerSubscription}`;
  const of = "Microsoft.Network/privateLinkServices/privateEndpointConnections/delete";
  const polls = ["operations", "operationResults"].map((what) => `Microsoft.Network/locations/${what}/read`);
  await laySeed(world, {
    roleAssignments: [
      { objectId, scope: `${subscription}/resourceGroups/${seed.providerGroup}`, actions: [of] },
      { objectId, scope: subscription, actions: polls },
    ],
  });
}

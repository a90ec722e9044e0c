import { randomUUID } from "node:crypto";
import type { FinishedWrite } from "../arm/finished-write.ts";
import type { Random } from "../seeded-random.ts";
import type { GridEvent, PublishedEvent } from "./grid-event.ts";
import { claimsOf, madeUpPerson } from "./made-up-person.ts";
import { drawSpelling } from "./mixed-casing.ts";
import type { EventGridSettings } from "./settings.ts";

type Target = NonNullable<FinishedWrite["target"]>;
type Context = { readonly settings: EventGridSettings; readonly random: Random };

const service = "Microsoft.Network/privateLinkServices";
const apiVersion = "2026-01-01";

/**
 * All events that one finished ARM write causes, each on its own topic (local-azure.md section C).
 *
 * The write itself shows only on the topic of the written resource's subscription. What the provider's topic shows of a
 * consumer's endpoint is unknown; `onConsumerCreate` chooses, and rules deletions too. A failed write changes nothing
 * at the provider, so it causes no event there.
 */
export function eventsOfWrite(write: FinishedWrite, context: Context): readonly PublishedEvent[] {
  const own = subscriptionEvent(write, context);
  if (!write.succeeded) return [own];
  return [
    own,
    ...(write.target ? providerEvents(write, write.target, context) : []),
    ...serviceDeletions(write, context),
    ...staleEvents(write, context),
  ];
}

function providerEvents(write: FinishedWrite, target: Target, context: Context): PublishedEvent[] {
  const shown = context.settings.onConsumerCreate;
  const proxy = shown === "proxy" || shown === "all";
  const notification = shown === "notification" || shown === "all";
  return [
    ...(proxy ? [subscriptionEvent(onConnection(write, target, "privateEndpointConnectionProxies"), context)] : []),
    ...(shown === "all" ? [subscriptionEvent(onConnection(write, target, "privateEndpointConnections"), context)] : []),
    ...(notification ? serviceNotifications(write, target, context) : []),
  ];
}

/** The consumer's write as it would look on the connection or its proxy, in the provider's subscription and tenant. */
function onConnection(write: FinishedWrite, target: Target, childType: string): FinishedWrite {
  const resourceId = `${target.serviceId}/${childType}/${lastSegment(target.connectionId)}`;
  return {
    ...write,
    resourceId,
    operationName: `${service}/${childType}/${target.change === "deleted" ? "delete" : "write"}`,
    method: target.change === "deleted" ? "DELETE" : "PUT",
    created: target.change === "created",
    subscriptionId: target.subscriptionId,
    tenantId: target.tenantId,
    url: `https://management.azure.com${resourceId}?api-version=${apiVersion}`,
  };
}

function subscriptionEvent(write: FinishedWrite, { settings, random }: Context): PublishedEvent {
  const spelling = drawSpelling(settings.mixedCasing, random);
  const resourceUri = spelling.id(write.resourceId);
  const operationName = spelling.word(write.operationName);
  const verb = write.method === "DELETE" ? "Delete" : "Write";
  return systemEvent("Microsoft.Resources.Subscriptions", {
    subscriptionId: write.subscriptionId,
    subject: resourceUri,
    eventType: `Microsoft.Resources.Resource${verb}${write.succeeded ? "Success" : "Failure"}`,
    eventTime: sevenDigits(write.time, random),
    dataVersion: "2",
    data: {
      authorization: { scope: resourceUri, action: operationName, evidence: { role: "Subscription Admin" } },
      claims: claimsOf(write),
      correlationId: write.correlationId,
      ...(write.created ? {} : { httpRequest: httpRequest(write) }),
      resourceProvider: spelling.word("Microsoft.Network"),
      resourceUri,
      operationName,
      status: write.succeeded ? "Succeeded" : "Failed",
      subscriptionId: write.subscriptionId,
      tenantId: write.tenantId,
    },
  });
}

function httpRequest(write: FinishedWrite): Readonly<Record<string, string>> {
  return {
    ...(write.clientRequestId === undefined ? {} : { clientRequestId: write.clientRequestId }),
    clientIpAddress: madeUpPerson.ipAddress,
    method: write.method,
    url: write.url,
  };
}

/** The service, not the connection, is what a resource notification is about; without a service there is none. */
function serviceNotifications(write: FinishedWrite, target: Target, context: Context): PublishedEvent[] {
  if (target.service === undefined) return [];
  const { location, tags } = target.service;
  const created = { location, tags, properties: {} };
  return [notification("CreatedOrUpdated", target.serviceId, target.subscriptionId, write.time, context, created)];
}

function serviceDeletions(write: FinishedWrite, context: Context): PublishedEvent[] {
  const shown = context.settings.onConsumerCreate;
  if (write.operationName !== `${service}/delete` || (shown !== "notification" && shown !== "all")) return [];
  return [notification("Deleted", write.resourceId, write.subscriptionId, write.time, context)];
}

/** `Deleted` has id, name and type only, and no `apiVersion` (azure.md 1.3). */
function notification(
  what: "CreatedOrUpdated" | "Deleted",
  serviceId: string,
  subscriptionId: string,
  time: Date,
  { settings, random }: Context,
  more?: Readonly<Record<string, unknown>>,
): PublishedEvent {
  const spelling = drawSpelling(settings.mixedCasing, random);
  const id = spelling.id(serviceId);
  const eventTime = sevenDigits(time, random);
  return systemEvent("Microsoft.ResourceNotifications.Resources", {
    subscriptionId,
    subject: id,
    eventType: `Microsoft.ResourceNotifications.Resources.${what}`,
    eventTime,
    dataVersion: "1",
    data: {
      resourceInfo: { ...more, id, name: lastSegment(id), type: spelling.word(service) },
      ...(more === undefined ? {} : { apiVersion }),
      operationalInfo: { resourceEventTime: eventTime },
    },
  });
}

/** Late write events of a resource that is gone, which users of Cloud Custodian met (azure.md 1.4). */
function staleEvents(write: FinishedWrite, context: Context): PublishedEvent[] {
  if (!context.settings.staleAfterDelete || write.method !== "DELETE") return [];
  const gone = write.target ? onConnection(write, write.target, "privateEndpointConnections") : write;
  const late: FinishedWrite = {
    ...gone,
    method: "PUT",
    created: false,
    operationName: gone.operationName.replace(/\/delete$/, "/write"),
    time: new Date(write.time.getTime() - 1_000),
  };
  return [subscriptionEvent(late, context)];
}

function systemEvent(
  topicType: "Microsoft.Resources.Subscriptions" | "Microsoft.ResourceNotifications.Resources",
  fields: Omit<GridEvent, "id" | "topic" | "metadataVersion"> & { readonly subscriptionId: string },
): PublishedEvent {
  const { subscriptionId, ...rest } = fields;
  // Ids are not seeded: a stack started again with the same seed must not repeat ids that the app has seen.
  const event = { id: randomUUID(), topic: `/subscriptions/${subscriptionId}`, ...rest, metadataVersion: "1" };
  return { topicType, form: "EventGridSchema", event };
}

function sevenDigits(time: Date, random: Random): string {
  const beyondMilliseconds = String(Math.floor(random() * 10_000)).padStart(4, "0");
  return time.toISOString().replace("Z", `${beyondMilliseconds}Z`);
}

function lastSegment(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

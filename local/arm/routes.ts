import { deleteConnection, getConnection, listConnections, putConnection } from "./connections.ts";
import { deleteEndpoint, getEndpoint, listEndpoints, listEndpointsOfSubscription, putEndpoint } from "./endpoints.ts";
import { getTopicMetrics, listEventSubscriptions, listSystemTopics } from "./event-topics.ts";
import { getMetrics } from "./metrics.ts";
import { getOperation, getOperationResult } from "./operations.ts";
import { getRoleDefinition, listRoleAssignments } from "./role-answers.ts";
import { deleteService, getService, listServices, listServicesOfSubscription, putService } from "./services.ts";
import type { ShapeName } from "./shapes.ts";
import { getSubscription } from "./subscriptions.ts";
import { checkVisibility, listAutoApproved } from "./visibility-answers.ts";
import type { Handler } from "./world.ts";

export type RouteKind = "read" | "write" | "delete" | "graph";

export type Route = {
  readonly name: string;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Literal segments are matched without case; `{x}` stands for one segment. */
  readonly template: string;
  readonly kind: RouteKind;
  /** Which versions of the API this route speaks. */
  readonly apiVersion: RegExp;
  /** What the caller's roles must allow; none where the handler looks at the roles itself. */
  readonly action?: string;
  /** Query options besides `api-version`. Others are refused. */
  readonly options?: readonly string[];
  readonly body?: ShapeName;
  /** What each status carries. An answer that is not in here is a fault of the emulator. */
  readonly answers: Readonly<Record<number, ShapeName | "nothing">>;
  /** How many segments of the path name the resource that nobody else may write meanwhile. */
  readonly lockSegments?: number;
  readonly handle: Handler;
};

const network = /^2026-01-01$/;
const anyDate = /^\d{4}-\d{2}-\d{2}(?:-preview)?$/;
const inGroup = "/subscriptions/{s}/resourceGroups/{rg}/providers/Microsoft.Network";
const inSubscription = "/subscriptions/{s}/providers/Microsoft.Network";
const resourceSegments = 8;

type Verb = Pick<Route, "method" | "kind">;
const read: Verb = { method: "GET", kind: "read" };
const write: Verb = { method: "PUT", kind: "write" };
const remove: Verb = { method: "DELETE", kind: "delete" };
const act: Verb = { method: "POST", kind: "write" };

const page = ["$skipToken"];
const lock = { lockSegments: resourceSegments };
const accepted = { 202: "nothing", 204: "nothing" } as const;

type Line = Omit<Route, "method" | "kind" | "apiVersion" | "action"> & { readonly action: string };

function line(verb: Verb, { action, ...rest }: Line): Route {
  return { ...verb, apiVersion: network, action: `Microsoft.Network/${action}`, ...rest };
}

// One table for all routes (local-azure.md B.2): name, path, right, answers.
const services: readonly Route[] = [
  line(read, {
    name: "privateLinkServices.listBySubscription",
    template: `${inSubscription}/privateLinkServices`,
    action: "privateLinkServices/read",
    options: page,
    answers: { 200: "serviceList" },
    handle: listServicesOfSubscription,
  }),
  line(read, {
    name: "privateLinkServices.list",
    template: `${inGroup}/privateLinkServices`,
    action: "privateLinkServices/read",
    options: page,
    answers: { 200: "serviceList" },
    handle: listServices,
  }),
  line(read, {
    name: "privateLinkServices.get",
    template: `${inGroup}/privateLinkServices/{n}`,
    action: "privateLinkServices/read",
    options: ["$expand"],
    answers: { 200: "service" },
    handle: getService,
  }),
  line(write, {
    name: "privateLinkServices.createOrUpdate",
    template: `${inGroup}/privateLinkServices/{n}`,
    action: "privateLinkServices/write",
    body: "service",
    answers: { 200: "service", 201: "service" },
    ...lock,
    handle: putService,
  }),
  line(remove, {
    name: "privateLinkServices.delete",
    template: `${inGroup}/privateLinkServices/{n}`,
    action: "privateLinkServices/delete",
    answers: accepted,
    ...lock,
    handle: deleteService,
  }),
];

const connectionsPath = `${inGroup}/privateLinkServices/{n}/privateEndpointConnections`;
const connectionAction = "privateLinkServices/privateEndpointConnections";
const connections: readonly Route[] = [
  line(read, {
    name: "privateEndpointConnections.list",
    template: connectionsPath,
    action: `${connectionAction}/read`,
    options: page,
    answers: { 200: "connectionList" },
    handle: listConnections,
  }),
  line(read, {
    name: "privateEndpointConnections.get",
    template: `${connectionsPath}/{c}`,
    action: `${connectionAction}/read`,
    options: ["$expand"],
    answers: { 200: "connection" },
    handle: getConnection,
  }),
  line(write, {
    name: "privateEndpointConnections.update",
    template: `${connectionsPath}/{c}`,
    action: `${connectionAction}/write`,
    body: "connection",
    answers: { 200: "connection" },
    ...lock,
    handle: putConnection,
  }),
  line(remove, {
    name: "privateEndpointConnections.delete",
    template: `${connectionsPath}/{c}`,
    action: `${connectionAction}/delete`,
    answers: accepted,
    ...lock,
    handle: deleteConnection,
  }),
];

const endpoints: readonly Route[] = [
  line(read, {
    name: "privateEndpoints.listBySubscription",
    template: `${inSubscription}/privateEndpoints`,
    action: "privateEndpoints/read",
    options: page,
    answers: { 200: "endpointList" },
    handle: listEndpointsOfSubscription,
  }),
  line(read, {
    name: "privateEndpoints.list",
    template: `${inGroup}/privateEndpoints`,
    action: "privateEndpoints/read",
    options: page,
    answers: { 200: "endpointList" },
    handle: listEndpoints,
  }),
  line(read, {
    name: "privateEndpoints.get",
    template: `${inGroup}/privateEndpoints/{n}`,
    action: "privateEndpoints/read",
    options: ["$expand"],
    answers: { 200: "endpoint" },
    handle: getEndpoint,
  }),
  line(write, {
    name: "privateEndpoints.createOrUpdate",
    template: `${inGroup}/privateEndpoints/{n}`,
    action: "privateEndpoints/write",
    body: "endpoint",
    answers: { 200: "endpoint", 201: "endpoint" },
    ...lock,
    handle: putEndpoint,
  }),
  line(remove, {
    name: "privateEndpoints.delete",
    template: `${inGroup}/privateEndpoints/{n}`,
    action: "privateEndpoints/delete",
    answers: accepted,
    ...lock,
    handle: deleteEndpoint,
  }),
];

const locations: readonly Route[] = [inSubscription, inGroup].flatMap((scope) => [
  line(act, {
    name: "locations.checkPrivateLinkServiceVisibility",
    template: `${scope}/locations/{l}/checkPrivateLinkServiceVisibility`,
    action: "locations/checkPrivateLinkServiceVisibility/action",
    body: "visibilityQuestion",
    answers: { 202: "nothing" },
    handle: checkVisibility,
  }),
  line(read, {
    name: "locations.autoApprovedPrivateLinkServices",
    template: `${scope}/locations/{l}/autoApprovedPrivateLinkServices`,
    action: "locations/autoApprovedPrivateLinkServices/read",
    options: page,
    answers: { 200: "autoApprovedList" },
    handle: listAutoApproved,
  }),
]);

const operations: readonly Route[] = [
  line(read, {
    name: "operations.get",
    template: `${inSubscription}/locations/{l}/operations/{id}`,
    action: "locations/operations/read",
    answers: { 200: "operation" },
    handle: getOperation,
  }),
  line(read, {
    name: "operationResults.get",
    template: `${inSubscription}/locations/{l}/operationResults/{id}`,
    action: "locations/operationResults/read",
    answers: { 200: "visibilityAnswer", 202: "nothing", 204: "nothing" },
    handle: getOperationResult,
  }),
];

// What an operator reads to see whether a deployment is whole; nothing here can be written.
const group = "/subscriptions/{s}/resourceGroups/{rg}";
const topic = `${group}/providers/Microsoft.EventGrid/systemTopics/{n}`;
const authorization = "providers/Microsoft.Authorization";
const rolesAt = (scope: string): readonly Route[] => [
  {
    ...read,
    name: "roleAssignments.list",
    template: `${scope}/${authorization}/roleAssignments`,
    apiVersion: /^2022-04-01$/,
    action: "Microsoft.Authorization/roleAssignments/read",
    options: [...page, "$filter"],
    answers: { 200: "roleAssignmentList" },
    handle: listRoleAssignments,
  },
  {
    ...read,
    name: "roleDefinitions.get",
    template: `${scope}/${authorization}/roleDefinitions/{d}`,
    apiVersion: /^2022-04-01$/,
    action: "Microsoft.Authorization/roleDefinitions/read",
    answers: { 200: "roleDefinition" },
    handle: getRoleDefinition,
  },
];
const oversight: readonly Route[] = [
  ...["/subscriptions/{s}", group].flatMap(rolesAt),
  {
    ...read,
    name: "systemTopics.list",
    template: "/subscriptions/{s}/providers/Microsoft.EventGrid/systemTopics",
    apiVersion: /^2025-02-15$/,
    action: "Microsoft.EventGrid/systemTopics/read",
    options: page,
    answers: { 200: "topicList" },
    handle: listSystemTopics,
  },
  {
    ...read,
    name: "eventSubscriptions.list",
    template: `${topic}/eventSubscriptions`,
    apiVersion: /^2025-02-15$/,
    action: "Microsoft.EventGrid/systemTopics/eventSubscriptions/read",
    options: page,
    answers: { 200: "eventSubscriptionList" },
    handle: listEventSubscriptions,
  },
  {
    ...read,
    name: "topicMetrics.list",
    template: `${topic}/providers/Microsoft.Insights/metrics`,
    apiVersion: /^2023-10-01$/,
    action: "Microsoft.Insights/metrics/read",
    options: ["metricnames", "aggregation", "interval", "timespan", "$filter"],
    answers: { 200: "metrics" },
    handle: getTopicMetrics,
  },
];

export function routeTable(graph: Handler): readonly Route[] {
  const subscription: Route = {
    ...read,
    name: "subscriptions.get",
    template: "/subscriptions/{s}",
    apiVersion: anyDate,
    answers: { 200: "subscription" },
    handle: getSubscription,
  };
  const resources: Route = {
    ...act,
    kind: "graph",
    name: "resourceGraph.resources",
    template: "/providers/Microsoft.ResourceGraph/resources",
    apiVersion: /^2024-04-01$/,
    body: "graphQuestion",
    answers: { 200: "graphAnswer" },
    handle: graph,
  };
  const metrics: Route = {
    ...read,
    name: "metrics.list",
    template: `${inGroup}/privateLinkServices/{n}/providers/Microsoft.Insights/metrics`,
    apiVersion: /^2023-10-01$/,
    action: "Microsoft.Insights/metrics/read",
    options: ["metricnames", "aggregation", "interval", "timespan", "$filter"],
    answers: { 200: "metrics" },
    handle: getMetrics,
  };
  return [
    ...services,
    ...connections,
    ...endpoints,
    ...locations,
    ...operations,
    ...oversight,
    metrics,
    subscription,
    resources,
  ];
}

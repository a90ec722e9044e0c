import { randomUUID } from "node:crypto";
import { ArmError, badRequest, invalidBody, resourceGroupNotFound, subscriptionNotFound } from "./arm-error.ts";
import { groupId, isGuid } from "./resource-ids.ts";
import { authorizationFailed, hasAnyRole } from "./roles.ts";
import type { RouteMatch } from "./route-match.ts";
import type { Route } from "./routes.ts";
import { requestFaults } from "./shapes.ts";
import type { Caller, World } from "./world.ts";

type Params = Readonly<Record<string, string>>;

/** Refuses a missing or foreign `api-version`, and every option that the route does not know. Codes from memory [K]. */
export function checkQuery(route: Route, query: URLSearchParams): void {
  const versions = query.getAll("api-version");
  const [version] = versions;
  if (version === undefined || version === "") {
    const message = "The api-version query parameter (?api-version=) is required for all requests.";
    throw badRequest("MissingApiVersionParameter", message);
  }
  if (versions.length > 1 || !route.apiVersion.test(version)) {
    throw badRequest(
      "InvalidApiVersionParameter",
      `The api-version '${versions.join(",")}' is invalid for ${route.name}.`,
    );
  }
  const strange = [...query.keys()].find((name) => name !== "api-version" && !(route.options ?? []).includes(name));
  if (strange !== undefined)
    throw badRequest("InvalidQueryParameter", `${route.name} has no query option '${strange}'.`);
}

export function checkSubscription({ route, params }: RouteMatch, world: World): void {
  const id = params["s"];
  if (id === undefined || world.store.subscriptions.get(id)) return;
  if (!mayRegister(route, world) || !isGuid(id)) throw subscriptionNotFound(id);
  const displayName = "registered by its first write";
  // A tenant of its own: a consumer that nobody seeded is a stranger.
  world.store.subscriptions.put({ id, tenantId: randomUUID(), displayName, registered: true });
}

function mayRegister(route: Route, world: World): boolean {
  return route.kind === "write" && world.settings()["subscriptions.unknown"] === "register";
}

/** Throws 403 when no role of the caller allows the route's action on this path (local-azure.md B.5 rule 10). */
export function checkRights({ route, params }: RouteMatch, path: string, caller: Caller, world: World): void {
  if (route.action === undefined || world.mayDo(caller, route.action, path)) return;
  const isWholeSubscription = route.name.endsWith(".listBySubscription");
  const filters = world.settings()["authorization.subscriptionList"] === "filter";
  const subscription = `/subscriptions/${params["s"]}`;
  const roles = world.store.roleAssignments.all();
  if (isWholeSubscription && filters && hasAnyRole(roles, caller.objectId, subscription)) return;
  throw authorizationFailed(caller.objectId, route.action, path);
}

/** Refuses writes where the network provider is not registered, and everything in a group that does not exist. */
export function checkGroup({ route, params }: RouteMatch, world: World): void {
  const { s: subscriptionId, rg: group } = params;
  if (subscriptionId === undefined) return;
  const isWrite = route.kind === "write" || route.kind === "delete";
  if (isWrite && world.store.subscriptions.get(subscriptionId)?.registered === false) {
    // From memory [K].
    const message = "The subscription is not registered to use namespace 'Microsoft.Network'.";
    throw new ArmError(409, "MissingSubscriptionRegistration", message);
  }
  if (group === undefined || world.store.resourceGroups.get(groupId(subscriptionId, group))) return;
  if (mayRegister(route, world)) {
    world.store.resourceGroups.put({ subscriptionId, name: group });
    return;
  }
  throw resourceGroupNotFound(group);
}

/** The parsed body of a request that needs one. Throws 415 or 400 for anything but JSON of the route's shape. */
export function checkBody(route: Route, text: string, headers: Params): unknown {
  if (route.body === undefined) return undefined;
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new ArmError(415, "UnsupportedMediaType", "The content media type must be 'application/json'.");
  }
  const body = parseJson(text);
  const faults = requestFaults(route.body, body);
  if (faults.length > 0) throw invalidBody(faults);
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw badRequest(
      "InvalidRequestContent",
      `The request content was invalid and could not be deserialized: '${reason}'.`,
    );
  }
}

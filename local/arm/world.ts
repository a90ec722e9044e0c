import { ArmError, badRequest } from "./arm-error.ts";
import type { SeenTopic } from "./event-topics.ts";
import type { FinishedWrite } from "./finished-write.ts";
import type { ResourceGraph } from "./resource-graph.ts";
import { groupId } from "./resource-ids.ts";
import type { ArmOperation, OperationFailure } from "./resources.ts";
import type { ArmSettings, Latency } from "./settings.ts";
import type { Store } from "./store.ts";

export type Caller = { readonly objectId: string; readonly tenantId: string; readonly appId?: string };

/** A request that has passed every check which is the same for all routes. */
export type ArmCall = {
  readonly method: string;
  /** The variable parts of the path, spelt as they came. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly caller: Caller;
  /** Scheme and host that the request came in on: links in answers lead back there. */
  readonly origin: string;
  readonly url: string;
  readonly correlationId: string;
  readonly clientRequestId?: string;
  /** A fault that was ordered for the operation which this call starts. */
  readonly failOperationWith?: OperationFailure;
};

export type Answer = {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** A write that is finished with this answer. */
  readonly write?: FinishedWrite;
  /** A long-running operation that this answer has started. */
  readonly operation?: ArmOperation;
};

/** What handlers work on. They are synchronous: each answer comes from one consistent state, the one at its end. */
export type World = {
  readonly store: Store;
  readonly settings: () => ArmSettings;
  readonly now: () => Date;
  readonly newGuid: () => string;
  readonly newLinkIdentifier: () => string;
  readonly drawMs: (latency: Latency) => number;
  readonly isBusy: (id: string) => boolean;
  /** Whether the caller's roles allow the action at this scope. */
  readonly mayDo: (caller: Caller, action: string, scope: string) => boolean;
  readonly graph: ResourceGraph;
  /** What Event Grid has; it lives beside this ARM. */
  readonly topics: () => readonly SeenTopic[];
};

export type Handler = (call: ArmCall, world: World) => Answer;

/** A variable part that the route is known to have. */
export function param(call: ArmCall, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw new Error(`The route has no part {${name}}.`);
  return value;
}

export function placeOf(call: ArmCall) {
  return { subscriptionId: param(call, "s"), resourceGroup: param(call, "rg"), name: param(call, "n") };
}

/** The resource group with the spelling it was created in, so that new ids carry that one. */
export function spelledPlace(call: ArmCall, world: World) {
  const place = placeOf(call);
  const group = world.store.resourceGroups.get(groupId(place.subscriptionId, place.resourceGroup));
  return group ? { ...place, subscriptionId: group.subscriptionId, resourceGroup: group.name } : place;
}

export function weakEtag(world: World): string {
  return `W/"${world.newGuid()}"`;
}

/**
 * Refuses a stale `If-Match` when the settings say that Azure honours it.
 * Whether it does on these resources is unknown [U]; the default is to ignore the header.
 */
export function checkIfMatch(call: ArmCall, world: World, etag: string | undefined): void {
  const wanted = call.headers["if-match"];
  if (wanted === undefined || world.settings()["etag.ifMatch"] === "ignore") return;
  if (etag !== undefined && (wanted === "*" || wanted === etag)) return;
  throw new ArmError(412, "PreconditionFailed", `Precondition failed: the resource's etag is not ${wanted}.`);
}

/** A resource cannot move to another region by a PUT. */
export function checkSameLocation(id: string, kept: string, asked: string): void {
  if (kept === asked) return;
  const message = `The resource '${id}' already exists in location '${kept}'. A resource with the same name cannot be created in location '${asked}'.`;
  throw new ArmError(409, "InvalidResourceLocation", message);
}

/** One page of a list, with a link to the next one when there is more. */
export function pageOf<T>(call: ArmCall, world: World, items: readonly T[], render: (item: T) => object): Answer {
  const size = world.settings()["page.size"];
  const token = call.query.get("$skipToken");
  const start = token === null ? 0 : Number(token);
  if (!Number.isSafeInteger(start) || start < 0) throw badRequest("InvalidSkipToken", "The skip token is not valid.");
  const value = items.slice(start, start + size).map(render);
  if (start + size >= items.length) return { status: 200, body: { value } };
  const next = new URL(call.url);
  next.searchParams.set("$skipToken", String(start + size));
  return { status: 200, body: { value, nextLink: next.href } };
}

import { ArmError } from "./arm-error.ts";
import { keyOf } from "./resource-ids.ts";
import type { AcceptedWrite, ArmOperation, Effect } from "./resources.ts";
import { type Answer, type ArmCall, param, type World } from "./world.ts";

const apiVersion = "2026-01-01";

export type OperationStart = {
  readonly location: string;
  readonly effect: Effect;
  readonly lock?: string;
  readonly write?: AcceptedWrite;
};

/** Accepts a long-running operation: it takes effect when its time is over, also after a restart. */
export function startOperation(call: ArmCall, world: World, start: OperationStart): ArmOperation {
  dropExpired(world);
  const lasting = world.drawMs(world.settings()["latency.lroMs"]);
  const operation: ArmOperation = {
    ...start,
    id: world.newGuid(),
    subscriptionId: param(call, "s"),
    endsAt: world.now().getTime() + lasting,
    ...(call.failOperationWith ? { failWith: call.failOperationWith } : {}),
  };
  world.store.operations.put(operation);
  return operation;
}

/** Where the client polls: `Azure-AsyncOperation` always, `Location` when the final answer is not the resource itself. */
export function pollingHeaders(call: ArmCall, world: World, operation: ArmOperation, withLocation: boolean) {
  const settings = world.settings();
  const results = pollingUrl(call, operation, "operationResults");
  const statusUrl = settings["lro.pollAt"] === "operationResults" && withLocation ? results : undefined;
  return {
    "azure-asyncoperation": statusUrl ?? pollingUrl(call, operation, "operations"),
    ...(withLocation ? { location: results } : {}),
    "retry-after": String(settings["lro.retryAfterSeconds"]),
  };
}

/** GET `…/operations/{id}`: how far it is. */
export function getOperation(call: ArmCall, world: World): Answer {
  const { outcome } = findOperation(call, world);
  if (!outcome) return { status: 200, body: { status: "InProgress" }, headers: retryAfter(world) };
  if (outcome.status === "Succeeded") return { status: 200, body: { status: "Succeeded" } };
  return { status: 200, body: { status: "Failed", error: outcome.error } };
}

/** GET `…/operationResults/{id}`: 202 while it runs, then what the call would have answered had it been quick. */
export function getOperationResult(call: ArmCall, world: World): Answer {
  const operation = findOperation(call, world);
  const { outcome } = operation;
  if (!outcome) {
    const location = pollingUrl(call, operation, "operationResults");
    return { status: 202, headers: { location, ...retryAfter(world) } };
  }
  if (outcome.status === "Failed") throw new ArmError(409, outcome.error.code, outcome.error.message);
  return outcome.body ? { status: 200, body: outcome.body } : { status: 204 };
}

function findOperation(call: ArmCall, world: World): ArmOperation {
  const operation = world.store.operations.get(param(call, "id"));
  const isHere =
    operation !== undefined &&
    keyOf(operation.subscriptionId) === keyOf(param(call, "s")) &&
    keyOf(operation.location) === keyOf(param(call, "l")) &&
    !isExpired(operation, world);
  if (!isHere) throw new ArmError(404, "OperationNotFound", `Operation '${param(call, "id")}' was not found.`);
  return operation;
}

function isExpired(operation: ArmOperation, world: World): boolean {
  const keptMs = world.settings()["lro.expiresAfterSeconds"] * 1000;
  return operation.outcome !== undefined && operation.endsAt + keptMs < world.now().getTime();
}

function dropExpired(world: World): void {
  for (const operation of world.store.operations.all()) {
    // They lie in the order of their start: whatever follows a living one is younger.
    if (!isExpired(operation, world)) return;
    world.store.operations.drop(operation.id);
  }
}

function pollingUrl(call: ArmCall, operation: ArmOperation, collection: "operations" | "operationResults"): string {
  const { subscriptionId, location, id } = operation;
  const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Network/locations/${location}/${collection}/${id}`;
  return `${call.origin}${path}?api-version=${apiVersion}`;
}

function retryAfter(world: World) {
  return { "retry-after": String(world.settings()["lro.retryAfterSeconds"]) };
}

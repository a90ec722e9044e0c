import type { FinishedWrite } from "./finished-write.ts";
import type { AcceptedWrite } from "./resources.ts";
import type { Route } from "./routes.ts";
import { type ArmCall, param, type World } from "./world.ts";

/** What Event Grid will be told of this call, as far as it is known when the call is accepted. */
export function acceptedWrite(
  call: ArmCall,
  world: World,
  written: { readonly resourceId: string; readonly type: string; readonly created: boolean },
): AcceptedWrite {
  const subscriptionId = param(call, "s");
  const method = call.method === "DELETE" ? "DELETE" : "PUT";
  return {
    resourceId: written.resourceId,
    operationName: `Microsoft.Network/${written.type}/${method === "DELETE" ? "delete" : "write"}`,
    method,
    created: written.created,
    subscriptionId,
    tenantId: world.store.subscriptions.get(subscriptionId)?.tenantId ?? "",
    caller: call.caller,
    ...(call.clientRequestId === undefined ? {} : { clientRequestId: call.clientRequestId }),
    correlationId: call.correlationId,
    url: call.url,
  };
}

export function finishedWrite(
  write: AcceptedWrite,
  world: World,
  end: { readonly succeeded: boolean; readonly target?: FinishedWrite["target"] },
): FinishedWrite {
  const target = end.target ? { target: end.target } : {};
  return { ...write, succeeded: end.succeeded, time: world.now(), ...target };
}

/** A PUT or DELETE that was refused by the rules of the resource itself; undefined for calls that write nothing. */
export function refusedWrite(call: ArmCall, route: Route, path: string, world: World): FinishedWrite | undefined {
  const type = /^Microsoft\.Network\/(.+)\/(?:write|delete)$/.exec(route.action ?? "")?.[1];
  if (type === undefined) return undefined;
  return finishedWrite(acceptedWrite(call, world, { resourceId: path, type, created: false }), world, {
    succeeded: false,
  });
}

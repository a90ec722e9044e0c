import { ArmError, subscriptionNotFound } from "./arm-error.ts";
import type { Subscription } from "./resources.ts";
import { authorizationFailed, hasAnyRole } from "./roles.ts";
import { type Answer, type ArmCall, param, type World } from "./world.ts";

/** GET one subscription, for a caller who holds any role in it. The body is from memory [K]. */
export function getSubscription(call: ArmCall, world: World): Answer {
  const subscription = world.store.subscriptions.get(param(call, "s"));
  if (!subscription) throw subscriptionNotFound(param(call, "s"));
  const scope = `/subscriptions/${subscription.id}`;
  if (!hasAnyRole(world.store.roleAssignments.all(), call.caller.objectId, scope)) {
    throw authorizationFailed(call.caller.objectId, "Microsoft.Resources/subscriptions/read", scope);
  }
  const { id, tenantId, displayName } = subscription;
  return { status: 200, body: { id: scope, subscriptionId: id, tenantId, displayName, state: "Enabled" } };
}

/**
 * The 401 that says to which tenant a subscription belongs (local-azure.md B.7).
 * From memory, never compared with Azure [K/U]: the app takes it as enrichment only.
 */
export function unauthenticated(
  subscription: Subscription | undefined,
  authority: string,
  problem: { readonly code: "AuthenticationFailed" | "ExpiredAuthenticationToken"; readonly message: string },
): ArmError {
  const tenant = subscription?.tenantId ?? "common";
  const description = `error="invalid_token", error_description="${problem.message}"`;
  const challenge = `Bearer authorization_uri="${authority.replace(/\/$/, "")}/${tenant}", ${description}`;
  return new ArmError(401, problem.code, problem.message, { headers: { "www-authenticate": challenge } });
}

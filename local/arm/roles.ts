import { ArmError } from "./arm-error.ts";
import { keyOf } from "./resource-ids.ts";
import type { RoleAssignment } from "./resources.ts";

/** Whether one of the caller's roles allows the action at this scope or above it. */
export function isAllowed(roles: readonly RoleAssignment[], objectId: string, action: string, scope: string): boolean {
  return roles.some(
    (role) =>
      keyOf(role.objectId) === keyOf(objectId) &&
      isWithin(scope, role.scope) &&
      role.actions.some((pattern) => matches(pattern, action)) &&
      !(role.notActions ?? []).some((pattern) => matches(pattern, action)),
  );
}

/** Whether the caller holds any role at this scope, above it or anywhere below it. */
export function hasAnyRole(roles: readonly RoleAssignment[], objectId: string, scope: string): boolean {
  return roles.some(
    (role) => keyOf(role.objectId) === keyOf(objectId) && (isWithin(scope, role.scope) || isWithin(role.scope, scope)),
  );
}

export function authorizationFailed(objectId: string, action: string, scope: string): ArmError {
  const message =
    `The client with object id '${objectId}' does not have authorization to perform action '${action}' over scope ` +
    `'${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
  return new ArmError(403, "AuthorizationFailed", message);
}

/** Whether a scope is the same as another or lies below it. */
export function isWithin(scope: string, above: string): boolean {
  const outer = keyOf(above).replace(/\/$/, "");
  return keyOf(scope) === outer || keyOf(scope).startsWith(`${outer}/`);
}

// Roles are few and are held against every service of a listing: each pattern is compiled once.
const compiled = new Map<string, RegExp>();

function matches(pattern: string, action: string): boolean {
  const known = compiled.get(pattern) ?? compilePattern(pattern);
  compiled.set(pattern, known);
  return known.test(action);
}

function compilePattern(pattern: string): RegExp {
  const expression = pattern
    .split("*")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${expression}$`, "i");
}

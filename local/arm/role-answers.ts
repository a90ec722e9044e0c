import { createHash } from "node:crypto";
import { ArmError, badRequest } from "./arm-error.ts";
import { keyOf } from "./resource-ids.ts";
import type { RoleAssignment } from "./resources.ts";
import { isWithin } from "./roles.ts";
import { type Answer, type ArmCall, pageOf, param, type World } from "./world.ts";

/** GET the role assignments of one principal at a subscription or a group: those given there, above and below, as Azure lists them. */
export function listRoleAssignments(call: ArmCall, world: World): Answer {
  const principal = principalIn(call.query.get("$filter"));
  const { s, rg } = call.params;
  const scope = rg === undefined ? `/subscriptions/${s}` : `/subscriptions/${s}/resourceGroups/${rg}`;
  const found = world.store.roleAssignments
    .all()
    .filter((role) => keyOf(role.objectId) === keyOf(principal))
    .filter((role) => isWithin(scope, role.scope) || isWithin(role.scope, scope));
  return pageOf(call, world, found, (role) => rendered(role, param(call, "s")));
}

/** GET one role. Those of this ARM are made of the actions of its seed: one role for each set of them. */
export function getRoleDefinition(call: ArmCall, world: World): Answer {
  const id = param(call, "d");
  const role = world.store.roleAssignments.all().find((one) => keyOf(roleGuid(one)) === keyOf(id));
  if (!role)
    throw new ArmError(
      404,
      "RoleDefinitionDoesNotExist",
      `The specified role definition with ID '${id}' does not exist.`,
    );
  const { actions, notActions = [] } = role;
  const body = {
    id: definitionId(role, param(call, "s")),
    name: roleGuid(role),
    type: "Microsoft.Authorization/roleDefinitions",
    properties: {
      roleName: nameOf(role),
      type: actions.includes("*") ? "BuiltInRole" : "CustomRole",
      description: "A role of the local ARM, by its seed.",
      assignableScopes: ["/"],
      permissions: [{ actions: [...actions], notActions: [...notActions], dataActions: [], notDataActions: [] }],
    },
  };
  return { status: 200, body };
}

/** The two filters by which one asks for one principal. Groups are not played, so both say the same here. */
function principalIn(filter: string | null): string {
  const [, assigned, equal] = /^(?:assignedTo\('([^']+)'\)|principalId eq '([^']+)')$/i.exec(filter ?? "") ?? [];
  const principal = assigned ?? equal;
  if (principal !== undefined) return principal;
  throw badRequest(
    "UnsupportedQuery",
    "The local ARM lists role assignments by assignedTo('…') or principalId eq '…'.",
  );
}

function rendered(role: RoleAssignment, subscriptionId: string) {
  const name = guidOf(["assignment", role.objectId, role.scope, ...role.actions]);
  return {
    id: `${role.scope.replace(/\/$/, "")}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    name,
    type: "Microsoft.Authorization/roleAssignments",
    properties: {
      roleDefinitionId: definitionId(role, subscriptionId),
      principalId: role.objectId,
      principalType: "ServicePrincipal",
      scope: role.scope,
    },
  };
}

function definitionId(role: RoleAssignment, subscriptionId: string): string {
  return `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${roleGuid(role)}`;
}

function nameOf({ actions }: RoleAssignment): string {
  if (actions.includes("*")) return "Owner";
  return actions.includes("Microsoft.Network/*") ? "Network Contributor" : "plgate connection approver (local)";
}

function roleGuid({ actions, notActions = [] }: RoleAssignment): string {
  return guidOf(["role", ...actions, "but", ...notActions]);
}

function guidOf(parts: readonly string[]): string {
  const hex = createHash("sha256").update(parts.join("\n")).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

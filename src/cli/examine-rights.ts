import type { Azure, Reading } from "../compose-cli.ts";
import { listOf, shortId, textOf } from "./ask-api.ts";
import { bad, type Examined, needsReader, ok, unread } from "./examined.ts";
import {
  excessOf,
  type Grant,
  isOfSubscription,
  isTooWide,
  missingAt,
  neededOn,
  type Permissions,
  type Setting,
} from "./rights.ts";
import type { Surroundings } from "./surroundings.ts";
import { member } from "./where.ts";

const apiVersion = { "api-version": "2022-04-01" };

type How = Pick<Surroundings, "principalId" | "mode" | "revokeBy" | "natPortMetrics" | "tenantId">;

/**
 * The rights of plgate's identity on each watched service: what is missing, and what is too much. Reads assignments and roles,
 * and never tries a right out. `services` are their full ids.
 */
export async function examineRights(azure: Azure, services: readonly string[], how: How): Promise<readonly Examined[]> {
  const { principalId } = how;
  if (principalId === undefined) {
    return [
      bad(
        "skipped",
        "rights",
        "the identity of plgate is not known",
        "Say --principal ID, or set AZURE_IDENTITY_PRINCIPAL_ID.",
      ),
    ];
  }
  if (services.length === 0) {
    const remedy =
      "Set PLGATE_SERVICE_RESOURCE_GROUPS to the groups of your services: azd env set PLGATE_SERVICE_RESOURCE_GROUPS <ids>, azd provision.";
    return [bad("skipped", "rights", "no service is known, neither to the app nor by its settings", remedy)];
  }
  const found = await Promise.all(
    [...bySubscription(services)].map(([subscriptionId, ids]) =>
      ofSubscription(azure, subscriptionId, ids, { ...how, principalId }),
    ),
  );
  return found.flat();
}

function bySubscription(services: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return Map.groupBy(services, (id) => (id.split("/")[2] ?? "").toLowerCase());
}

type Asked = How & { readonly principalId: string };

async function ofSubscription(
  { arm }: Azure,
  subscriptionId: string,
  services: readonly string[],
  how: Asked,
): Promise<readonly Examined[]> {
  const scope = `/subscriptions/${subscriptionId}`;
  const foreign = await tenantOf(arm, scope);
  if (foreign !== undefined && how.tenantId !== undefined && foreign !== how.tenantId.toLowerCase()) {
    const detail = `subscription ${subscriptionId} belongs to tenant ${foreign}: what Lighthouse delegates shows in no role assignment`;
    const remedy = `Its owner sees the delegation: az managedservices assignment list --subscription ${subscriptionId} --include-definition true`;
    return [bad("skipped", "rights", detail, remedy)];
  }
  const whole = await assignmentsAt(arm, scope, how.principalId);
  if (whole.kind === "read") return judged(arm, { scope, services, assignments: whole.value }, how);
  // Whoever may not read the whole subscription may still read the groups of the services.
  const groups = [...Map.groupBy(services, (id) => id.split("/").slice(0, 5).join("/").toLowerCase())];
  const found = groups.map(async ([group, ids]) => {
    const there = await assignmentsAt(arm, group, how.principalId);
    if (there.kind === "read") return judged(arm, { scope: group, services: ids, assignments: there.value }, how);
    const absent = bad(
      "failed",
      "rights",
      `${group} is not there`,
      "Is it the right group? az group show --name <name> --subscription <id>",
    );
    return [unread("rights", there, { absent, needs: needsReader(group) })];
  });
  return (await Promise.all(found)).flat();
}

async function tenantOf(arm: Azure["arm"], scope: string): Promise<string | undefined> {
  const reading = await arm.one(scope, { query: { "api-version": "2022-12-01" } });
  return reading.kind === "read" ? textOf(reading.value, "tenantId")?.toLowerCase() : undefined;
}

/** Everything that was given to the identity at this scope, above and below, its groups included. */
function assignmentsAt(arm: Azure["arm"], scope: string, principalId: string): Promise<Reading<readonly unknown[]>> {
  const query = { ...apiVersion, $filter: `assignedTo('${principalId}')` };
  return arm.all(`${scope}/providers/Microsoft.Authorization/roleAssignments`, { query });
}

/** Roles are read at the scope that was asked: whoever may read a group alone may read there which roles it knows. */
async function judged(
  arm: Azure["arm"],
  {
    scope,
    services,
    assignments,
  }: { readonly scope: string; readonly services: readonly string[]; readonly assignments: readonly unknown[] },
  how: Asked,
): Promise<readonly Examined[]> {
  const names = new Set(assignments.map(roleOf));
  const read = [...names].map(async (name) => {
    const path = `${scope}/providers/Microsoft.Authorization/roleDefinitions/${name}`;
    return [name, await arm.one(path, { query: apiVersion })] as const;
  });
  const readings = await Promise.all(read);
  const grants = assignments.flatMap((one) => grantIn(one, new Map(readings), how.principalId));
  const hidden = readings.filter(([, { kind }]) => kind !== "read").map(([name]) => name);
  if (hidden.length === 0) return judgeRights(services, grants, how);
  const detail = `role(s) ${hidden.join(", ")} could not be read: what they allow is not known`;
  const needs = "You need Microsoft.Authorization/roleDefinitions/read, which Reader has.";
  // What is missing may be in one of those; what is too many stays too many.
  const sure = judgeRights(services, grants, how).filter(({ status }) => status !== "failed");
  return [...sure, bad("skipped", "rights", detail, needs)];
}

function roleOf(assignment: unknown): string {
  return shortId(textOf(member(assignment, "properties"), "roleDefinitionId"));
}

function grantIn(one: unknown, roles: ReadonlyMap<string, Reading>, principalId: string): readonly Grant[] {
  const properties = member(one, "properties");
  const role = roles.get(roleOf(one));
  if (role?.kind !== "read") return [];
  const definition = member(role.value, "properties");
  const holder = textOf(properties, "principalId");
  return [
    {
      assignmentId: textOf(one, "id") ?? "",
      scope: textOf(properties, "scope") ?? "",
      roleName: textOf(definition, "roleName") ?? "a role without a name",
      permissions: listOf(definition, "permissions").map(permissionsIn),
      viaGroup: holder === null || holder.toLowerCase() === principalId.toLowerCase() ? null : holder,
    },
  ];
}

function permissionsIn(value: unknown): Permissions {
  const texts = (name: string) => listOf(value, name).filter((one) => typeof one === "string");
  return { actions: texts("actions"), notActions: texts("notActions") };
}

/** The findings for services of one subscription, by what was granted. Pure. */
export function judgeRights(services: readonly string[], grants: readonly Grant[], how: Setting): readonly Examined[] {
  return [...services.map((id) => ofService(id, grants, how)), ...grants.flatMap((grant) => tooManyIn(grant, how))];
}

const repair = "azd hooks run postprovision (it writes roles and assignments anew); new rights take some minutes";

function ofService(id: string, grants: readonly Grant[], how: Setting): Examined {
  const check = `rights: ${shortId(id)}`;
  const needed = neededOn(how);
  const onService = needed.filter((action) => !isOfSubscription(action));
  const missing = [
    ...missingAt(id, onService, grants),
    ...missingAt(id.split("/").slice(0, 3).join("/"), needed.filter(isOfSubscription), grants),
  ];
  if (missing.length > 0) {
    const group = id.split("/").slice(0, 5).join("/");
    const remedy = `Is ${group} in PLGATE_SERVICE_RESOURCE_GROUPS? Then: ${repair}`;
    return bad("failed", check, `plgate may not ${missing.join(", ")}`, remedy);
  }
  return ok(
    check,
    `plgate may do what it does there${how.mode === undefined ? "" : ` in ${how.mode}`}: ${needed.join(", ")}`,
  );
}

function tooManyIn(grant: Grant, how: Setting): readonly Examined[] {
  const could = excessOf(grant, how);
  const wide = isTooWide(grant);
  if (could.length === 0 && !wide) return [];
  const where = grant.scope === "/" ? "the whole tenant" : grant.scope;
  const said = [
    ...(wide ? ["it holds far beyond the groups of the services"] : []),
    ...could.map((one) => `it could ${one}`),
  ];
  const detail = `"${grant.roleName}" on ${where} is more than plgate uses: ${said.join("; ")}`;
  return [bad("warning", `too many rights: ${grant.roleName}`, detail, takeAway(grant))];
}

function takeAway({ assignmentId, viaGroup }: Grant): string {
  const command = `az role assignment delete --ids ${assignmentId}`;
  if (viaGroup === null) return command;
  return `The group ${viaGroup} holds it: take plgate out of that group, az ad group member remove --group ${viaGroup} --member-id $AZURE_IDENTITY_PRINCIPAL_ID`;
}

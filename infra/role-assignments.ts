import { listed } from "./deploy-template.ts";
import { type Answer, type Environment, type Outside, readJson, text } from "./outside.ts";

/**
 * Reads and takes away role assignments and custom roles of this deployment.
 *
 * Two things have to agree before anything is deleted: an assignment is one of plgate's own identity (or of one of its topics),
 * and a role bears the name that rights.bicep gives it for this environment. Whatever else lies in a group is left alone.
 */

export type Assignment = {
  readonly id: string;
  readonly scope: string;
  /** Name of the role, or its id where the name could not be read. */
  readonly role: string;
};

export type Role = { readonly id: string; readonly name: string };

/** What was asked for, or why it could not be read. */
export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly output: string };

const apiVersion = "api-version=2022-04-01";

/** The custom roles of this environment, by the names that rights.bicep gives them: "plgate … (<environment> <token>)". */
export async function listRoles(environment: Environment, { az }: Outside): Promise<Read<readonly Role[]>> {
  const token = (environment["AZURE_DATA_ACCOUNT"] ?? "").replace(/^plgatedata/, "");
  const suffix = ` (${environment["AZURE_ENV_NAME"]} ${token})`;
  const url = `${subscriptionPath(environment)}/providers/Microsoft.Authorization/roleDefinitions`;
  const found = await readPages(url, "$filter=atScopeAndBelow()", az);
  if (!found.ok) return found;
  const roles = found.value
    .filter((role) => text(role, "properties", "type") === "CustomRole")
    .map((role) => ({ id: text(role, "id"), name: text(role, "properties", "roleName") }))
    .filter(({ name }) => token !== "" && name.startsWith("plgate ") && name.endsWith(suffix));
  return { ok: true, value: roles };
}

/** All pages of a list of ARM. */
async function readPages(url: string, filter: string, az: Outside["az"]): Promise<Read<readonly unknown[]>> {
  const found: unknown[] = [];
  let answer = await az([
    "rest",
    "--method",
    "GET",
    "--url",
    url,
    "--output",
    "json",
    "--url-parameters",
    apiVersion,
    filter,
  ]);
  for (;;) {
    if (!answer.ok) return { ok: false, output: answer.output };
    found.push(...listed(answer.output));
    const next = text(readJson(answer.output), "nextLink");
    if (next === "") return { ok: true, value: found };
    answer = await az(["rest", "--method", "GET", "--url", next, "--output", "json"]);
  }
}

function subscriptionPath(environment: Environment): string {
  return `/subscriptions/${environment["AZURE_SUBSCRIPTION_ID"] ?? ""}`;
}

/** What one principal was given in one subscription. A principal that is gone can still be asked for. */
export async function listAssignments(
  subscription: string,
  principal: string,
  roles: readonly Role[],
  { az }: Outside,
): Promise<Read<readonly Assignment[]>> {
  const url = `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleAssignments`;
  const found = await readPages(url, `$filter=principalId eq '${principal}'`, az);
  if (!found.ok) return found;
  const ofPrincipal = found.value.filter(
    // The filter of the service is trusted with nothing: what is deleted was given to this principal.
    (one) => text(one, "properties", "principalId").toLowerCase() === principal.toLowerCase(),
  );
  return { ok: true, value: ofPrincipal.map((one) => readAssignment(one, roles)) };
}

function readAssignment(one: unknown, roles: readonly Role[]): Assignment {
  const roleId = text(one, "properties", "roleDefinitionId");
  const role = roles.find(({ id }) => lastPart(id) === lastPart(roleId));
  return { id: text(one, "id"), scope: text(one, "properties", "scope"), role: role?.name ?? roleId };
}

/** A role that is assignable in two subscriptions has an id in each; its last part is the same. */
function lastPart(id: string): string {
  return id.split("/").at(-1)?.toLowerCase() ?? "";
}

/** Takes away an assignment or a custom role. One that is gone already is as good. */
export async function takeAway(id: string, { az }: Outside): Promise<Answer> {
  const answer = await az(["rest", "--method", "DELETE", "--url", `${id}?${apiVersion}`, "--output", "none"]);
  const gone = /NotFound|Not Found|does not exist/i.test(answer.output);
  return answer.ok || gone ? { ok: true, output: "" } : answer;
}

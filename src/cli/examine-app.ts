import type { Azure } from "../compose-cli.ts";
import { textOf } from "./ask-api.ts";
import { bad, type Examined, needsReader, ok, unread } from "./examined.ts";
import type { Surroundings } from "./surroundings.ts";
import { member } from "./where.ts";

type How = Pick<Surroundings, "subscriptionId" | "group" | "functionApp" | "identityId" | "isLocal">;

const check = "function app";
/** As infra/modules/function-app.bicep sets it. */
const nodeVersion = "24";

/** The function app as Azure has it. Its settings are not read: they hold secrets, and health tells what counts. */
export async function examineFunctionApp({ arm }: Azure, how: How): Promise<readonly Examined[]> {
  const { subscriptionId, group, functionApp } = how;
  if (how.isLocal)
    return [
      bad("skipped", check, "the local stack has none as a resource", "It runs as a process: see .local/host.log."),
    ];
  if (!subscriptionId || !group || !functionApp) return [bad("skipped", check, "its name is not known", azdValues)];
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.Web/sites/${functionApp}`;
  const site = await arm.one(id, { query: { "api-version": "2024-11-01" } });
  if (site.kind === "read") return judgeFunctionApp(site.value, how);
  const absent = bad("failed", check, `there is no function app ${functionApp} in ${group}`, "azd provision");
  return [
    unread(check, site, { absent, needs: needsReader(`/subscriptions/${subscriptionId}/resourceGroups/${group}`) }),
  ];
}

/** Where the names of a deployment come from. */
export const azdValues = 'set -a; eval "$(azd env get-values)"; set +a';

/** The findings about a site of Microsoft.Web. Pure. */
export function judgeFunctionApp(site: unknown, { functionApp, group, identityId }: How): readonly Examined[] {
  const properties = member(site, "properties");
  const at = `--name ${functionApp} --resource-group ${group}`;
  const state = textOf(properties, "state") ?? "unknown";
  const identities = Object.keys(Object(member(member(site, "identity"), "userAssignedIdentities")));
  const isOurs = (id: string) => identityId === undefined || id.toLowerCase() === identityId.toLowerCase();
  const faults = [
    [state === "Running", `it is ${state}`, `az functionapp start ${at}`],
    [
      member(properties, "httpsOnly") === true,
      "it answers without TLS, too",
      `az functionapp update ${at} --set httpsOnly=true`,
    ],
    [
      identities.some(isOurs),
      "it does not have the identity of plgate",
      `az functionapp identity assign ${at} --identities ${identityId ?? "$AZURE_IDENTITY_ID"}`,
    ],
  ] as const;
  const found = faults.filter(([isFine]) => !isFine).map(([, detail, remedy]) => bad("failed", check, detail, remedy));
  return [...found, runtimeOf(properties)];
}

function runtimeOf(properties: unknown): Examined {
  const runtime = member(member(properties, "functionAppConfig"), "runtime");
  const said = [textOf(runtime, "name") ?? "an unknown runtime", textOf(runtime, "version") ?? ""].join(" ").trim();
  if (said === `node ${nodeVersion}`) return ok(`${check}: runtime`, said);
  return bad("warning", `${check}: runtime`, `${said}; plgate is tested on node ${nodeVersion}`, "azd provision");
}

import { listed } from "./deploy-template.ts";
import { type Environment, items, member, type Outside, readJson, text } from "./outside.ts";
import { type GroupAddress, serviceGroups, takesConnectionsAway, watchedSubscriptions } from "./settings.ts";

/**
 * What Azure would refuse later, asked before anything is made: sign-in, providers, region, groups, rights and names.
 *
 * It reads, with one exception: providers that are not registered are registered, as Azure would do at the deployment. What
 * cannot be found out is said and stops nothing: a check that guesses would stand in the way of people who may.
 */

/** `refused` stops the deployment; `unknown` is only told. */
export type Finding = { readonly kind: "refused" | "unknown"; readonly what: string };

const refused = (what: string): readonly Finding[] => [{ kind: "refused", what }];
const unknown = (what: string, output: string): readonly Finding[] => [
  { kind: "unknown", what: `${what} Azure said: ${output.trim().split("\n")[0] ?? ""}` },
];

/** Everything that stands in the way. Without a sign-in nothing more is asked. */
export async function checkAzure(environment: Environment, outside: Outside): Promise<readonly Finding[]> {
  const account = await checkAccount(environment, outside);
  if (account.length > 0) return account;
  const findings = [await checkProviders(environment, outside), await checkRegion(environment, outside)];
  findings.push(await checkRights(own(environment), "the subscription of the deployment", ownActions, outside));
  for (const group of serviceGroups(environment)) findings.push(await checkGroup(group, environment, outside));
  for (const id of subscriptionsWithOperations(environment)) {
    findings.push(await checkRights(`/subscriptions/${id}`, "a subscription of services", groupActions, outside));
  }
  return findings.flat();
}

/** Where connections are removed, plgate reads the state of operations, which Azure keeps under the subscription. */
function subscriptionsWithOperations(environment: Environment): readonly string[] {
  const removes = takesConnectionsAway(environment);
  const others = serviceGroups(environment).map(({ subscription }) => subscription);
  const own = environment["AZURE_SUBSCRIPTION_ID"]?.toLowerCase();
  return removes ? [...new Set(others)].filter((id) => id !== own) : [];
}

function own(environment: Environment): string {
  return `/subscriptions/${environment["AZURE_SUBSCRIPTION_ID"] ?? ""}`;
}

async function checkAccount(environment: Environment, { az, azd }: Outside): Promise<readonly Finding[]> {
  const id = environment["AZURE_SUBSCRIPTION_ID"] ?? "";
  const hasAzd = await azd(["version"]);
  if (!hasAzd.ok) return refused(`The Azure Developer CLI does not run: ${hasAzd.output}`);
  const shown = await az(["account", "show", "--subscription", id, "--output", "json"]);
  if (!shown.ok) {
    const more = /not installed/.test(shown.output)
      ? ""
      : `\n  az login, and then az account list --output table: is ${id} there?`;
    return refused(`The Azure CLI cannot use the subscription ${id}: ${shown.output}${more}`);
  }
  const account = readJson(shown.output);
  const tenant = environment["AZURE_TENANT_ID"] ?? "";
  if (tenant !== "" && tenant.toLowerCase() !== text(account, "tenantId").toLowerCase()) {
    return refused(
      `az is signed in to the tenant ${text(account, "tenantId")}, but AZURE_TENANT_ID is ${tenant}.\n  az login --tenant ${tenant}`,
    );
  }
  const state = text(account, "state");
  if (state !== "" && state !== "Enabled")
    return refused(`The subscription ${id} is ${state}: nothing can be made in it.`);
  return [];
}

/** Providers of the resources in the templates, and for which switch. */
function neededProviders(environment: Environment): readonly string[] {
  const isPrivate = environment["PLGATE_NETWORK"] === "private";
  return [
    ...["Microsoft.Web", "Microsoft.Storage", "Microsoft.ManagedIdentity"],
    ...["Microsoft.Insights", "Microsoft.OperationalInsights"],
    ...(isPrivate ? ["Microsoft.Network", "Microsoft.App"] : []),
    ...(environment["PLGATE_TEAMS_BOT"] === "true" ? ["Microsoft.BotService"] : []),
    ...(environment["PLGATE_PUBLISH_DECISIONS"] === "true" ? ["Microsoft.EventGrid"] : []),
  ];
}

async function checkProviders(environment: Environment, outside: Outside): Promise<readonly Finding[]> {
  const own = environment["AZURE_SUBSCRIPTION_ID"]?.toLowerCase() ?? "";
  const wanted = new Map<string, Set<string>>([[own, new Set(neededProviders(environment))]]);
  const watched = environment["PLGATE_EVENTS"] === "false" ? [] : watchedSubscriptions(environment);
  for (const id of watched) wanted.set(id, (wanted.get(id) ?? new Set()).add("Microsoft.EventGrid"));
  const findings: Finding[] = [];
  for (const [subscription, names] of wanted) {
    findings.push(...(await checkProvidersOf(subscription, [...names], environment, outside)));
  }
  return findings;
}

async function checkProvidersOf(
  subscription: string,
  names: readonly string[],
  environment: Environment,
  { az, say }: Outside,
): Promise<readonly Finding[]> {
  const query = "[].{namespace:namespace,state:registrationState}";
  const shown = await az(["provider", "list", "--subscription", subscription, "--query", query, "--output", "json"]);
  if (!shown.ok) return unknown(`The providers of the subscription ${subscription} could not be listed.`, shown.output);
  const registered = new Set(
    listed(shown.output)
      .filter((provider) => /^Register/.test(text(provider, "state")))
      .map((provider) => text(provider, "namespace").toLowerCase()),
  );
  const findings: Finding[] = [];
  for (const name of names.filter((one) => !registered.has(one.toLowerCase()))) {
    const args = ["provider", "register", "--namespace", name, "--subscription", subscription, "--wait"];
    if (environment["PLGATE_REGISTER_PROVIDERS"] === "false") {
      findings.push(
        ...refused(
          `The provider ${name} is not registered in the subscription ${subscription}.\n  az ${args.join(" ")}`,
        ),
      );
      continue;
    }
    say(`Registering the provider ${name} in the subscription ${subscription}.`);
    const done = await az(args);
    if (!done.ok) {
      const who = "Whoever may register providers there runs";
      findings.push(
        ...refused(`The provider ${name} could not be registered: ${done.output}\n  ${who} az ${args.join(" ")}`),
      );
    }
  }
  return findings;
}

const plain = (region: string) => region.toLowerCase().replaceAll(/[\s()-]/g, "");

async function checkRegion(environment: Environment, { az }: Outside): Promise<readonly Finding[]> {
  const region = environment["AZURE_LOCATION"] ?? "";
  const shown = await az(["functionapp", "list-flexconsumption-locations", "--output", "json"]);
  const regions = shown.ok ? listed(shown.output).map((one) => text(one, "name") || String(one)) : [];
  if (regions.length === 0) return unknown("The regions with Flex Consumption could not be listed.", shown.output);
  if (regions.some((one) => plain(one) === plain(region))) return [];
  return refused(
    `${region} does not offer Flex Consumption. azd env set AZURE_LOCATION <one of these>:\n  ${regions.map(plain).sort().join(", ")}`,
  );
}

const ownActions = [
  "Microsoft.Resources/deployments/write",
  "Microsoft.Resources/subscriptions/resourceGroups/write",
  "Microsoft.Authorization/roleDefinitions/write",
  "Microsoft.Authorization/roleAssignments/write",
];
const groupActions = [
  "Microsoft.Resources/deployments/write",
  "Microsoft.Authorization/roleDefinitions/write",
  "Microsoft.Authorization/roleAssignments/write",
];

/** What the person may do at a scope, by the permissions that Azure lists for them there. */
async function checkRights(
  scope: string,
  name: string,
  actions: readonly string[],
  { az }: Outside,
): Promise<readonly Finding[]> {
  const url = `${scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`;
  const shown = await az(["rest", "--method", "GET", "--url", url, "--output", "json"]);
  const permissions = shown.ok ? listed(shown.output) : [];
  if (permissions.length === 0) return unknown(`What you may do on ${name} could not be read.`, shown.output);
  const lacking = actions.filter((action) => !permissions.some((permission) => allows(permission, action)));
  if (lacking.length === 0) return [];
  const roles = "Owner, or Contributor with User Access Administrator, holds them";
  return refused(
    `You lack rights on ${name} (${scope}): ${lacking.join(", ")}.\n  ${roles}. An eligible role has to be activated first.`,
  );
}

/** Whether one permission covers an action: the rule of Azure's roles, `*` standing for any text, case without meaning. */
export function allows(permission: unknown, action: string): boolean {
  const covers = (name: string) => items(member(permission, name)).some((pattern) => matches(String(pattern), action));
  return covers("actions") && !covers("notActions");
}

function matches(pattern: string, action: string): boolean {
  const escaped = pattern
    .toLowerCase()
    .replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`).test(action.toLowerCase());
}

async function checkGroup(
  group: GroupAddress,
  environment: Environment,
  outside: Outside,
): Promise<readonly Finding[]> {
  const shown = await outside.az([
    ...["group", "show", "--name", group.name, "--subscription", group.subscription, "--output", "json"],
  ]);
  const id = `/subscriptions/${group.subscription}/resourceGroups/${group.name}`;
  if (!shown.ok && /ResourceGroupNotFound|SubscriptionNotFound|could not be found|doesn't exist/i.test(shown.output)) {
    return refused(
      `PLGATE_SERVICE_RESOURCE_GROUPS: ${id} is not there, or az is signed in to another tenant.\n  ${shown.output}`,
    );
  }
  if (!shown.ok) return unknown(`The resource group ${id} could not be looked at.`, shown.output);
  // azd down deletes whatever carries its tag, customers' production or not.
  if (text(readJson(shown.output), "tags", "azd-env-name") === environment["AZURE_ENV_NAME"]) {
    return refused(
      `${id} has the tag azd-env-name of this very environment: azd down would delete it with all that is in it.\n  az tag update --resource-id ${id} --operation Delete --tags azd-env-name=${environment["AZURE_ENV_NAME"]}`,
    );
  }
  return checkRights(id, "the resource group of services", groupActions, outside);
}

/**
 * Whether names that must be unique in all of Azure are free, or ours already. They hold the token of the data account, so they
 * are known once that is made; a name that is taken would stop the deployment halfway.
 */
export async function checkNames(environment: Environment, { az }: Outside): Promise<readonly Finding[]> {
  const token = (environment["AZURE_DATA_ACCOUNT"] ?? "").replace(/^plgatedata/, "");
  if (token === "") return [];
  const subscription = environment["AZURE_SUBSCRIPTION_ID"] ?? "";
  const account = `plgatehost${token}`;
  const shown = await az([
    ...["storage", "account", "check-name", "--name", account, "--subscription", subscription, "--output", "json"],
  ]);
  if (!shown.ok) return unknown(`Whether the name ${account} is free could not be found out.`, shown.output);
  if (member(readJson(shown.output), "nameAvailable") !== false) return [];
  const found = await az(["resource", "list", "--subscription", subscription, "--name", account, "--output", "json"]);
  if (!found.ok)
    return unknown(`Whether the account ${account} is this deployment's could not be found out.`, found.output);
  if (listed(found.output).length > 0) return [];
  return refused(
    `The storage account name ${account} is taken in another subscription. Names follow from environment, subscription and region:\n  azd env new <another name>`,
  );
}

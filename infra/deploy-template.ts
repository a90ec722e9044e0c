import { createHash } from "node:crypto";
import { type Answer, type Environment, items, member, type Outside, readJson, text } from "./outside.ts";
import { watchedSubscriptions } from "./settings.ts";

/**
 * Deployments that azd does not know: record, rights, watch and estate.
 *
 * `azd down` deletes every resource group that a deployment of azd's reached into. What must outlive it, and what lies in
 * other people's groups, is therefore deployed here, under names that azd cannot take for its own.
 */

/** A value of a template's parameter. */
export type Parameters = Readonly<Record<string, string | number | boolean>>;

export type Deployment = {
  readonly template: "record" | "main" | "rights" | "watch" | "estate";
  /** Where to: a subscription, or a management group. */
  readonly at: { readonly subscription: string } | { readonly managementGroup: string; readonly subscription: string };
  readonly environmentName: string;
  readonly location: string;
  readonly parameters: Parameters;
};

/** How often and how long apart to try, and which refusals pass by themselves. */
export type Patience = { readonly times: number; readonly every: number; readonly passes: (output: string) => boolean };

/** Made, with the template's outputs, or refused. */
export type Deployed =
  | { readonly ok: true; readonly outputs: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly output: string };

const once: Patience = { times: 1, every: 0, passes: () => false };

/** Deploys a template of this folder; what is there already stays as it is. */
export async function deployTemplate(deployment: Deployment, outside: Outside, patience = once): Promise<Deployed> {
  const args = [...(await command(deployment, "create", outside)), "--query", "properties.outputs", "--output", "json"];
  let last = await outside.az(args);
  for (let attempt = 1; attempt < patience.times && !last.ok && patience.passes(last.output); attempt += 1) {
    outside.say(`Not yet (attempt ${attempt} of ${patience.times}), trying again in ${patience.every / 1000} s.`);
    await outside.wait(patience.every);
    last = await outside.az(args);
  }
  return last.ok ? { ok: true, outputs: readOutputs(last.output) } : { ok: false, output: last.output };
}

/** What a deployment would change, in the words of Azure's what-if. It asks for rights to read, not to write. */
export async function previewTemplate(deployment: Deployment, outside: Outside): Promise<Answer> {
  return outside.az([...(await command(deployment, "what-if", outside)), "--validation-level", "ProviderNoRbac"]);
}

async function command(deployment: Deployment, verb: "create" | "what-if", outside: Outside): Promise<string[]> {
  const { at, template, environmentName, location } = deployment;
  const values = Object.fromEntries(Object.entries(deployment.parameters).map(([name, value]) => [name, { value }]));
  const schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#";
  const file = await outside.file(JSON.stringify({ $schema: schema, contentVersion: "1.0.0.0", parameters: values }));
  return [
    ...("managementGroup" in at
      ? ["deployment", "mg", verb, "--management-group-id", at.managementGroup]
      : ["deployment", "sub", verb]),
    ...["--subscription", at.subscription, "--location", location],
    ...["--name", deploymentName(template, environmentName, location)],
    ...["--template-file", `infra/${template}.bicep`, "--parameters", `@${file}`, "--only-show-errors"],
  ];
}

/**
 * The name of a deployment: the same for the same environment and region, because Azure refuses a name in a second region.
 *
 * azd takes a deployment for its own not only by tag. Where no tag is found, one whose name holds the name of the
 * environment will do, and `azd down` then deletes its groups. So the name never holds it: the first form has no digit, and
 * whatever is part of it has none either and is not part of the second, which has digits only.
 */
export function deploymentName(template: string, environmentName: string, location: string): string {
  const digest = createHash("sha256").update(`${template}\n${environmentName}\n${location}`).digest();
  const letters = [...digest.subarray(0, 12)].map((byte) => String.fromCharCode(97 + (byte % 26))).join("");
  const name = `plgate-${template}-${letters}`;
  if (!name.includes(environmentName)) return name;
  return [...digest.subarray(0, 12)].map((byte) => String(byte).padStart(3, "0")).join("");
}

/** Outputs by their name in capitals: Azure gives AZURE_X back as azurE_X. */
function readOutputs(output: string): Readonly<Record<string, string>> {
  const outputs = readJson(output);
  const entries = typeof outputs === "object" && outputs !== null ? Object.keys(outputs) : [];
  return Object.fromEntries(entries.map((name) => [name.toUpperCase(), text(outputs, name, "value")]));
}

/** Where azd's environment lies. */
function place(environment: Environment): Pick<Deployment, "environmentName" | "location"> & { subscription: string } {
  return {
    environmentName: environment["AZURE_ENV_NAME"] ?? "",
    location: environment["AZURE_LOCATION"] ?? "",
    subscription: environment["AZURE_SUBSCRIPTION_ID"] ?? "",
  };
}

function isOn(value: string | undefined, otherwise: boolean): boolean {
  return value ? value === "true" : otherwise;
}

/** The group and account that keep the record of decisions. */
export function recordDeployment(environment: Environment): Deployment {
  const { environmentName, location, subscription } = place(environment);
  return {
    template: "record",
    at: { subscription },
    environmentName,
    location,
    parameters: {
      environmentName,
      location,
      dataSku: environment["PLGATE_DATA_SKU"] || "Standard_ZRS",
      auditRetentionDays: Number(environment["PLGATE_AUDIT_RETENTION_DAYS"] || 365),
      auditPoliciesLocked: isOn(environment["PLGATE_AUDIT_POLICIES_LOCKED"], false),
      network: environment["PLGATE_NETWORK"] || "public",
      allowedAddresses: environment["PLGATE_ALLOWED_ADDRESSES"] ?? "",
    },
  };
}

/**
 * main.bicep for a preview, with the values that azd would give it. azd alone deploys it. The webhooks are left out: they are
 * secret, and nothing in a preview depends on them.
 */
export function mainDeployment(environment: Environment, parameterFile: string): Deployment {
  const { environmentName, location, subscription } = place(environment);
  const declared = member(readJson(parameterFile), "parameters");
  const names = typeof declared === "object" && declared !== null ? Object.keys(declared) : [];
  const values = names
    .filter((name) => name !== "teamsWebhooks")
    .map((name): [string, string] => [name, fillIn(text(declared, name, "value"), environment)])
    .filter(([, value]) => value !== "")
    .map(([name, value]): [string, string | number | boolean] => [name, typed(name, value)]);
  return { template: "main", at: { subscription }, environmentName, location, parameters: Object.fromEntries(values) };
}

function fillIn(value: string, environment: Environment): string {
  return value.replaceAll(
    /\$\{(\w+)(?:=([^}]*))?\}/g,
    (_, name: string, otherwise = "") => environment[name] || otherwise,
  );
}

/** azd turns its texts into what the template declares; a preview has to do it by itself. */
function typed(name: string, value: string): string | number | boolean {
  if (["alertOldestHours", "alertSweepMinutes"].includes(name)) return Number(value);
  return value === "true" || value === "false" ? value === "true" : value;
}

/** Roles and assignments of plgate's identity. */
export function rightsDeployment(environment: Environment): Deployment {
  const { environmentName, location, subscription } = place(environment);
  return {
    template: "rights",
    at: { subscription },
    environmentName,
    location,
    parameters: {
      environmentName,
      location,
      principalId: environment["AZURE_IDENTITY_PRINCIPAL_ID"] ?? "",
      dataAccountName: environment["AZURE_DATA_ACCOUNT"] ?? "",
      recordGroupName: environment["AZURE_RECORD_GROUP"] ?? "",
      ...rightsSwitches(environment),
    },
  };
}

function rightsSwitches(environment: Environment): Parameters {
  return {
    serviceResourceGroups: environment["PLGATE_SERVICE_RESOURCE_GROUPS"] ?? "",
    mode: environment["PLGATE_MODE"] || "observe",
    revokeBy: environment["PLGATE_REVOKE_BY"] || "reject",
    natPortMetrics: environment["PLGATE_NAT_PORT_METRICS"] || "off",
    operatorsGroupId: environment["PLGATE_OPERATORS"] ?? "",
  };
}

/** Topics and event subscriptions in one watched subscription. */
export function watchDeployment(environment: Environment, watched: string): Deployment {
  const { environmentName, location } = place(environment);
  return {
    template: "watch",
    at: { subscription: watched },
    environmentName,
    location,
    parameters: { environmentName, location, ...watchSwitches(environment) },
  };
}

function watchSwitches(environment: Environment): Parameters {
  const subscription = environment["AZURE_SUBSCRIPTION_ID"] ?? "";
  const group = environment["AZURE_RESOURCE_GROUP"] ?? "";
  const app = environment["AZURE_FUNCTION_APP"] ?? "";
  return {
    functionAppId: `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Web/sites/${app}`,
    recordSubscriptionId: subscription,
    recordGroupName: environment["AZURE_RECORD_GROUP"] ?? "",
    dataAccountName: environment["AZURE_DATA_ACCOUNT"] ?? "",
    deadLetterContainerName: environment["AZURE_DEAD_LETTER_CONTAINER"] ?? "",
    subscriptionEvents: isOn(environment["PLGATE_EVENTS"], true),
    resourceNotifications: isOn(environment["PLGATE_RESOURCE_NOTIFICATIONS"], false),
  };
}

/** Whether anything of Event Grid is wanted. */
export function wantsEvents(environment: Environment): boolean {
  return isOn(environment["PLGATE_EVENTS"], true) || isOn(environment["PLGATE_RESOURCE_NOTIFICATIONS"], false);
}

/** Rights and events of many subscriptions in one deployment at a management group; rights alone before the code is there. */
export function estateDeployment(environment: Environment, what: "rights" | "rights and events"): Deployment {
  const { environmentName, location, subscription } = place(environment);
  const watch = watchSwitches(environment);
  return {
    template: "estate",
    at: { managementGroup: environment["PLGATE_MANAGEMENT_GROUP"] ?? "", subscription },
    environmentName,
    location,
    parameters: {
      environmentName,
      location,
      principalId: environment["AZURE_IDENTITY_PRINCIPAL_ID"] ?? "",
      ...rightsSwitches(environment),
      ...watch,
      functionAppId: what === "rights" ? "" : (watch["functionAppId"] ?? ""),
      watchedSubscriptions: watchedSubscriptions(environment).join(","),
    },
  };
}

/** Whether a list of ARM (`value`, or the list itself) holds something; what cannot be read holds nothing. */
export function listed(output: string): readonly unknown[] {
  const parsed = readJson(output);
  return items(member(parsed, "value") ?? parsed);
}

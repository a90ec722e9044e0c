import { type Environment, list } from "./outside.ts";

/**
 * The values of azd's environment, looked at before anything is made: all faults at once, each with the name of its
 * variable and what to do. The templates refuse most of them too, but minutes later, one at a time and in ARM's words.
 */

/** What is wrong with one value. */
export type Fault = { readonly name: string; readonly why: string };

/** A check of one value: why it will not do, or nothing. Empty values are not looked at unless the check says so. */
type Check = (value: string) => string | undefined;

export const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** What Azure allows in the name of a resource group: letters of any language, digits and -_.() but no full stop at its end. */
const groupId = /^\/subscriptions\/([0-9a-f-]{36})\/resourceGroups\/([-\w.()\p{L}\p{N}]{0,89}[-\w()\p{L}\p{N}])$/iu;

const isGuid: Check = (value) => (guid.test(value) ? undefined : "is not an id (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)");
const isSwitch: Check = (value) => (["true", "false"].includes(value) ? undefined : "must be true or false");
const isSchedule: Check = (value) =>
  value.trim().split(/\s+/).length === 6
    ? undefined
    : "is not a schedule of six fields (second minute hour day month weekday)";

function oneOf(...words: readonly string[]): Check {
  return (value) => (words.includes(value) ? undefined : `must be one of ${words.join(", ")}`);
}

function each(check: Check): Check {
  return (value) => {
    const wrong = list(value).filter((item) => check(item) !== undefined);
    const [first] = wrong;
    return first === undefined ? undefined : `${JSON.stringify(first)} ${check(first)}`;
  };
}

function wholeNumber(least: number, most: number): Check {
  return (value) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most ? undefined : `must be a whole number from ${least} to ${most}`;
  };
}

const isAddress: Check = (value) => {
  const [address = "", bits, more] = value.split("/");
  const numbers = address.split(".");
  const isOne = numbers.length === 4 && numbers.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  if (!isOne || more !== undefined) return "is not an IPv4 address or range (a.b.c.d or a.b.c.d/n)";
  if (bits === undefined) return undefined;
  // The firewall of a storage account takes ranges up to /30; the template writes /32 without its prefix.
  return /^\d{1,2}$/.test(bits) && (Number(bits) <= 30 || bits === "32")
    ? undefined
    : "is a range that a storage account refuses: n is 30 at most";
};

const isNetwork: Check = (value) => {
  const bits = Number(/^[\d.]+\/(\d{1,2})$/.exec(value)?.[1]);
  return isAddress(value) === undefined && bits >= 8 && bits <= 25
    ? undefined
    : "is not a range a.b.c.d/n with n from 8 to 25";
};

const checks: Readonly<Record<string, Check>> = {
  PLGATE_MODE: oneOf("observe", "approve-only", "enforce"),
  PLGATE_SERVICE_RESOURCE_GROUPS: each((id) =>
    groupId.test(id) ? undefined : "is not the id of a resource group (/subscriptions/<id>/resourceGroups/<name>)",
  ),
  PLGATE_SUBSCRIPTIONS: each(isGuid),
  PLGATE_API_AUDIENCE: isGuid,
  PLGATE_FALLBACK_REVIEWERS: isGuid,
  PLGATE_OPERATORS: isGuid,
  PLGATE_SIGN_IN_CLIENT_ID: isGuid,
  PLGATE_BOT_APP_ID: isGuid,
  PLGATE_TEAMS_BOT: isSwitch,
  PLGATE_LANGUAGE: oneOf("en", "ja"),
  PLGATE_PUBLIC_URL: (value) =>
    /^https:\/\/[\w.-]+(:\d+)?\/?$/.test(value) ? undefined : "must be https://host, without a path",
  PLGATE_SWEEP_SCHEDULE: isSchedule,
  PLGATE_ANCHOR_SCHEDULE: isSchedule,
  PLGATE_REVOKE_BY: oneOf("reject", "remove"),
  PLGATE_NAT_PORT_METRICS: oneOf("on", "off"),
  PLGATE_LINK_ID_IN_DESCRIPTION: isSwitch,
  PLGATE_INDEX_DAYS: wholeNumber(30, 146_000),
  PLGATE_AUDIT_RETENTION_DAYS: wholeNumber(1, 146_000),
  PLGATE_AUDIT_POLICIES_LOCKED: isSwitch,
  PLGATE_EVENTS: isSwitch,
  PLGATE_RESOURCE_NOTIFICATIONS: isSwitch,
  PLGATE_PUBLISH_DECISIONS: isSwitch,
  PLGATE_DATA_SKU: oneOf("Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"),
  PLGATE_NETWORK: oneOf("public", "private"),
  PLGATE_NETWORK_ADDRESSES: isNetwork,
  PLGATE_ALLOWED_ADDRESSES: each(isAddress),
  PLGATE_ALERT_EMAILS: each((address) =>
    /^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$/.test(address) ? undefined : "is not an e-mail address",
  ),
  PLGATE_ALERT_OLDEST_HOURS: wholeNumber(1, 8_760),
  PLGATE_ALERT_SWEEP_MINUTES: oneOf("15", "30", "60", "180"),
  PLGATE_MANAGEMENT_GROUP: (value) =>
    /^[-\w.()]{1,90}$/.test(value) ? undefined : "is not the id of a management group (its name, not its display name)",
  PLGATE_DELETE_RECORD: isSwitch,
  PLGATE_ALLOW_AZURE_CLI: isSwitch,
  PLGATE_REGISTER_PROVIDERS: isSwitch,
};

/** The variables that are checked; docs/deploy.md explains each of them. */
export const checkedVariables = Object.keys(checks);

/** Everything that is wrong with the values of the environment. A value is quoted, so that a space or a line break in it shows. */
export function findFaults(environment: Environment): readonly Fault[] {
  return [
    ...findMissing(environment),
    ...Object.entries(checks).flatMap(([name, check]) => look(environment, name, check)),
  ];
}

function look(environment: Environment, name: string, check: Check): readonly Fault[] {
  const value = environment[name] ?? "";
  const why = value === "" ? undefined : check(value);
  if (why === undefined) return [];
  return [{ name, why: why.startsWith('"') ? why : `${JSON.stringify(value)} ${why}` }];
}

/**
 * Names that deployments inside of ours bear. azd takes one for its own whose name holds the name of the environment, when it
 * finds none by its tag (see deploymentName).
 */
export const namesOfNested = ["plgate-rights", "plgate-watch-", "plgate-operations-"];

function findMissing(environment: Environment): readonly Fault[] {
  const needed = {
    AZURE_ENV_NAME: "is empty: azd env new <name>",
    AZURE_SUBSCRIPTION_ID: "is empty: azd env set AZURE_SUBSCRIPTION_ID <id> (az account list --output table)",
    AZURE_LOCATION:
      "is empty: azd env set AZURE_LOCATION <region> (az functionapp list-flexconsumption-locations --output table)",
    PLGATE_FALLBACK_REVIEWERS: [
      "is empty. It is the Entra group that is asked when no policy names reviewers. One that is there:",
      '    azd env set PLGATE_FALLBACK_REVIEWERS "$(az ad group show --group <name> --query id --output tsv)"',
      "  A new one, whose members you choose:",
      '    azd env set PLGATE_FALLBACK_REVIEWERS "$(az ad group create --display-name plgate-reviewers --mail-nickname plgate-reviewers --query id --output tsv)"',
      "    az ad group member add --group plgate-reviewers --member-id <object id of a person>",
    ].join("\n"),
  };
  const name = environment["AZURE_ENV_NAME"] ?? "";
  const missing = Object.entries(needed).filter(([name]) => (environment[name] ?? "").trim() === "");
  const subscription = environment["AZURE_SUBSCRIPTION_ID"] ?? "";
  const wrong = subscription !== "" && !guid.test(subscription);
  return [
    ...missing.map(([name, why]) => ({ name, why })),
    ...(name !== "" && namesOfNested.some((nested) => nested.includes(name))
      ? [
          {
            name: "AZURE_ENV_NAME",
            why: `azd could take parts of other deployments for its own by the name ${name}: choose another, say prod`,
          },
        ]
      : []),
    ...(wrong ? [{ name: "AZURE_SUBSCRIPTION_ID", why: `${JSON.stringify(subscription)} is not an id` }] : []),
  ];
}

/** A resource group by subscription and name. */
export type GroupAddress = { readonly subscription: string; readonly name: string };

/** The resource groups with the services. Groups are compared without regard to case, as Azure does. */
export function serviceGroups(environment: Environment): readonly GroupAddress[] {
  const ids = new Map(list(environment["PLGATE_SERVICE_RESOURCE_GROUPS"]).map((id) => [id.toLowerCase(), id]));
  return [...ids.values()].flatMap((id) => {
    const [, subscription, name] = groupId.exec(id) ?? [];
    return subscription && name ? [{ subscription: subscription.toLowerCase(), name }] : [];
  });
}

/** The subscriptions to watch: those that are named, or those of the services, or the one of the deployment; the rule of main.bicep. */
export function watchedSubscriptions(environment: Environment): readonly string[] {
  const named = list(environment["PLGATE_SUBSCRIPTIONS"]?.toLowerCase());
  if (named.length > 0) return named;
  const ofServices = [...new Set(serviceGroups(environment).map(({ subscription }) => subscription))];
  return ofServices.length > 0 ? ofServices : list(environment["AZURE_SUBSCRIPTION_ID"]?.toLowerCase());
}

/** Whether plgate takes connections off services: the rule of rights.bicep, which gives the rights for it only then. */
export function takesConnectionsAway(environment: Environment): boolean {
  return environment["PLGATE_MODE"] === "enforce" && environment["PLGATE_REVOKE_BY"] === "remove";
}

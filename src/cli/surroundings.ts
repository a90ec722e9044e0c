import type { AzurePlace } from "../compose-cli.ts";
import { clouds } from "../runtime/clouds.ts";
import { readOperatorConfig } from "../runtime/operator-config.ts";
import { apiPlaceOf } from "./api-where.ts";
import { readText } from "./files.ts";
import { Refusal } from "./verb.ts";
import { defaultState, localState, member } from "./where.ts";

/** What is known of a deployment before anything is asked, as azd's environment names it. Empty texts count as not said. */
export type Surroundings = {
  readonly azure: AzurePlace;
  readonly isLocal: boolean;
  readonly subscriptionId: string | undefined;
  readonly tenantId: string | undefined;
  readonly group: string | undefined;
  /** The group of the record; where it is not said, that of the app. */
  readonly recordGroup: string | undefined;
  readonly account: string | undefined;
  readonly functionApp: string | undefined;
  readonly appUrl: string | undefined;
  readonly identityId: string | undefined;
  readonly clientId: string | undefined;
  readonly principalId: string | undefined;
  readonly bot: string | undefined;
  readonly audience: string | undefined;
  readonly fallbackReviewers: readonly string[];
  readonly serviceGroups: readonly string[];
  readonly subscriptions: readonly string[];
  readonly mode: string | undefined;
  readonly revokeBy: string;
  readonly natPortMetrics: boolean;
  readonly events: boolean;
  readonly resourceNotifications: boolean;
};

type Environment = Readonly<Record<string, string | undefined>>;

type Given = {
  readonly local?: boolean | undefined;
  readonly state?: string | undefined;
  readonly principal?: string | undefined;
  readonly as?: string | undefined;
};

/** Reads the names that azd keeps after a deployment, or what the local stack says of itself. */
export function surroundingsOf(given: Given, environment: Environment): Surroundings {
  if (given.local) return localSurroundings(given);
  const { account, audience, url } = readOperatorConfig(environment);
  const said = (name: string) => environment[name] || undefined;
  const group = said("AZURE_RESOURCE_GROUP");
  const { arm, authority, graph } = clouds[cloudOf(environment)];
  return {
    azure: { kind: "cloud", authority, arm, graph },
    isLocal: false,
    subscriptionId: said("AZURE_SUBSCRIPTION_ID"),
    tenantId: said("AZURE_TENANT_ID") ?? said("PLGATE_TENANT_ID"),
    group,
    recordGroup: said("AZURE_RECORD_GROUP") ?? group,
    account,
    functionApp: said("AZURE_FUNCTION_APP"),
    appUrl: said("AZURE_FUNCTION_APP_URL") ?? url,
    identityId: said("AZURE_IDENTITY_ID"),
    clientId: said("AZURE_IDENTITY_CLIENT_ID"),
    principalId: given.principal ?? said("AZURE_IDENTITY_PRINCIPAL_ID"),
    bot: said("AZURE_BOT"),
    audience: audience?.replace(/^api:\/\//, ""),
    fallbackReviewers: listOf(said("PLGATE_FALLBACK_REVIEWERS")),
    serviceGroups: listOf(said("PLGATE_SERVICE_RESOURCE_GROUPS")),
    subscriptions: listOf(said("PLGATE_SUBSCRIPTIONS")),
    mode: said("PLGATE_MODE"),
    ...switchesOf(said),
  };
}

function switchesOf(said: (name: string) => string | undefined) {
  return {
    revokeBy: said("PLGATE_REVOKE_BY") ?? "reject",
    natPortMetrics: said("PLGATE_NAT_PORT_METRICS") === "on",
    events: said("PLGATE_EVENTS") !== "false",
    resourceNotifications: said("PLGATE_RESOURCE_NOTIFICATIONS") === "true",
  };
}

function cloudOf(environment: Environment): keyof typeof clouds {
  const cloud = environment["PLGATE_CLOUD"];
  return cloud === "usgov" || cloud === "china" ? cloud : "public";
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

const nothing = {
  ...{ subscriptionId: undefined, tenantId: undefined, group: undefined, recordGroup: undefined, account: undefined },
  ...{ functionApp: undefined, identityId: undefined, clientId: undefined, bot: undefined, audience: undefined },
  ...{ fallbackReviewers: [], serviceGroups: [], subscriptions: [], mode: undefined },
} as const;

/** The local stack plays ARM with rights and events; it has no function app, storage account or bot as resources. */
function localSurroundings(given: Given): Surroundings {
  const file = given.state ?? defaultState;
  const state = localState(file);
  const arm = member(state, "arm");
  const [url, caFile, principalId] = ["url", "caFile", "principalId"].map((name) => member(arm, name));
  const [authority, tenantId] = ["authority", "tenantId"].map((name) => member(member(state, "issuer"), name));
  const place = apiPlaceOf({ local: true, state: file, ...(given.as ? { as: given.as } : {}) }, {});
  if (typeof url !== "string" || typeof caFile !== "string" || !place?.door) {
    throw new Refusal(`${file} does not say where ARM is (arm.url, arm.caFile)`, 1);
  }
  return {
    ...nothing,
    azure: {
      kind: "local",
      arm: url,
      caPem: readText(caFile),
      door: place.door,
      authority: typeof authority === "string" ? authority : "",
    },
    isLocal: true,
    tenantId: typeof tenantId === "string" ? tenantId : undefined,
    appUrl: place.url,
    principalId: given.principal ?? (typeof principalId === "string" ? principalId : undefined),
    revokeBy: "reject",
    // As local/stack.ts sets them.
    natPortMetrics: true,
    events: true,
    resourceNotifications: true,
  };
}

import * as z from "zod";
import { clouds } from "./clouds.ts";
import { type Webhook, webhookFaults, webhookList } from "./webhook-config.ts";

const guid = z.guid().transform((text) => text.toLowerCase());
const guidList = z
  .string()
  .transform((text) =>
    text
      .split(",")
      .map((part) => part.trim().toLowerCase())
      .filter(Boolean),
  )
  .pipe(z.array(z.guid()).min(1, "names no subscription"));

export const accountName = z.string().regex(/^[a-z0-9]{3,24}$/, "is not the name of a storage account");

/** The settings of the app: the only schema, read by the only reader of the environment. */
const schema = z.object({
  PLGATE_MODE: z.enum(["observe", "approve-only", "enforce"]).default("observe"),
  PLGATE_CLOUD: z.enum(["public", "usgov", "china"]).default("public"),
  PLGATE_TENANT_ID: guid,
  PLGATE_SUBSCRIPTIONS: guidList,
  PLGATE_FALLBACK_REVIEWERS: guid,
  PLGATE_API_AUDIENCE: z.string().min(1),
  PLGATE_SIGN_IN_CLIENT_ID: guid.optional(),
  PLGATE_IDENTITY_CLIENT_ID: guid.optional(),
  PLGATE_STORAGE_ACCOUNT: accountName.optional(),
  PLGATE_STORAGE_CONNECTION: z.string().min(1).optional(),
  PLGATE_BOT_APP_ID: guid.optional(),
  PLGATE_BOT_SECRET: z.string().min(1).optional(),
  PLGATE_TEAMS_CHANNEL: z.string().min(1).optional(),
  PLGATE_TEAMS_WEBHOOKS: webhookList.optional(),
  PLGATE_LANGUAGE: z.enum(["en", "ja"]).default("en"),
  PLGATE_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  PLGATE_SWEEP_SCHEDULE: z.string().min(1).default("0 */2 * * * *"),
  PLGATE_ANCHOR_SCHEDULE: z.string().min(1).default("0 7 * * * *"),
  PLGATE_INDEX_DAYS: z.coerce
    .number("is a number of days")
    .int("is a whole number of days")
    .min(30, "is at least 30")
    .optional(),
  PLGATE_LINK_ID_IN_DESCRIPTION: z.enum(["true", "false"]).default("false"),
  PLGATE_REVOKE_BY: z.enum(["reject", "remove"]).default("reject"),
  APPLICATIONINSIGHTS_CONNECTION_STRING: z.string().min(1).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_METRIC_EXPORT_INTERVAL: z.coerce
    .number("is a number of milliseconds")
    .int("is whole")
    .min(1000)
    .max(3_600_000)
    .default(60_000),
  PLGATE_NAT_PORT_METRICS: z.enum(["on", "off"]).default("off"),
  PLGATE_DECISIONS_TOPIC: z.url({ protocol: /^https$/, error: "is not the https address of a topic" }).optional(),
  PLGATE_LOCAL: z.literal("1").optional(),
  PLGATE_LOCAL_AUTHORITY: z.url().optional(),
  PLGATE_LOCAL_ARM: z.url().optional(),
  PLGATE_LOCAL_GRAPH: z.url().optional(),
  PLGATE_LOCAL_BOT_KEYS: z.url().optional(),
  PLGATE_LOCAL_CONNECTOR: z.url().optional(),
  WEBSITE_INSTANCE_ID: z.string().optional(),
  NODE_TLS_REJECT_UNAUTHORIZED: z.string().optional(),
});

/** The name of every setting, for what has to know them all. */
export const settingNames: readonly string[] = Object.keys(schema.shape);

type Settings = z.infer<typeof schema>;

export type Config = {
  readonly mode: Settings["PLGATE_MODE"];
  readonly tenantId: string;
  readonly subscriptions: readonly string[];
  readonly fallbackReviewers: string;
  readonly apiAudience: string;
  /** The app registration that people sign in to; undefined when neither setting names one. */
  readonly signInClientId: string | undefined;
  readonly identityClientId: string | undefined;
  readonly storage: { readonly connectionString: string } | { readonly account: string; readonly suffix: string };
  readonly bot: { readonly appId: string; readonly secret: string | undefined } | undefined;
  /** Notify-only places; secret, because who knows an address can post there. */
  readonly webhooks: { readonly list: readonly Webhook[]; readonly local: boolean };
  readonly fallbackPlace: string | undefined;
  readonly language: Settings["PLGATE_LANGUAGE"];
  readonly publicUrl: string | undefined;
  /** The lists of events hold this many days; undefined: everything. */
  readonly indexDays: number | undefined;
  readonly linkIdInDescription: boolean;
  readonly revokeBy: Settings["PLGATE_REVOKE_BY"];
  /** Where traces and numbers go; nobody listens when both are undefined. */
  readonly telemetry: {
    readonly insights: string | undefined;
    readonly collector: string | undefined;
    readonly intervalSeconds: number;
  };
  /** Whether the share of NAT ports in use is read from Azure Monitor. */
  readonly natPortMetrics: boolean;
  /** The custom topic of Event Grid that decisions are published on; undefined: on none. */
  readonly decisionsTopic: string | undefined;
  readonly endpoints: {
    readonly authority: string;
    readonly arm: string;
    readonly armScope: string;
    readonly graph: string;
    readonly graphScope: string;
    readonly botIssuer: string;
    readonly botKeys: string;
    readonly botScope: string;
    readonly botConnector: readonly string[];
    /** An http origin on loopback that stands in for the Bot Connector; undefined outside the local stack. */
    readonly localConnector: string | undefined;
  };
};

const overrides = [
  "PLGATE_LOCAL_AUTHORITY",
  "PLGATE_LOCAL_ARM",
  "PLGATE_LOCAL_GRAPH",
  "PLGATE_LOCAL_BOT_KEYS",
  "PLGATE_LOCAL_CONNECTOR",
] as const;

/** The environment does not make a configuration; `faults` names every variable that is wrong, and how. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `plgate cannot start; ${faults.length} setting(s) are wrong:\n${faults.map((fault) => `  ${fault}`).join("\n")}`,
    );
    this.faults = faults;
  }
}

/**
 * Reads the configuration; throws a ConfigError that names every fault at once.
 * Endpoints come from a closed list of clouds. They can be moved only in local mode, only to loopback, and never on a
 * host that Azure runs, so that no deployment can be talked into foreign keys (local-azure.md F, overrides).
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = schema.safeParse(given);
  const faults = parsed.success
    ? crossFaults(parsed.data)
    : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${said(issue, given)}`);
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  return deepFreeze(toConfig(parsed.data));
}

/** What may be shown of the configuration: secrets are starred. */
export function describeConfig(config: Config): Readonly<Record<string, string>> {
  const { storage, bot } = config;
  return {
    mode: config.mode,
    tenantId: config.tenantId,
    subscriptions: config.subscriptions.join(","),
    storage: "account" in storage ? storage.account : "(connection string) ***",
    bot: bot ? `${bot.appId}${bot.secret ? " with secret ***" : " with managed identity"}` : "not configured",
    webhooks: config.webhooks.list.map(({ name }) => `${name} at ***`).join(", ") || "not configured",
    language: config.language,
    publicUrl: config.publicUrl ?? "not configured",
    telemetry:
      [config.telemetry.insights && "Application Insights", config.telemetry.collector].filter(Boolean).join(", ") ||
      "not configured",
    linkIdInDescription: String(config.linkIdInDescription),
    natPortMetrics: String(config.natPortMetrics),
    decisionsTopic: config.decisionsTopic ?? "not configured",
    arm: config.endpoints.arm,
    authority: config.endpoints.authority,
  };
}

function said(issue: z.core.$ZodIssue, given: Readonly<Record<string, unknown>>): string {
  return Object.hasOwn(given, String(issue.path[0])) ? issue.message : "is not set";
}

function crossFaults(settings: Settings): readonly string[] {
  const faults: string[] = [];
  if (!settings.PLGATE_STORAGE_ACCOUNT === !settings.PLGATE_STORAGE_CONNECTION) {
    faults.push("PLGATE_STORAGE_ACCOUNT: set it, or PLGATE_STORAGE_CONNECTION, but not both");
  }
  if (settings.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    faults.push(
      "NODE_TLS_REJECT_UNAUTHORIZED: TLS verification is never switched off; trust a CA by NODE_EXTRA_CA_CERTS",
    );
  }
  const webhooks = settings.PLGATE_TEAMS_WEBHOOKS ?? [];
  const said = webhookFaults({ webhooks, publicUrl: settings.PLGATE_PUBLIC_URL, local: isLocal(settings) });
  return [
    ...faults,
    ...said.map((fault) => `PLGATE_TEAMS_WEBHOOKS: ${fault}`),
    ...topicFaults(settings),
    ...overrideFaults(settings),
  ];
}

/** plgate's token for topics goes there, so it has to be a topic of this cloud; the local stack has its own on loopback. */
function topicFaults(settings: Settings): readonly string[] {
  const { PLGATE_DECISIONS_TOPIC: topic, PLGATE_CLOUD: cloud } = settings;
  if (!topic || (isLocal(settings) && isLoopback(topic))) return [];
  const { hostname, pathname, port, username } = new URL(topic);
  const suffix = clouds[cloud].topicSuffix;
  const isTopic = hostname.endsWith(`.${suffix}`) && pathname === "/api/events" && port === "" && username === "";
  return isTopic ? [] : [`PLGATE_DECISIONS_TOPIC: is not the address of a topic, https://<name>.${suffix}/api/events`];
}

function isLocal(settings: Settings): boolean {
  return settings.PLGATE_LOCAL === "1" && !settings.WEBSITE_INSTANCE_ID;
}

function overrideFaults(settings: Settings): readonly string[] {
  const used = overrides.filter((name) => settings[name] !== undefined);
  return used.flatMap((name) => {
    const faults: string[] = [];
    if (settings.PLGATE_LOCAL !== "1") faults.push(`${name}: is for the local stack only, which sets PLGATE_LOCAL=1`);
    if (settings.WEBSITE_INSTANCE_ID) faults.push(`${name}: is refused on a host that Azure runs`);
    if (!isLoopback(settings[name] ?? "")) faults.push(`${name}: points away from this machine`);
    return faults;
  });
}

function isLoopback(url: string): boolean {
  return ["127.0.0.1", "[::1]", "localhost"].includes(new URL(url).hostname);
}

function toConfig(settings: Settings): Config {
  const cloud = clouds[settings.PLGATE_CLOUD];
  const graph = settings.PLGATE_LOCAL_GRAPH ?? cloud.graph;
  return {
    mode: settings.PLGATE_MODE,
    tenantId: settings.PLGATE_TENANT_ID,
    subscriptions: settings.PLGATE_SUBSCRIPTIONS,
    fallbackReviewers: settings.PLGATE_FALLBACK_REVIEWERS,
    apiAudience: settings.PLGATE_API_AUDIENCE,
    signInClientId: settings.PLGATE_SIGN_IN_CLIENT_ID ?? guid.safeParse(settings.PLGATE_API_AUDIENCE).data,
    identityClientId: settings.PLGATE_IDENTITY_CLIENT_ID,
    storage: settings.PLGATE_STORAGE_CONNECTION
      ? { connectionString: settings.PLGATE_STORAGE_CONNECTION }
      : { account: settings.PLGATE_STORAGE_ACCOUNT ?? "", suffix: cloud.storageSuffix },
    bot: settings.PLGATE_BOT_APP_ID
      ? { appId: settings.PLGATE_BOT_APP_ID, secret: settings.PLGATE_BOT_SECRET }
      : undefined,
    webhooks: { list: settings.PLGATE_TEAMS_WEBHOOKS ?? [], local: isLocal(settings) },
    fallbackPlace: settings.PLGATE_TEAMS_CHANNEL,
    language: settings.PLGATE_LANGUAGE,
    publicUrl: settings.PLGATE_PUBLIC_URL?.replace(/\/+$/, ""),
    indexDays: settings.PLGATE_INDEX_DAYS,
    revokeBy: settings.PLGATE_REVOKE_BY,
    natPortMetrics: settings.PLGATE_NAT_PORT_METRICS === "on",
    decisionsTopic: settings.PLGATE_DECISIONS_TOPIC,
    linkIdInDescription: settings.PLGATE_LINK_ID_IN_DESCRIPTION === "true",
    telemetry: {
      insights: settings.APPLICATIONINSIGHTS_CONNECTION_STRING,
      collector: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
      intervalSeconds: settings.OTEL_METRIC_EXPORT_INTERVAL / 1000,
    },
    endpoints: {
      authority: settings.PLGATE_LOCAL_AUTHORITY ?? cloud.authority,
      arm: settings.PLGATE_LOCAL_ARM ?? cloud.arm,
      armScope: `${cloud.arm}/.default`,
      graph,
      graphScope: `${cloud.graph}/.default`,
      botIssuer: cloud.botIssuer,
      botKeys: settings.PLGATE_LOCAL_BOT_KEYS ?? cloud.botKeys,
      botScope: cloud.botScope,
      botConnector: cloud.botConnector,
      localConnector: settings.PLGATE_LOCAL_CONNECTOR,
    },
  };
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === "object" && member !== null) deepFreeze(member);
  return Object.freeze(value);
}

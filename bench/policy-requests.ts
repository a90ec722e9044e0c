import type { Facts, FactValue } from "../src/connection/facts.ts";

const usual: Facts["values"] = {
  "service.name": "pls-a",
  "service.tags.env": "prod",
  "service.connections.pending": 3,
  "endpoint.name": "pe-orders",
  "endpoint.resourceGroup": "rg-orders",
  "endpoint.region": "westeurope",
  "consumer.subscriptionId": "88888888-0000-4000-8000-000000000008",
  "consumer.registered": true,
  "consumer.name": "Contoso",
  "consumer.tier": "tier7",
  "consumer.connectionsOnService": 2,
  "request.message": "CHG001 hello",
  "history.rejectedBefore": false,
};

/** One change each to the usual request: every rule of the twenty but the tiers below 5 holds for at least one. */
const changes: readonly Facts["values"][] = [
  {},
  { "consumer.subscriptionId": "00000000-0000-4000-8000-000000000009" },
  { "consumer.tenantId": "22222222-0000-4000-8000-000000000001" },
  { "consumer.tenantId": "33333333-0000-4000-8000-000000000001" },
  { "endpoint.region": "eastus" },
  { "time.now": "2026-12-24T10:00:00Z" },
  { "service.tags.compliance": "pci" },
  { "service.tags.compliance": "pci", "consumer.tags.compliance": "pci" },
  { "endpoint.name": "pe-tmp-7" },
  { "history.rejectedBefore": true },
  { "service.connections.pending": 50 },
  { "consumer.tags.status": "fraud" },
  { "consumer.name": "" },
  { "consumer.tier": "trial", "request.message": "TRIAL-7" },
  { "consumer.tier": "gold", "consumer.tags.team": "sre" },
  { "consumer.tier": "gold", "endpoint.resourceGroup": "rg-platform-net" },
  { "consumer.tier": "gold", "consumer.tags.team": "sre", "time.now": "2026-11-24T20:00:00Z" },
  { "consumer.tier": "tier5" },
  { "consumer.tier": "tier6", "consumer.connectionsOnService": 8 },
  { "consumer.tier": "tier6", "consumer.connectionsOnService": 7 },
  { "consumer.registered": false, "consumer.name": "", "consumer.tier": "" },
  { "service.tags.env": "test" },
  { "consumer.tier": "gold" },
  { "consumer.tier": "tier7", "consumer.tags.status": "ended", "endpoint.region": "eastus" },
];

/**
 * What all contestants judge. They come at different times, so no two in a row may share what was worked out for an
 * instant. The one fact that is unavailable is asked behind `known`: the peers have no third truth value, so that a
 * lost fact leads to people is something only plgate could be asked.
 */
export const requests: readonly Facts[] = changes.map((change, minute) => {
  const now = `2026-11-24T10:${String(minute).padStart(2, "0")}:00Z`;
  return {
    values: { ...usual, "time.now": now, ...change },
    absent: ["service.tags.*", "consumer.tags.*"],
    unavailable: Object.hasOwn(change, "consumer.tenantId") ? {} : { "consumer.tenantId": "not recorded" },
  };
});

/** The facts as the peers take them, with their types in CEL; what is absent is an empty text. */
export const flatTypes: ReadonlyMap<string, "string" | "double" | "bool"> = new Map([
  ["time_now", "double"],
  ["service_tags_env", "string"],
  ["service_tags_compliance", "string"],
  ["service_connections_pending", "double"],
  ["endpoint_name", "string"],
  ["endpoint_resourceGroup", "string"],
  ["endpoint_region", "string"],
  ["consumer_subscriptionId", "string"],
  ["consumer_tenantId", "string"],
  ["consumer_tenantKnown", "bool"],
  ["consumer_registered", "bool"],
  ["consumer_name", "string"],
  ["consumer_tier", "string"],
  ["consumer_connectionsOnService", "double"],
  ["consumer_tags_status", "string"],
  ["consumer_tags_compliance", "string"],
  ["consumer_tags_team", "string"],
  ["request_message", "string"],
  ["history_rejectedBefore", "bool"],
]);

export type FlatFacts = Readonly<Record<string, FactValue>>;

/** Made before anything is timed: the peers do not pay for reading facts, plgate does. */
export function flatten({ values, unavailable }: Facts): FlatFacts {
  const given = Object.entries(values).map(([name, value]) => [name.replaceAll(".", "_"), value] as const);
  const texts = [...flatTypes].filter(([, type]) => type === "string").map(([name]) => [name, ""] as const);
  return {
    ...Object.fromEntries([...texts, ...given]),
    time_now: Date.parse(String(values["time.now"])),
    consumer_tenantKnown: !Object.hasOwn(unavailable, "consumer.tenantId"),
  };
}

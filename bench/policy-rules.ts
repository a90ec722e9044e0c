/**
 * The rules that all contestants of the policy benchmark judge by, each written once for plgate, for CEL and for
 * json-rules-engine, side by side so that a reader can check that they ask the same.
 */
import type { TopLevelCondition } from "json-rules-engine";

export type JsonCondition = Extract<TopLevelCondition, { all: unknown }>["all"][number];

export type BenchRule = {
  readonly id: string;
  readonly effect: "approve" | "reject" | "review";
  /** What stands in the policy behind `because`. */
  readonly yaml: string;
  /** Expressions joined by AND; those in an inner list by OR. */
  readonly cel: readonly (string | readonly string[])[];
  /** Joined by AND. */
  readonly json: JsonCondition[];
};

const freezeStart = Date.parse("2026-12-18T00:00:00Z");
const freezeEnd = Date.parse("2027-01-04T00:00:00Z");
const is = (fact: string, value: unknown): JsonCondition => ({ fact, operator: "equal", value });
const asks = (fact: string, operator: string, value: unknown): JsonCondition => ({ fact, operator, value });

const stopping: readonly BenchRule[] = [
  {
    id: "r1",
    effect: "reject",
    yaml: "when: { consumer.subscriptionId: { inList: blocked } }",
    cel: [`listed("blocked", consumer_subscriptionId)`],
    json: [asks("consumer_subscriptionId", "listed", "blocked")],
  },
  {
    id: "r2",
    effect: "reject",
    yaml: "when: { consumer.tenantId: { known: true, inList: tenants } }",
    cel: ["consumer_tenantKnown", `listed("tenants", consumer_tenantId)`],
    json: [is("consumer_tenantKnown", true), asks("consumer_tenantId", "listed", "tenants")],
  },
  {
    id: "r3",
    effect: "review",
    yaml: "when: { endpoint.region: { notInList: regions } }",
    cel: [`!listed("regions", endpoint_region)`],
    json: [{ not: asks("endpoint_region", "listed", "regions") }],
  },
  {
    id: "r4",
    effect: "review",
    yaml: "when: { time.now: { within: freeze } }",
    cel: [`time_now >= ${freezeStart}.0 && time_now < ${freezeEnd}.0`],
    json: [asks("time_now", "greaterThanInclusive", freezeStart), asks("time_now", "lessThan", freezeEnd)],
  },
  {
    id: "r5",
    effect: "review",
    yaml: "when: { service.tags.compliance: pci, not: { consumer.tags.compliance: pci } }",
    cel: [`service_tags_compliance == "pci"`, `!(consumer_tags_compliance == "pci")`],
    json: [is("service_tags_compliance", "pci"), { not: is("consumer_tags_compliance", "pci") }],
  },
  {
    id: "r6",
    effect: "review",
    yaml: 'when: { endpoint.name: { like: "*-tmp-*" } }',
    cel: [`endpoint_name.contains("-tmp-")`],
    json: [asks("endpoint_name", "includesText", "-tmp-")],
  },
  {
    id: "r7",
    effect: "review",
    yaml: "when: { history.rejectedBefore: true }",
    cel: ["history_rejectedBefore"],
    json: [is("history_rejectedBefore", true)],
  },
  {
    id: "r8",
    effect: "review",
    yaml: "when: { service.connections.pending: { atLeast: 50 } }",
    cel: ["service_connections_pending >= 50.0"],
    json: [asks("service_connections_pending", "greaterThanInclusive", 50)],
  },
  {
    id: "r9",
    effect: "reject",
    yaml: "when: { consumer.tags.status: [ended, fraud] }",
    cel: [`consumer_tags_status in ["ended", "fraud"]`],
    json: [asks("consumer_tags_status", "in", ["ended", "fraud"])],
  },
  {
    id: "r10",
    effect: "review",
    yaml: "when: { consumer.name: { exists: false }, consumer.registered: true }",
    cel: [`consumer_name == ""`, "consumer_registered"],
    json: [is("consumer_name", ""), is("consumer_registered", true)],
  },
];

const approving: readonly BenchRule[] = [
  {
    id: "r11",
    effect: "approve",
    yaml: 'expiresAfter: P14D, when: { consumer.tier: trial, request.message: { like: "TRIAL-*" } }',
    cel: [`consumer_tier == "trial"`, `request_message.startsWith("TRIAL-")`],
    json: [is("consumer_tier", "trial"), asks("request_message", "startsWith", "TRIAL-")],
  },
  {
    id: "r12",
    effect: "approve",
    yaml: 'when: { anyOf: [{ consumer.tags.team: [platform, sre] }, { endpoint.resourceGroup: { like: "rg-platform-*" } }], time.now: { within: office } }',
    cel: [
      [`consumer_tags_team in ["platform", "sre"]`, `endpoint_resourceGroup.startsWith("rg-platform-")`],
      "inOffice(time_now)",
    ],
    json: [
      {
        any: [
          asks("consumer_tags_team", "in", ["platform", "sre"]),
          asks("endpoint_resourceGroup", "startsWith", "rg-platform-"),
        ],
      },
      asks("time_now", "inOffice", true),
    ],
  },
];

function approveTier(tier: number): BenchRule {
  return {
    id: `t${tier}`,
    effect: "approve",
    yaml: `when: { consumer.registered: true, consumer.tier: tier${tier}, consumer.connectionsOnService: { lessThan: ${tier + 2} } }`,
    cel: ["consumer_registered", `consumer_tier == "tier${tier}"`, `consumer_connectionsOnService < ${tier + 2}.0`],
    json: [
      is("consumer_registered", true),
      is("consumer_tier", `tier${tier}`),
      asks("consumer_connectionsOnService", "lessThan", tier + 2),
    ],
  };
}

/** Rules that are all alike, so that the cost of 200 can be set beside the cost of 5. */
export function alikeRules(count: number): readonly BenchRule[] {
  return Array.from({ length: count }, (_, tier) => approveTier(tier));
}

/** Twenty rules as a provider would write them: block lists, regions, freezes, tiers with quotas, trials. */
export const twentyRules: readonly BenchRule[] = [...stopping, ...approving, ...alikeRules(8)];

/** The named lists, with as many blocked subscriptions as asked. */
export function namedLists(blocked: number): ReadonlyMap<string, readonly string[]> {
  const entryAt = (index: number) => `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`;
  return new Map([
    ["regions", ["westeurope", "northeurope", "swedencentral"]],
    ["tenants", ["22222222-0000-4000-8000-000000000001"]],
    ["blocked", Array.from({ length: blocked }, (_, index) => entryAt(index))],
  ]);
}

/** The policy document of these rules. */
export function policySource(rules: readonly BenchRule[], lists: ReadonlyMap<string, readonly string[]>): string {
  const listed = [...lists].flatMap(([name, entries]) => [`  ${name}:`, ...entries.map((entry) => `    - ${entry}`)]);
  const ruled = rules.map(({ id, effect, yaml }) => `  - { id: ${id}, effect: ${effect}, because: b., ${yaml} }`);
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: bench
match: { service.tags.env: prod }
defaultReview: { by: [oncall] }
reviewers: { oncall: { entraGroup: 55555555-0000-4000-8000-000000000005 } }
windows:
  office: { days: [mon, tue, wed, thu, fri], from: "08:00", to: "18:00", timezone: Europe/Stockholm }
  freeze: { start: 2026-12-18T00:00:00Z, end: 2027-01-04T00:00:00Z }
lists:
${listed.join("\n")}
rules:
${ruled.join("\n")}
`;
}

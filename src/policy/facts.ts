import { sha256 } from "./digest.ts";
import { didYouMean, nearestName } from "./faults.ts";

export type FactType = "string" | "guid" | "region" | "armId" | "int" | "bool" | "instant" | "visibility";

/** One row of the fact table (policy.md 2). */
export type FactSpec = {
  /** `service.tags.*` and `consumer.tags.*` stand for every tag; a row found for one tag carries its full name. */
  readonly name: string;
  readonly type: FactType;
  /** Where the fact comes from. */
  readonly from: string;
  /** When it is absent; null if it never is, and then `exists` cannot be asked. */
  readonly absentWhen: string | null;
  /** When it is unavailable; null if it never is, and then `known` cannot be asked. */
  readonly unavailableWhen: string | null;
  /** Compares without case although its type does not. */
  readonly caseBlind?: true;
  /** Whoever asks for the connection wrote it: nothing to rest an approval on. */
  readonly consumerWritten?: true;
  /** An empty text says as much as none, and counts as none. */
  readonly emptyIsAbsent?: true;
  /** What kind of resource an `armId` names. */
  readonly resource?: "service" | "endpoint";
};

const noEndpointId = "`endpoint.id` unavailable";
const noRegistry = "registry unreadable, or no subscription id";
const noLedger = "ledger unreadable, or no subscription id";
const parsed = "parsed from the id";
const earlier = "ledger: an earlier request of this consumer subscription for this service ended so";
const counted = "counted in the same ARM read";
const noStatus = "any connection without a readable status";

/** THE fact table: types, checks, schema and reference are made from it, and nothing else names a fact. */
export const factTable: readonly FactSpec[] = [
  { name: "service.id", type: "armId", resource: "service", from: "ARM", absentWhen: null, unavailableWhen: null },
  { name: "service.name", type: "string", from: parsed, absentWhen: null, unavailableWhen: null },
  {
    name: "service.resourceGroup",
    type: "string",
    caseBlind: true,
    from: parsed,
    absentWhen: null,
    unavailableWhen: null,
  },
  { name: "service.subscriptionId", type: "guid", from: parsed, absentWhen: null, unavailableWhen: null },
  {
    name: "service.alias",
    type: "string",
    from: "ARM",
    absentWhen: "not assigned yet",
    unavailableWhen: "field of another type",
  },
  { name: "service.region", type: "region", from: "ARM", absentWhen: null, unavailableWhen: "missing from the answer" },
  {
    name: "service.visibility",
    type: "visibility",
    from: "ARM: no subscriptions, some, `*`",
    absentWhen: null,
    unavailableWhen: "the block has another shape",
  },
  { name: "service.connections.pending", type: "int", from: counted, absentWhen: null, unavailableWhen: noStatus },
  { name: "service.connections.approved", type: "int", from: counted, absentWhen: null, unavailableWhen: noStatus },
  { name: "service.connections.rejected", type: "int", from: counted, absentWhen: null, unavailableWhen: noStatus },
  {
    name: "service.natIps",
    type: "int",
    from: "ARM: number of NAT IP configurations",
    absentWhen: null,
    unavailableWhen: "missing from the answer",
  },
  {
    name: "service.proxyProtocol",
    type: "bool",
    from: "ARM; left out means false",
    absentWhen: null,
    unavailableWhen: "field of another type",
  },
  {
    name: "service.tags.*",
    type: "string",
    from: "ARM",
    absentWhen: "key not among readable tags",
    unavailableWhen: "tags unreadable",
  },
  {
    name: "endpoint.id",
    type: "armId",
    resource: "endpoint",
    from: "the connection's private endpoint",
    absentWhen: null,
    unavailableWhen: "missing or not an endpoint id",
  },
  {
    name: "endpoint.name",
    type: "string",
    consumerWritten: true,
    from: "parsed from `endpoint.id`",
    absentWhen: null,
    unavailableWhen: noEndpointId,
  },
  {
    name: "endpoint.resourceGroup",
    type: "string",
    caseBlind: true,
    consumerWritten: true,
    from: "parsed from `endpoint.id`",
    absentWhen: null,
    unavailableWhen: noEndpointId,
  },
  {
    name: "endpoint.region",
    type: "region",
    from: "the connection",
    absentWhen: null,
    unavailableWhen: "missing from the answer",
  },
  {
    name: "consumer.subscriptionId",
    type: "guid",
    from: "parsed from `endpoint.id`",
    absentWhen: null,
    unavailableWhen: noEndpointId,
  },
  { name: "consumer.registered", type: "bool", from: "registry", absentWhen: null, unavailableWhen: noRegistry },
  {
    name: "consumer.tenantId",
    type: "guid",
    from: "registry",
    absentWhen: null,
    unavailableWhen: "not registered, not recorded, or registry unreadable",
  },
  {
    name: "consumer.name",
    type: "string",
    emptyIsAbsent: true,
    from: "registry",
    absentWhen: "not registered, or left empty",
    unavailableWhen: noRegistry,
  },
  {
    name: "consumer.tier",
    type: "string",
    emptyIsAbsent: true,
    from: "registry",
    absentWhen: "not registered, or left empty",
    unavailableWhen: noRegistry,
  },
  {
    name: "consumer.tags.*",
    type: "string",
    emptyIsAbsent: true,
    from: "registry",
    absentWhen: "not registered, left empty, or no such key",
    unavailableWhen: noRegistry,
  },
  {
    name: "consumer.connectionsOnService",
    type: "int",
    from: "approved here, plus our own approvals in flight",
    absentWhen: null,
    unavailableWhen: `${noStatus}, or no subscription id`,
  },
  {
    name: "request.message",
    type: "string",
    emptyIsAbsent: true,
    consumerWritten: true,
    from: "the connection's description while Pending",
    absentWhen: "empty",
    unavailableWhen: "field of another type",
  },
  { name: "history.rejectedBefore", type: "bool", from: earlier, absentWhen: null, unavailableWhen: noLedger },
  { name: "history.approvedBefore", type: "bool", from: earlier, absentWhen: null, unavailableWhen: noLedger },
  {
    name: "time.now",
    type: "instant",
    from: "the clock, read once per evaluation",
    absentWhen: null,
    unavailableWhen: null,
  },
];

/**
 * Names the table that a policy was checked against; one compiled against another table is not evaluated.
 * Only what changes an answer is in it: a reworded source is the same table.
 */
export const factTableDigest = `sha256:${sha256(JSON.stringify(factTable.map(meaningOf)))}`;

function meaningOf({ name, type, absentWhen, unavailableWhen, caseBlind, emptyIsAbsent, resource }: FactSpec): unknown {
  return [name, type, absentWhen === null, unavailableWhen === null, caseBlind, emptyIsAbsent, resource];
}

const fixedFacts = new Map(factTable.map((fact) => [fact.name, fact]));
const tagFamilies = factTable.filter((fact) => fact.name.endsWith(".*"));

/** The row of a fact by the name an author writes; a tag's row carries the tag's name, lower-cased. */
export function findFact(name: string): FactSpec | undefined {
  for (const family of tagFamilies) {
    const prefix = family.name.slice(0, -1);
    if (name.startsWith(prefix)) return tagFact(family, prefix, name.slice(prefix.length));
  }
  return fixedFacts.get(name);
}

function tagFact(family: FactSpec, prefix: string, key: string): FactSpec | undefined {
  return key === "" || key === "*" ? undefined : { ...family, name: `${prefix}${key.toLowerCase()}` };
}

const tagPrefixes = tagFamilies.map((family) => family.name.slice(0, -2));

/** The sentence for a name that is no fact, with what was probably meant; `others` could have stood there too. */
export function unknownFact(name: string, others: readonly string[] = []): string {
  const [source = "", branch = "", ...key] = name.split(".");
  const family = key.join(".") === "" ? undefined : nearestName(`${source}.${branch}`, tagPrefixes);
  const meant = family && findFact(`${family}.${key.join(".")}`)?.name;
  if (meant !== undefined) return `unknown fact ${name}; did you mean ${meant}?`;
  return `unknown fact ${name}${didYouMean(name, [...untagged, ...others])}`;
}

const untagged = [...fixedFacts.keys()].filter((name) => !name.endsWith(".*"));

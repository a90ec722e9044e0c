export type FactType = "string" | "guid" | "region" | "armId" | "int" | "bool" | "instant" | "visibility";

/** One row of the fact table (policy.md 2). */
export type FactSpec = {
  /** `service.tags.*` and `consumer.tags.*` stand for every tag; a row found for one tag carries its full name. */
  readonly name: string;
  readonly type: FactType;
  /** What it says, for whoever writes a policy. */
  readonly meaning: string;
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

const noStatus = "any connection without a readable status";

const fromServiceId = { from: "parsed from the id", absentWhen: null, unavailableWhen: null } as const;

const countedOnService = {
  type: "int",
  from: "counted in the same ARM read",
  absentWhen: null,
  unavailableWhen: noStatus,
} as const;

const fromEndpointId = {
  from: "parsed from `endpoint.id`",
  absentWhen: null,
  unavailableWhen: "`endpoint.id` unavailable",
} as const;

const fromRegistry = { from: "registry", unavailableWhen: "registry unreadable, or no subscription id" } as const;

const fromLedger = {
  type: "bool",
  from: "ledger: an earlier request of this consumer subscription for this service ended so",
  absentWhen: null,
  unavailableWhen: "ledger unreadable, or no subscription id",
} as const;

/** THE fact table: types, checks, schema and reference are made from it, and nothing else names a fact. */
export const factTable: readonly FactSpec[] = [
  {
    name: "service.id",
    type: "armId",
    resource: "service",
    meaning: "The full resource id of the Private Link Service that is asked for.",
    from: "ARM",
    absentWhen: null,
    unavailableWhen: null,
  },
  { name: "service.name", type: "string", meaning: "The name of the service.", ...fromServiceId },
  {
    name: "service.resourceGroup",
    type: "string",
    caseBlind: true,
    meaning: "The resource group of the service.",
    ...fromServiceId,
  },
  { name: "service.subscriptionId", type: "guid", meaning: "The subscription of the service.", ...fromServiceId },
  {
    name: "service.alias",
    type: "string",
    meaning: "The name under which consumers ask for the service, given out by Azure.",
    from: "ARM",
    absentWhen: "not assigned yet",
    unavailableWhen: "field of another type",
  },
  {
    name: "service.region",
    type: "region",
    meaning: "Where the service runs.",
    from: "ARM",
    absentWhen: null,
    unavailableWhen: "missing from the answer",
  },
  {
    name: "service.visibility",
    type: "visibility",
    meaning:
      "Who can ask: `rbac` only your own tenant by role, `restricted` listed subscriptions, `anyone` who has the alias.",
    from: "ARM: no subscriptions, some, `*`",
    absentWhen: null,
    unavailableWhen: "the block has another shape",
  },
  { name: "service.connections.pending", meaning: "How many connections wait on the service.", ...countedOnService },
  { name: "service.connections.approved", meaning: "How many are approved on the service.", ...countedOnService },
  { name: "service.connections.rejected", meaning: "How many are rejected on the service.", ...countedOnService },
  {
    name: "service.connections.total",
    type: "int",
    meaning: "How many connections the service has in any state: Azure lets it have 1,000.",
    from: "counted in the same ARM read",
    absentWhen: null,
    unavailableWhen: null,
  },
  {
    name: "service.natIps",
    type: "int",
    meaning: "How many NAT addresses the service has for its consumers' traffic.",
    from: "ARM: number of NAT IP configurations",
    absentWhen: null,
    unavailableWhen: "missing from the answer",
  },
  {
    name: "service.natPorts",
    type: "int",
    meaning:
      "The share of NAT ports in use on the fullest address of the service, in percent. All of its consumers share them.",
    from: "Azure Monitor, the highest of the last quarter of an hour; read only while a policy in force asks for it",
    absentWhen: "Azure Monitor has none, as of a service without traffic",
    unavailableWhen: "Azure Monitor unreadable, or `PLGATE_NAT_PORT_METRICS` off",
  },
  {
    name: "service.proxyProtocol",
    type: "bool",
    meaning: "Whether the service is told by proxy protocol which endpoint a client came through.",
    from: "ARM; left out means false",
    absentWhen: null,
    unavailableWhen: "field of another type",
  },
  {
    name: "service.tags.*",
    type: "string",
    meaning: "A tag of the service: the provider's own word about it. All after `tags.` is the key.",
    from: "ARM",
    absentWhen: "key not among readable tags",
    unavailableWhen: "tags unreadable",
  },
  {
    name: "endpoint.id",
    type: "armId",
    resource: "endpoint",
    meaning: "The full resource id of the private endpoint that asks; its subscription is what Azure vouches for.",
    from: "the connection's private endpoint",
    absentWhen: null,
    unavailableWhen: "missing or not an endpoint id",
  },
  {
    name: "endpoint.name",
    type: "string",
    consumerWritten: true,
    meaning: "The name of the endpoint. The consumer chose it.",
    ...fromEndpointId,
  },
  {
    name: "endpoint.resourceGroup",
    type: "string",
    caseBlind: true,
    consumerWritten: true,
    meaning: "The resource group of the endpoint. The consumer chose its name.",
    ...fromEndpointId,
  },
  {
    name: "endpoint.region",
    type: "region",
    meaning: "Where the endpoint is. Anybody can make one in any region.",
    from: "the connection",
    absentWhen: null,
    unavailableWhen: "missing from the answer",
  },
  { name: "consumer.subscriptionId", type: "guid", meaning: "The subscription of the endpoint.", ...fromEndpointId },
  {
    name: "consumer.registered",
    type: "bool",
    meaning: "Whether the registry has an entry for the consumer's subscription.",
    absentWhen: null,
    ...fromRegistry,
  },
  {
    name: "consumer.tenantId",
    type: "guid",
    meaning: "The Entra tenant that the registry has on record for the subscription; Azure does not tell it.",
    from: "registry",
    absentWhen: null,
    unavailableWhen: "not registered, not recorded, or registry unreadable",
  },
  {
    name: "consumer.name",
    type: "string",
    emptyIsAbsent: true,
    meaning: "The consumer's name in the registry.",
    absentWhen: "not registered, or left empty",
    ...fromRegistry,
  },
  {
    name: "consumer.tier",
    type: "string",
    emptyIsAbsent: true,
    meaning: "The consumer's tier in the registry; the words, such as gold, are yours.",
    absentWhen: "not registered, or left empty",
    ...fromRegistry,
  },
  {
    name: "consumer.tags.*",
    type: "string",
    emptyIsAbsent: true,
    meaning: "A tag of the consumer in the registry: your own word about them. All after `tags.` is the key.",
    absentWhen: "not registered, left empty, or no such key",
    ...fromRegistry,
  },
  {
    name: "consumer.connectionsOnService",
    type: "int",
    meaning: "How many connections the consumer's subscription has on this service by now: what a quota counts.",
    from: "approved here, plus our own approvals in flight",
    absentWhen: null,
    unavailableWhen: `${noStatus}, or no subscription id`,
  },
  {
    name: "request.message",
    type: "string",
    emptyIsAbsent: true,
    consumerWritten: true,
    meaning: "The text that came with the request. The consumer wrote it.",
    from: "the connection's description while Pending",
    absentWhen: "empty",
    unavailableWhen: "field of another type",
  },
  { name: "history.rejectedBefore", meaning: "Whether the consumer was rejected here before.", ...fromLedger },
  { name: "history.approvedBefore", meaning: "Whether the consumer was approved here before.", ...fromLedger },
  {
    name: "time.now",
    type: "instant",
    meaning: "When the request is judged.",
    from: "the clock, read once per evaluation",
    absentWhen: null,
    unavailableWhen: null,
  },
];

import { z } from "zod";

const milliseconds = z.number().min(0);
const latency = z.union([milliseconds, z.strictObject({ p50: milliseconds, p99: milliseconds })]);
const bucket = z.strictObject({ capacity: z.number().int().min(1), perSecond: z.number().positive() });

/**
 * Every switch of the local ARM (local-azure.md B), under one flat name each.
 *
 * Where nobody outside Microsoft knows Azure's answer ([U]) the plausible answers are all here, so that the app can be run
 * against each of them. The defaults are the likeliest answer.
 */
const settingsSchema = z.strictObject({
  "latency.readMs": latency,
  "latency.writeMs": latency,
  /** How long a long-running operation stays InProgress after it was accepted. */
  "latency.lroMs": latency,
  /** The Retry-After of running operations. With 0 the Azure client polls at its own `updateIntervalInMs`. */
  "lro.retryAfterSeconds": z.number().int().min(0),
  /** Where `Azure-AsyncOperation` points: the official example of a connection's DELETE names `operationResults`. */
  "lro.pollAt": z.enum(["operations", "operationResults"]),
  "lro.expiresAfterSeconds": z.number().positive(),
  /** What the second writer of a service hears; `mixed` draws one of the forms, `none` has no lock. [U] */
  "lock.answer": z.enum(["429-retry-after", "429-bare", "429-other-operation", "409", "mixed", "none"]),
  "lock.tailMs": milliseconds,
  "lock.retryAfterSeconds": z.number().int().min(1),
  "buckets.enabled": z.boolean(),
  "buckets.reads": bucket,
  "buckets.writes": bucket,
  "buckets.deletes": bucket,
  /** The network provider's own quota over five minutes, as a second layer below ARM's buckets. */
  "buckets.network": z.boolean(),
  "buckets.networkWrites": z.number().int().min(1),
  "buckets.networkReads": z.number().int().min(1),
  "page.size": z.number().int().min(1),
  /** Rewrites the case of ids from answer to answer. */
  "casing.mixed": z.boolean(),
  "transitions.approvedToRejected": z.enum(["allow", "refuse"]),
  "transitions.approvedToApproved": z.enum(["allow", "refuse"]),
  /** What a removed connection is called on the provider's list. [U] */
  "connections.removedShowsAs": z.enum(["Disconnected", "Removed"]),
  "connections.omitPrivateEndpoint": z.boolean(),
  /** When a connection shows its LinkID. Switched from `never` while it runs, an approved connection shows it late. [U] */
  "connections.linkIdentifier": z.enum(["always", "after-approval", "never"]),
  /** As if a customer's deny policy keyed on the endpoint's id were in force. */
  "connections.requirePrivateEndpoint": z.boolean(),
  "etag.ifMatch": z.enum(["ignore", "honour"]),
  "notFound.childCode": z.enum(["ResourceNotFound", "NotFound"]),
  /** For how long a new service's alias is unknown to consumers. */
  "alias.delayMs": milliseconds,
  /** Whether the right to read a service makes it visible to a subscription that its list does not name. [U] */
  "visibility.byRole": z.boolean(),
  /** What a caller with rights on one resource group only gets when listing a whole subscription. [U] */
  "authorization.subscriptionList": z.enum(["refuse", "filter"]),
  /** Whether the first write into an unknown subscription or resource group makes it, for laptops, or is refused as Azure does. */
  "subscriptions.unknown": z.enum(["refuse", "register"]),
  "limits.connectionsPerService": z.number().int().min(1),
  "graph.lagMs": milliseconds,
  /** Which subscriptions Resource Graph shows to a caller: those with any role of theirs, or those that a role lets them read. [U] */
  "graph.subscriptionsSeen": z.enum(["any-role", "subscription-read"]),
  "graph.requestsPerWindow": z.number().int().min(1),
  "graph.windowSeconds": z.number().int().min(1),
  /** The authority that the tenant hint of an unauthenticated answer names. */
  /** The share of NAT ports in use, in percent, for each NAT address of a service, by its name; a service that is not named is idle. */
  "metrics.natPorts": z.record(z.string(), z.array(z.number().min(0)).min(1)),
  "tenantHint.authority": z.url(),
});

export type ArmSettings = Readonly<z.infer<typeof settingsSchema>>;

/** A fixed time in milliseconds, or a distribution of times with a long right tail. */
export type Latency = ArmSettings["latency.readMs"];

export const defaultSettings: ArmSettings = {
  "latency.readMs": 5,
  "latency.writeMs": 60,
  "latency.lroMs": 40,
  "lro.retryAfterSeconds": 1,
  "lro.pollAt": "operations",
  "lro.expiresAfterSeconds": 3600,
  "lock.answer": "429-retry-after",
  "lock.tailMs": 20,
  "lock.retryAfterSeconds": 1,
  "buckets.enabled": true,
  "buckets.reads": { capacity: 250, perSecond: 25 },
  "buckets.writes": { capacity: 200, perSecond: 10 },
  "buckets.deletes": { capacity: 200, perSecond: 10 },
  "buckets.network": false,
  "buckets.networkWrites": 1000,
  "buckets.networkReads": 10_000,
  "page.size": 100,
  "casing.mixed": true,
  "transitions.approvedToRejected": "allow",
  "transitions.approvedToApproved": "allow",
  "connections.removedShowsAs": "Disconnected",
  "connections.omitPrivateEndpoint": false,
  "connections.linkIdentifier": "always",
  "connections.requirePrivateEndpoint": false,
  "etag.ifMatch": "ignore",
  "notFound.childCode": "ResourceNotFound",
  "alias.delayMs": 0,
  "visibility.byRole": false,
  "authorization.subscriptionList": "refuse",
  "subscriptions.unknown": "refuse",
  "limits.connectionsPerService": 1000,
  "graph.lagMs": 100,
  "graph.subscriptionsSeen": "any-role",
  "graph.requestsPerWindow": 15,
  "graph.windowSeconds": 5,
  "metrics.natPorts": {},
  "tenantHint.authority": "https://login.windows.net",
};

/** Lays a patch over settings. Throws on an unknown name or a value out of range: nothing is switched by accident. */
export function withSettings(current: ArmSettings, patch: unknown): ArmSettings {
  const given = settingsSchema.partial().parse(patch);
  return settingsSchema.parse({ ...current, ...given });
}

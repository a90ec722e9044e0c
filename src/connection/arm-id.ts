/**
 * ARM resource ids of Private Link Services, their connections and private endpoints.
 *
 * ARM compares ids without case and changes their case between answers (azure.md 0.3), so every key and every
 * comparison here is lower-cased, while the parts keep the spelling they came in for people to read.
 * An id is parsed whole or not at all: nothing that fails here ever becomes part of a path sent to ARM.
 */

declare const brand: unique symbol;

/** A canonical (lower-cased) resource id: safe to compare byte by byte, to hash and to key on. */
export type ServiceId = string & { readonly [brand]: "service" };
export type ConnectionId = string & { readonly [brand]: "connection" };

export type ServiceRef = {
  readonly id: ServiceId;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
};

export type ConnectionRef = {
  readonly id: ConnectionId;
  readonly service: ServiceRef;
  readonly name: string;
};

export type EndpointRef = {
  readonly id: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
};

const guid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
// Resource group names may hold letters of any script, but no path or control character, and never end with a dot.
const resourceGroup = "[\\p{L}\\p{N}_().-]{0,89}[\\p{L}\\p{N}_()-]";
// Network resource names: letters, digits, `_`, `.`, `-`; begin with a letter or digit. A connection's name is `{endpoint}.{guid}`.
const resourceName = "[a-z0-9][a-z0-9_.-]{0,79}";
const connectionName = "[a-z0-9][a-z0-9_.-]{0,159}";

const network = `/subscriptions/(${guid})/resourceGroups/(${resourceGroup})/providers/Microsoft\\.Network`;
const servicePattern = new RegExp(`^${network}/privateLinkServices/(${resourceName})$`, "iu");
const connectionPattern = new RegExp(
  `^${network}/privateLinkServices/(${resourceName})/(?:privateEndpointConnections|privateEndpointConnectionProxies)/(${connectionName})$`,
  "iu",
);
const endpointPattern = new RegExp(`^${network}/privateEndpoints/(${resourceName})$`, "iu");
const guidPattern = new RegExp(`^${guid}$`, "i");

export function isGuid(text: string): boolean {
  return guidPattern.test(text);
}

export function serviceRef(subscriptionId: string, resourceGroup: string, name: string): ServiceRef {
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Network/privateLinkServices/${name}`;
  return { id: id.toLowerCase() as ServiceId, subscriptionId: subscriptionId.toLowerCase(), resourceGroup, name };
}

/** Parses the id of a Private Link Service; undefined for any other text, a child resource included. */
export function parseServiceId(text: string): ServiceRef | undefined {
  const [, subscriptionId, group, name] = servicePattern.exec(text) ?? [];
  if (!subscriptionId || !group || !name) return undefined;
  return serviceRef(subscriptionId, group, name);
}

/**
 * Parses the id of a private endpoint connection.
 * A connection proxy (`privateEndpointConnectionProxies`) names the same connection: events may carry it (azure.md 1.1).
 */
export function parseConnectionId(text: string): ConnectionRef | undefined {
  const [, subscriptionId, group, service, name] = connectionPattern.exec(text) ?? [];
  if (!subscriptionId || !group || !service || !name) return undefined;
  return connectionRef(serviceRef(subscriptionId, group, service), name);
}

export function connectionRef(service: ServiceRef, name: string): ConnectionRef {
  return { id: `${service.id}/privateendpointconnections/${name.toLowerCase()}` as ConnectionId, service, name };
}

/** Parses the id of a consumer's private endpoint; its subscription is the only proof of who asks (azure.md 3.6). */
export function parseEndpointId(text: string): EndpointRef | undefined {
  const [, subscriptionId, group, name] = endpointPattern.exec(text) ?? [];
  if (!subscriptionId || !group || !name) return undefined;
  return { id: text.toLowerCase(), subscriptionId: subscriptionId.toLowerCase(), resourceGroup: group, name };
}

export function sameId(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

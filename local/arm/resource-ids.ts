/** Where a resource lives, spelt as its creator spelt it. */
export type ResourcePlace = { readonly subscriptionId: string; readonly resourceGroup: string; readonly name: string };

type NetworkType = "privateLinkServices" | "privateEndpoints";

const guid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const guidPattern = new RegExp(`^${guid}$`, "i");
const groupPattern = /^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u;
const namePattern = /^[a-z0-9](?:[a-z0-9_.-]{0,158}[a-z0-9_])?$/i;
const subnetPattern = new RegExp(
  `^/subscriptions/(${guid})/resourceGroups/[^/]+/providers/Microsoft\\.Network/virtualNetworks/[^/]+/subnets/[^/]+$`,
  "i",
);
const maximumName = 80;

/** ARM compares ids without case: everything that is kept or looked up goes by this. */
export function keyOf(id: string): string {
  return id.toLowerCase();
}

export function isSameId(left: string, right: string): boolean {
  return keyOf(left) === keyOf(right);
}

export function isGuid(text: string): boolean {
  return guidPattern.test(text);
}

export function isGroupName(text: string): boolean {
  return groupPattern.test(text);
}

/** A name that a caller may give to a resource. Connections are longer (`{endpoint}.{guid}`) but only Azure names them. */
export function isResourceName(text: string): boolean {
  return text.length <= maximumName && namePattern.test(text);
}

export function isConnectionName(text: string): boolean {
  return namePattern.test(text);
}

export function groupId(subscriptionId: string, name: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${name}`;
}

export function resourceId(type: NetworkType, place: ResourcePlace): string {
  return `${groupId(place.subscriptionId, place.resourceGroup)}/providers/Microsoft.Network/${type}/${place.name}`;
}

export function connectionId(serviceId: string, name: string): string {
  return `${serviceId}/privateEndpointConnections/${name}`;
}

export function networkInterfaceId(place: ResourcePlace, guidText: string): string {
  const group = groupId(place.subscriptionId, place.resourceGroup);
  return `${group}/providers/Microsoft.Network/networkInterfaces/${place.name}.nic.${guidText}`;
}

/** Parses the id of a resource of one type, whole or not at all. */
export function parseResourceId(type: NetworkType, text: string): ResourcePlace | undefined {
  const [empty, subscriptions, subscriptionId, groups, resourceGroup, providers, namespace, typeName, name, ...rest] =
    text.split("/");
  const frame = [empty, subscriptions, groups, providers, namespace, typeName].join("/").toLowerCase();
  if (frame !== `/subscriptions/resourcegroups/providers/microsoft.network/${type.toLowerCase()}`) return undefined;
  if (rest.length > 0 || !subscriptionId || !resourceGroup || !name) return undefined;
  if (!isGuid(subscriptionId) || !isGroupName(resourceGroup) || !isResourceName(name)) return undefined;
  return { subscriptionId, resourceGroup, name };
}

/** The subscription of a subnet's id; undefined when the text is no such id. */
export function subscriptionOfSubnet(text: string): string | undefined {
  return subnetPattern.exec(text)?.[1];
}

/** Azure writes regions without spaces and in lower case, however they were asked for. */
export function regionName(location: string): string {
  return location.replaceAll(" ", "").toLowerCase();
}

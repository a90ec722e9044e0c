import { connectionId } from "./resource-ids.ts";
import type { ArmConnection, ArmEndpoint, ArmService, EndpointLink, NatConfiguration } from "./resources.ts";
import type { ArmSettings } from "./settings.ts";
import { findConnection } from "./store.ts";
import { removedStatus } from "./transitions.ts";

const network = "Microsoft.Network";

/** A service as ARM shows it, with every connection inside. `busy`: somebody is writing to it just now. */
export function renderService(service: ArmService, busy: boolean, settings: ArmSettings) {
  const { id, name, location, etag } = service;
  return {
    name,
    id,
    etag,
    type: `${network}/privateLinkServices`,
    location,
    ...optional({ tags: service.tags, extendedLocation: service.extendedLocation }),
    properties: {
      provisioningState: busy && service.provisioningState === "Succeeded" ? "Updating" : service.provisioningState,
      fqdns: service.fqdns,
      alias: service.alias,
      visibility: { subscriptions: service.visibility },
      autoApproval: { subscriptions: service.autoApproval },
      enableProxyProtocol: service.enableProxyProtocol,
      accessMode: service.accessMode,
      ...optional({ destinationIPAddress: service.destinationIPAddress }),
      loadBalancerFrontendIpConfigurations: service.frontends.map((frontend) => ({ id: frontend })),
      ipConfigurations: service.natConfigurations.map((nat) => renderNat(service, nat)),
      networkInterfaces: [{ id: service.networkInterface }],
      privateEndpointConnections: service.connections.map((one) => renderConnection(service, one, settings)),
    },
  };
}

/** A connection as its provider sees it. */
export function renderConnection(service: ArmService, connection: ArmConnection, settings: ArmSettings) {
  const showsLink = { always: true, "after-approval": connection.approvedOnce, never: false };
  const status = connection.status === removedStatus ? settings["connections.removedShowsAs"] : connection.status;
  return {
    name: connection.name,
    id: connectionId(service.id, connection.name),
    etag: connection.etag,
    type: `${network}/privateLinkServices/privateEndpointConnections`,
    properties: {
      provisioningState: "Succeeded",
      ...(settings["connections.omitPrivateEndpoint"] ? {} : { privateEndpoint: { id: connection.endpointId } }),
      privateLinkServiceConnectionState: {
        status,
        description: connection.description,
        actionsRequired: connection.actionsRequired,
      },
      ...(showsLink[settings["connections.linkIdentifier"]] ? { linkIdentifier: connection.linkIdentifier } : {}),
      privateEndpointLocation: connection.endpointLocation,
    },
  };
}

/** An endpoint as its consumer sees it; its entry mirrors what the provider has made of the connection. */
export function renderEndpoint(endpoint: ArmEndpoint, service: ArmService | undefined) {
  const entries = [renderLink(endpoint, service)];
  return {
    name: endpoint.name,
    id: endpoint.id,
    etag: endpoint.etag,
    type: `${network}/privateEndpoints`,
    location: endpoint.location,
    ...optional({ tags: endpoint.tags, extendedLocation: endpoint.extendedLocation }),
    properties: {
      provisioningState: endpoint.provisioningState,
      subnet: { id: endpoint.subnetId },
      ipVersionType: endpoint.ipVersionType,
      networkInterfaces: [{ id: endpoint.networkInterface }],
      privateLinkServiceConnections: endpoint.link.kind === "automatic" ? entries : [],
      manualPrivateLinkServiceConnections: endpoint.link.kind === "manual" ? entries : [],
      customDnsConfigs: [],
      ipConfigurations: endpoint.ipConfigurations.map((address) => ({
        ...address,
        type: `${network}/privateEndpoints/ipConfigurations`,
      })),
      customNetworkInterfaceName: endpoint.customNetworkInterfaceName,
      ...optional({ billingSku: endpoint.billingSku }),
    },
  };
}

/** The state of a connection as the consumer's entry shows it, also before it exists and after it is gone. */
export function linkState(link: EndpointLink, service: ArmService | undefined) {
  const connection = service && findConnection(service, link.connectionName);
  if (connection) {
    const { status, description, actionsRequired } = connection;
    return { status, description, actionsRequired };
  }
  if (link.detached) return { status: removedStatus, ...link.detached };
  return { status: "Pending", description: link.requestMessage ?? "", actionsRequired: "None" };
}

function renderLink(endpoint: ArmEndpoint, service: ArmService | undefined) {
  const { link } = endpoint;
  const collection = link.kind === "manual" ? "manualPrivateLinkServiceConnections" : "privateLinkServiceConnections";
  return {
    name: link.name,
    id: `${endpoint.id}/${collection}/${link.name}`,
    etag: link.etag,
    type: `${network}/privateEndpoints/${collection}`,
    properties: {
      provisioningState: endpoint.provisioningState,
      privateLinkServiceId: link.target,
      groupIds: link.groupIds,
      ...optional({ requestMessage: link.requestMessage }),
      privateLinkServiceConnectionState: linkState(link, service),
    },
  };
}

function renderNat(service: ArmService, nat: NatConfiguration) {
  return {
    name: nat.name,
    id: `${service.id}/ipConfigurations/${nat.name}`,
    etag: nat.etag,
    type: `${network}/privateLinkServices/ipConfigurations`,
    properties: {
      provisioningState: "Succeeded",
      privateIPAllocationMethod: nat.allocation,
      ...optional({ privateIPAddress: nat.address }),
      subnet: { id: nat.subnetId },
      primary: nat.primary,
      privateIPAddressVersion: nat.version,
    },
  };
}

function optional<T extends object>(fields: T): Partial<T> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Partial<T>;
}

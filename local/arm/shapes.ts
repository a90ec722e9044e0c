import { type Shape, shapeFaults } from "./shape.ts";

const text: Shape = { kind: "text" };
const flag: Shape = { kind: "flag" };
const texts: Shape = { kind: "list", of: text };
const tags: Shape = { kind: "map" };

const always = <S extends Shape>(shape: S): S => ({ ...shape, always: true });
const needed = <S extends Shape>(shape: S): S => ({ ...shape, needed: true });
/** Set by Azure alone and in every answer. */
const given = <S extends Shape>(shape: S): S => ({ ...shape, readOnly: true, always: true });
const readOnly = <S extends Shape>(shape: S): S => ({ ...shape, readOnly: true });
const object = (fields: Readonly<Record<string, Shape>>): Shape => ({ kind: "object", fields });
const list = (of: Shape): Shape => ({ kind: "list", of });
const page = (of: Shape): Shape => object({ value: always(list(of)), nextLink: text });

const provisioningState: Shape = {
  kind: "text",
  oneOf: ["Succeeded", "Updating", "Creating", "Deleting", "Failed", "Canceled"],
};
const extendedLocation = object({ name: text, type: { kind: "text", oneOf: ["EdgeZone"] } });
const reference = object({ id: always(needed(text)) });
/** Something of which Azure keeps only the id, though the definition allows the whole thing in its place. */
const pointer = object({ id: always(needed(text)), name: readOnly(text), type: readOnly(text), etag: readOnly(text) });
const subscriptions = object({ subscriptions: always(texts) });

const serviceIpConfiguration = object({
  id: given(text),
  name: always(needed(text)),
  type: given(text),
  etag: given(text),
  properties: always(
    needed(
      object({
        privateIPAddress: text,
        privateIPAllocationMethod: always({ kind: "text", oneOf: ["Dynamic", "Static"] }),
        subnet: always(needed(pointer)),
        primary: always(flag),
        provisioningState: given(provisioningState),
        privateIPAddressVersion: always({ kind: "text", oneOf: ["IPv4", "IPv6"] }),
      }),
    ),
  ),
});

const state = object({ status: always(text), description: always(text), actionsRequired: always(text) });

const connection = object({
  id: given(text),
  name: always(text),
  type: given(text),
  etag: given(text),
  properties: always(
    needed(
      object({
        privateEndpoint: readOnly(reference),
        privateLinkServiceConnectionState: always(needed(state)),
        provisioningState: given(provisioningState),
        linkIdentifier: readOnly(text),
        privateEndpointLocation: readOnly(text),
      }),
    ),
  ),
});

const service = object({
  id: given(text),
  name: given(text),
  type: given(text),
  etag: given(text),
  location: always(needed(text)),
  tags,
  extendedLocation,
  properties: always(
    needed(
      object({
        provisioningState: given(provisioningState),
        alias: given(text),
        visibility: always(subscriptions),
        autoApproval: always(subscriptions),
        fqdns: always(texts),
        enableProxyProtocol: always(flag),
        accessMode: always({ kind: "text", oneOf: ["Default", "Restricted"] }),
        destinationIPAddress: text,
        loadBalancerFrontendIpConfigurations: always(list(pointer)),
        ipConfigurations: always(needed(list(serviceIpConfiguration))),
        networkInterfaces: given(list(reference)),
        privateEndpointConnections: given(list(connection)),
      }),
    ),
  ),
});

const link = object({
  id: given(text),
  name: always(needed(text)),
  type: given(text),
  etag: given(text),
  properties: always(
    needed(
      object({
        provisioningState: given(provisioningState),
        privateLinkServiceId: always(needed(text)),
        groupIds: always(texts),
        requestMessage: text,
        privateLinkServiceConnectionState: always(object({ status: text, description: text, actionsRequired: text })),
        // In the definition since 2026-01-01, but nobody knows how it behaves (local-azure.md B.3.3): refused by name later.
        approvalReference: object({ privateEndpointId: text }),
      }),
    ),
  ),
});

const endpointIpConfiguration = object({
  name: always(needed(text)),
  type: given(text),
  etag: given(text),
  properties: always(needed(object({ groupId: text, memberName: text, privateIPAddress: text }))),
});

const endpoint = object({
  id: given(text),
  name: given(text),
  type: given(text),
  etag: given(text),
  location: always(needed(text)),
  tags,
  extendedLocation,
  properties: always(
    needed(
      object({
        provisioningState: given(provisioningState),
        subnet: always(needed(pointer)),
        ipVersionType: always({ kind: "text", oneOf: ["IPv4", "IPv6", "DualStack"] }),
        networkInterfaces: given(list(reference)),
        privateLinkServiceConnections: always(list(link)),
        manualPrivateLinkServiceConnections: always(list(link)),
        customDnsConfigs: always(list(object({ fqdn: text, ipAddresses: texts }))),
        applicationSecurityGroups: list(pointer),
        ipConfigurations: always(list(endpointIpConfiguration)),
        customNetworkInterfaceName: always(text),
        billingSku: { kind: "text", oneOf: ["Fixed", "PayAsYouGo"] },
      }),
    ),
  ),
});

const localizable = object({ value: always(text), localizedValue: text });

/** From the definition of Microsoft.Insights, 2023-10-01. */
const metrics = object({
  cost: { kind: "whole" },
  timespan: always(text),
  interval: text,
  namespace: text,
  resourceregion: text,
  value: always(
    list(
      object({
        id: always(text),
        type: always(text),
        name: always(localizable),
        displayDescription: text,
        unit: always({ kind: "text", oneOf: ["Percent", "Count", "Bytes"] }),
        errorCode: text,
        timeseries: always(
          list(
            object({
              metadatavalues: list(object({ name: localizable, value: text })),
              data: list(object({ timeStamp: always(text), average: { kind: "number" }, total: { kind: "number" } })),
            }),
          ),
        ),
      }),
    ),
  ),
});

const errorBody = object({
  code: always(text),
  message: always(text),
  target: text,
  details: list(object({ code: always(text), message: always(text), target: text })),
});

/** From the definition of Microsoft.Authorization, 2022-04-01. */
const roleAssignment = object({
  id: always(text),
  name: always(text),
  type: always(text),
  properties: always(
    object({
      roleDefinitionId: always(text),
      principalId: always(text),
      principalType: text,
      scope: always(text),
    }),
  ),
});
const roleDefinition = object({
  id: always(text),
  name: always(text),
  type: always(text),
  properties: always(
    object({
      roleName: always(text),
      type: text,
      description: text,
      assignableScopes: texts,
      permissions: always(
        list(object({ actions: texts, notActions: texts, dataActions: texts, notDataActions: texts })),
      ),
    }),
  ),
});

/** From the definition of Microsoft.EventGrid, 2025-02-15. */
const topic = object({
  id: always(text),
  name: always(text),
  type: always(text),
  location: always(text),
  properties: always(object({ provisioningState: text, source: text, topicType: text })),
});
const destination = object({ endpointType: always(text), properties: { kind: "anything" } });
const eventSubscription = object({
  id: always(text),
  name: always(text),
  type: always(text),
  properties: always(
    object({
      provisioningState: text,
      topic: text,
      destination,
      filter: object({
        includedEventTypes: texts,
        advancedFilters: list(object({ operatorType: always(text), key: text, values: texts })),
      }),
      eventDeliverySchema: text,
      deadLetterDestination: destination,
    }),
  ),
});

/**
 * The bodies that go over the wire, field by field, from the official 2026-01-01 definition and the models of the Azure client.
 *
 * Every answer passes through this table, so that no test of the app can come to rely on an invented field; request bodies are
 * held against the same table (local-azure.md B.5 rule 1).
 */
const shapes = {
  service,
  connection,
  endpoint,
  serviceList: page(service),
  connectionList: page(connection),
  endpointList: page(endpoint),
  visibilityQuestion: object({ privateLinkServiceAlias: needed(text) }),
  visibilityAnswer: object({ visible: always(flag) }),
  autoApprovedList: page(object({ privateLinkService: always(text) })),
  metrics,
  roleAssignmentList: page(roleAssignment),
  roleDefinition,
  topicList: page(topic),
  eventSubscriptionList: page(eventSubscription),
  operation: object({
    status: always({ kind: "text", oneOf: ["InProgress", "Succeeded", "Failed"] }),
    error: errorBody,
  }),
  subscription: object({
    id: always(text),
    subscriptionId: always(text),
    tenantId: always(text),
    displayName: always(text),
    state: always(text),
  }),
  graphQuestion: object({
    subscriptions: texts,
    managementGroups: texts,
    query: needed(text),
    options: object({
      $top: { kind: "whole" },
      $skip: { kind: "whole" },
      $skipToken: text,
      resultFormat: { kind: "text", oneOf: ["objectArray", "table"] },
    }),
  }),
  graphAnswer: object({
    totalRecords: always({ kind: "whole" }),
    count: always({ kind: "whole" }),
    resultTruncated: always({ kind: "text", oneOf: ["true", "false"] }),
    data: always(list({ kind: "anything" })),
    facets: always(list({ kind: "anything" })),
    $skipToken: text,
  }),
  error: object({ error: always(errorBody) }),
} as const satisfies Readonly<Record<string, Shape>>;

export type ShapeName = keyof typeof shapes;

export function answerFaults(name: ShapeName, body: unknown): readonly string[] {
  return shapeFaults(shapes[name], body, "answer");
}

export function requestFaults(name: ShapeName, body: unknown): readonly string[] {
  return shapeFaults(shapes[name], body, "request");
}

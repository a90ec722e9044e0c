import type { FinishedWrite } from "../arm/finished-write.ts";

export const provider = { subscriptionId: "11111111-1111-4111-8111-111111111111", tenantId: "tenant-of-provider" };
export const consumer = { subscriptionId: "22222222-2222-4222-8222-222222222222", tenantId: "tenant-of-consumer" };

export const serviceId = `/subscriptions/${provider.subscriptionId}/resourceGroups/Shop-RG/providers/Microsoft.Network/privateLinkServices/Checkout`;
export const connectionId = `${serviceId}/privateEndpointConnections/To-Checkout.5f0c1d5e`;
export const endpointId = `/subscriptions/${consumer.subscriptionId}/resourceGroups/Desk-RG/providers/Microsoft.Network/privateEndpoints/To-Checkout`;

type Target = NonNullable<FinishedWrite["target"]>;

const targetService: Target = {
  serviceId,
  connectionId,
  ...provider,
  change: "created",
  service: { location: "westeurope", tags: { team: "shop" } },
};

/** A consumer has made a private endpoint to the provider's service. */
export function endpointWrite(change: Partial<FinishedWrite> = {}, target: Partial<Target> = {}): FinishedWrite {
  return {
    resourceId: endpointId,
    operationName: "Microsoft.Network/privateEndpoints/write",
    method: "PUT",
    succeeded: true,
    created: true,
    ...consumer,
    caller: { objectId: "object-of-caller", tenantId: consumer.tenantId },
    correlationId: "correlation-1",
    url: `https://management.azure.com${endpointId}?api-version=2026-01-01`,
    time: new Date("2026-11-23T10:00:00.123Z"),
    target: { ...targetService, ...target },
    ...change,
  };
}

/** The consumer has deleted that endpoint again. */
export function endpointDelete(): FinishedWrite {
  const operationName = "Microsoft.Network/privateEndpoints/delete";
  return endpointWrite({ operationName, method: "DELETE", created: false }, { change: "deleted" });
}

/** The provider has approved or rejected: the echo of our own PUT. */
export function connectionWrite(change: Partial<FinishedWrite> = {}): FinishedWrite {
  const { target: _, ...write } = endpointWrite();
  return {
    ...write,
    resourceId: connectionId,
    operationName: "Microsoft.Network/privateLinkServices/privateEndpointConnections/write",
    created: false,
    ...provider,
    clientRequestId: "client-request-1",
    url: `https://management.azure.com${connectionId}?api-version=2026-01-01`,
    ...change,
  };
}

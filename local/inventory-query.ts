import { connectionsByServiceQuery, visibleSubscriptionsQuery } from "../src/azure/inventory-rows.ts";
import type { GraphQuery } from "./arm/resource-graph.ts";

/** The app's inventory query as the local Resource Graph answers it: the text is the app's own, the rows are what it projects. */
export const inventoryQuery: GraphQuery = {
  text: connectionsByServiceQuery,
  evaluate: (services) =>
    services.map(({ id, location, properties }) => ({
      id,
      location,
      alias: properties.alias,
      provisioningState: properties.provisioningState,
      autoApproval: properties.autoApproval.subscriptions,
      visibility: properties.visibility.subscriptions,
      natIps: properties.ipConfigurations.length,
      connections: properties.privateEndpointConnections,
    })),
};

/** The app's question which subscriptions it sees at all. */
export const subscriptionsQuery: GraphQuery = {
  text: visibleSubscriptionsQuery,
  evaluateSubscriptions: (subscriptions) => subscriptions.map(({ subscriptionId }) => ({ subscriptionId })),
};

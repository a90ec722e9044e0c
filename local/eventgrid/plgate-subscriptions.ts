import eventFilters from "../../infra/event-filters.json" with { type: "json" };
import type { EventSubscription } from "./event-subscription.ts";

/** Which of the two families of events a deployment listens to; both are switches of its own. */
export type Topics = { readonly subscriptionEvents: boolean; readonly resourceNotifications: boolean };

export const bothTopics: Topics = { subscriptionEvents: true, resourceNotifications: true };

/** The event subscriptions of one watched subscription, by the filters that the deployment has. */
export function plgateSubscriptions(subscriptionId: string, url: string, topics: Topics): readonly EventSubscription[] {
  const { subscriptionEvents, resourceNotifications } = eventFilters;
  const destination = { kind: "webhook", url } as const;
  const ofSubscription: EventSubscription = {
    name: "plgate-subscription-events",
    topic: { type: "Microsoft.Resources.Subscriptions", subscriptionId },
    destination,
    schema: "EventGridSchema",
    includedEventTypes: subscriptionEvents.includedEventTypes,
    advancedFilters: [
      { operatorType: "StringIn", key: "data.operationName", values: subscriptionEvents.operationNames },
    ],
    deadLetter: true,
  };
  const ofNotifications: EventSubscription = {
    name: "plgate-resource-notifications",
    topic: { type: "Microsoft.ResourceNotifications.Resources", subscriptionId },
    destination,
    schema: "CloudEventSchemaV1_0",
    includedEventTypes: resourceNotifications.includedEventTypes,
    advancedFilters: [
      { operatorType: "StringIn", key: "data.resourceInfo.type", values: resourceNotifications.resourceTypes },
    ],
    deadLetter: true,
  };
  return [
    ...(topics.subscriptionEvents ? [ofSubscription] : []),
    ...(topics.resourceNotifications ? [ofNotifications] : []),
  ];
}

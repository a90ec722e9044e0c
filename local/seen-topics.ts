import type { SeenAttempt, SeenSubscription, SeenTopic } from "./arm/event-topics.ts";
import type { Delivery } from "./eventgrid/carry.ts";
import type { EventSubscription } from "./eventgrid/event-subscription.ts";
import type { EventGrid } from "./eventgrid/server.ts";

/** What the local ARM shows of the local Event Grid: its system topics, who is subscribed, and what was delivered lately. */
export function seenTopics(
  eventGrid: Pick<EventGrid, "subscriptions" | "deliveries">,
  resourceGroup: string,
): readonly SeenTopic[] {
  const system = eventGrid
    .subscriptions()
    .flatMap((one) => (one.topic.type === "custom" ? [] : [{ one, topic: one.topic }]));
  const deliveries = eventGrid.deliveries();
  const byTopic = Map.groupBy(system, ({ topic }) => `${topic.subscriptionId} ${topic.type}`);
  return [...byTopic.values()].flatMap((all) => {
    const [first] = all;
    if (!first) return [];
    const { subscriptionId, type: topicType } = first.topic;
    const name = `evgt-${topicType.split(".").at(-1)?.toLowerCase()}`;
    return [
      { subscriptionId, resourceGroup, name, topicType, subscriptions: all.map(({ one }) => seen(one, deliveries)) },
    ];
  });
}

function seen(one: EventSubscription, deliveries: readonly Delivery[]): SeenSubscription {
  const endpointBaseUrl = one.destination.kind === "webhook" ? (one.destination.url.split("?")[0] ?? "") : "";
  return {
    name: one.name,
    endpointBaseUrl,
    schema: one.schema,
    includedEventTypes: one.includedEventTypes ?? [],
    advancedFilters: one.advancedFilters ?? [],
    deadLetter: one.deadLetter ?? false,
    attempts: deliveries.filter(({ subscription }) => subscription === one.name).flatMap(attemptIn),
  };
}

/** What Azure counts; an event that this stack lost on purpose is one that Azure never knew of. */
function attemptIn({ at, outcome }: Delivery): readonly SeenAttempt[] {
  switch (outcome) {
    case "delivered":
    case "dead-lettered":
      return [{ at, outcome }];
    case "will-retry":
    case "dropped":
      return [{ at, outcome: "failed" }];
    case "lost":
    case "not-possible":
      return [];
  }
}

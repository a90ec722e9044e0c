import { ArmError, badRequest } from "./arm-error.ts";
import { keyOf } from "./resource-ids.ts";
import { type Answer, type ArmCall, pageOf, param, type World } from "./world.ts";

/** A system topic of the local Event Grid, as ARM shows it. */
export type SeenTopic = {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly topicType: string;
  readonly subscriptions: readonly SeenSubscription[];
};

export type SeenSubscription = {
  readonly name: string;
  /** Where it delivers to, without the query: that one holds the key. */
  readonly endpointBaseUrl: string;
  readonly schema: string;
  readonly includedEventTypes: readonly string[];
  readonly advancedFilters: readonly {
    readonly operatorType: string;
    readonly key: string;
    readonly values: readonly string[];
  }[];
  readonly deadLetter: boolean;
  readonly attempts: readonly SeenAttempt[];
};

export type SeenAttempt = { readonly at: Date; readonly outcome: "delivered" | "failed" | "dead-lettered" };

/** GET the system topics of a subscription. */
export function listSystemTopics(call: ArmCall, world: World): Answer {
  const subscriptionId = param(call, "s");
  const found = world.topics().filter((one) => keyOf(one.subscriptionId) === keyOf(subscriptionId));
  return pageOf(call, world, found, (topic) => ({
    id: idOf(topic),
    name: topic.name,
    type: "Microsoft.EventGrid/systemTopics",
    location: "global",
    properties: {
      provisioningState: "Succeeded",
      source: `/subscriptions/${topic.subscriptionId}`,
      topicType: topic.topicType,
    },
  }));
}

/** GET the event subscriptions of one system topic. */
export function listEventSubscriptions(call: ArmCall, world: World): Answer {
  const topic = existingTopic(call, world);
  return pageOf(call, world, topic.subscriptions, (one) => ({
    id: `${idOf(topic)}/eventSubscriptions/${one.name}`,
    name: one.name,
    type: "Microsoft.EventGrid/systemTopics/eventSubscriptions",
    properties: {
      provisioningState: "Succeeded",
      topic: idOf(topic),
      destination: { endpointType: "WebHook", properties: { endpointBaseUrl: one.endpointBaseUrl } },
      filter: {
        includedEventTypes: [...one.includedEventTypes],
        advancedFilters: one.advancedFilters.map((filter) => ({ ...filter, values: [...filter.values] })),
      },
      eventDeliverySchema: one.schema,
      ...(one.deadLetter
        ? { deadLetterDestination: { endpointType: "StorageBlob", properties: { blobContainerName: "deadletters" } } }
        : {}),
    },
  }));
}

const hourMs = 3600_000;
const counted = {
  DeliverySuccessCount: ["delivered"],
  DeliveryAttemptFailCount: ["failed", "dead-lettered"],
  DeadLetteredCount: ["dead-lettered"],
} as const satisfies Readonly<Record<string, readonly SeenAttempt["outcome"][]>>;

/** GET what was delivered of one event subscription, by the hour, as Azure Monitor counts it. */
export function getTopicMetrics(call: ArmCall, world: World): Answer {
  const topic = existingTopic(call, world);
  const { from, to, name, timespan } = askedIn(call);
  const attempts = topic.subscriptions.find((one) => keyOf(one.name) === keyOf(name))?.attempts ?? [];
  const hours = Array.from({ length: Math.ceil((to - from) / hourMs) }, (_, at) => from + at * hourMs);
  const metric = (metricName: keyof typeof counted) => {
    const outcomes: readonly string[] = counted[metricName];
    const those = attempts.filter(({ outcome }) => outcomes.includes(outcome)).map(({ at }) => at.getTime());
    const data = hours.map((hour) => ({
      timeStamp: new Date(hour).toISOString(),
      total: those.filter((at) => at >= hour && at < hour + hourMs).length,
    }));
    return {
      id: `${idOf(topic)}/providers/Microsoft.Insights/metrics/${metricName}`,
      type: "Microsoft.Insights/metrics",
      name: { value: metricName, localizedValue: metricName },
      unit: "Count",
      timeseries: [{ metadatavalues: [], data }],
      errorCode: "Success",
    };
  };
  const about = { cost: 0, timespan, interval: "PT1H", namespace: "Microsoft.EventGrid/systemTopics" };
  const value = (["DeliverySuccessCount", "DeliveryAttemptFailCount", "DeadLetteredCount"] as const).map(metric);
  return { status: 200, body: { ...about, resourceregion: "global", value } };
}

function askedIn({ query }: ArmCall) {
  const timespan = query.get("timespan") ?? "";
  const [from = Number.NaN, to = Number.NaN] = timespan.split("/").map((at) => Date.parse(at));
  const name = /^EventSubscriptionName eq '([^']+)'$/.exec(query.get("$filter") ?? "")?.[1];
  const isKnown =
    query.get("metricnames") === Object.keys(counted).join(",") &&
    query.get("aggregation") === "Total" &&
    query.get("interval") === "PT1H";
  if (!isKnown || name === undefined || !(to > from && to - from <= 24 * hourMs)) {
    throw badRequest(
      "BadRequest",
      "The local ARM knows the three counts of one event subscription of one day, by the hour.",
    );
  }
  return { from, to, name, timespan };
}

function existingTopic(call: ArmCall, world: World): SeenTopic {
  const { s = "", rg = "", n = "" } = call.params;
  const wanted = keyOf(idOf({ subscriptionId: s, resourceGroup: rg, name: n }));
  const found = world.topics().find((one) => keyOf(idOf(one)) === wanted);
  if (found) return found;
  throw new ArmError(
    404,
    "ResourceNotFound",
    `The Resource 'Microsoft.EventGrid/systemTopics/${n}' under resource group '${rg}' was not found.`,
  );
}

function idOf({
  subscriptionId,
  resourceGroup,
  name,
}: Pick<SeenTopic, "subscriptionId" | "resourceGroup" | "name">): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.EventGrid/systemTopics/${name}`;
}

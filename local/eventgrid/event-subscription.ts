import { type EventSchema, eventType, type PublishedEvent, type TopicType } from "./grid-event.ts";
import type { RetryPolicy } from "./retry-schedule.ts";

/** `data.a.b` is one of the values; all string comparisons of Event Grid's advanced filters ignore case. */
type AdvancedFilter = {
  readonly operatorType: "StringIn";
  readonly key: `data.${string}`;
  readonly values: readonly string[];
};

export type Destination =
  | { readonly kind: "webhook"; readonly url: string; readonly headers?: Readonly<Record<string, string>> }
  /** The queue has to exist; messages are base64 of one event each. */
  | { readonly kind: "storage-queue"; readonly connectionString: string; readonly queueName: string };

/** Who gets which events of which topic, and how. One that is left out means Azure's default. */
export type EventSubscription = {
  readonly name: string;
  readonly topic:
    | { readonly type: Exclude<TopicType, "custom">; readonly subscriptionId: string }
    | { readonly type: "custom" };
  readonly destination: Destination;
  readonly schema: EventSchema;
  readonly includedEventTypes?: readonly string[];
  readonly advancedFilters?: readonly AdvancedFilter[];
  readonly retryPolicy?: RetryPolicy;
  /** Given-up events go to the emulator's dead-letter store instead of nowhere. */
  readonly deadLetter?: boolean;
  /** 1 unless said. Events that are due together share a POST; none waits to fill one. */
  readonly maxEventsPerBatch?: number;
};

/** Whether the subscription gets the event. All filters must hold; one on an absent field does not. */
export function wants(subscription: EventSubscription, published: PublishedEvent): boolean {
  return (
    isFrom(subscription.topic, published) &&
    (subscription.includedEventTypes?.includes(eventType(published)) ?? true) &&
    (subscription.advancedFilters ?? []).every((filter) => holds(filter, published))
  );
}

function isFrom(topic: EventSubscription["topic"], published: PublishedEvent): boolean {
  if (topic.type === "custom") return published.topicType === "custom";
  if (published.topicType !== topic.type) return false;
  return published.event.topic.toLowerCase() === `/subscriptions/${topic.subscriptionId}`.toLowerCase();
}

function holds(filter: AdvancedFilter, published: PublishedEvent): boolean {
  const path = filter.key.split(".");
  const value = path.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), published.event);
  if (typeof value !== "string") return false;
  return filter.values.some((wanted) => wanted.toLowerCase() === value.toLowerCase());
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** What Azure would refuse about a new subscription (limits: azure-docs "delivery and retry", "event filtering"). */
export function faultsOf(subscription: EventSubscription): readonly string[] {
  const { name, retryPolicy, includedEventTypes, maxEventsPerBatch } = subscription;
  const values = (subscription.advancedFilters ?? []).flatMap((filter) => filter.values);
  const faults = [
    [/^[A-Za-z0-9-]{3,64}$/.test(name), "the name has 3 to 64 letters, digits and dashes"],
    [isWithin(retryPolicy?.maxDeliveryAttempts, 1, 30), "maxDeliveryAttempts is a whole number from 1 to 30"],
    [isWithin(retryPolicy?.eventTimeToLiveInMinutes, 1, 1_440), "eventTimeToLiveInMinutes is one from 1 to 1440"],
    [isWithin(maxEventsPerBatch, 1, 5_000), "maxEventsPerBatch is a whole number from 1 to 5000"],
    [includedEventTypes?.length !== 0, "includedEventTypes, when given, names at least one type"],
    [values.length <= 25, "all advanced filters together have at most 25 values"],
  ] as const;
  return faults.filter(([isFine]) => !isFine).map(([, rule]) => rule);
}

function isWithin(value: number | undefined, least: number, most: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= least && value <= most);
}

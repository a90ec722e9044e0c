/** The two envelopes that Event Grid delivers, in Azure's own words. */
export type EventSchema = "EventGridSchema" | "CloudEventSchemaV1_0";

/** The kinds of topics that plgate listens to or publishes on. */
export type TopicType = "Microsoft.Resources.Subscriptions" | "Microsoft.ResourceNotifications.Resources" | "custom";

/** An event in the Event Grid schema (azure.md 1.3). System topics make all their events in this form. */
export type GridEvent = {
  readonly id: string;
  readonly topic: string;
  readonly subject: string;
  readonly eventType: string;
  readonly eventTime: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly dataVersion: string;
  readonly metadataVersion: string;
};

/** An event in the CloudEvents 1.0 schema; extension attributes are carried along. */
export type CloudEvent = {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly specversion: "1.0";
  readonly [attribute: string]: unknown;
};

/** An event and the topic it was published on. */
export type PublishedEvent =
  | { readonly topicType: Exclude<TopicType, "custom">; readonly form: "EventGridSchema"; readonly event: GridEvent }
  | { readonly topicType: "custom"; readonly form: "EventGridSchema"; readonly event: GridEvent }
  | { readonly topicType: "custom"; readonly form: "CloudEventSchemaV1_0"; readonly event: CloudEvent };

/**
 * The event as a subscription with this schema receives it, or "not-possible".
 *
 * A CloudEvent put on a custom topic cannot be delivered in the Event Grid schema: Azure offers no such conversion.
 */
export function inSchema(published: PublishedEvent, schema: EventSchema): GridEvent | CloudEvent | "not-possible" {
  if (published.form === schema) return published.event;
  return published.form === "EventGridSchema" ? toCloudEvent(published.event) : "not-possible";
}

export function eventType(published: PublishedEvent): string {
  return published.form === "EventGridSchema" ? published.event.eventType : published.event.type;
}

/** Renames the three envelope fields and drops the two versions; `data` stays as it is (azure.md 1.3). */
function toCloudEvent(event: GridEvent): CloudEvent {
  const { id, topic, subject, eventType: type, eventTime: time, data } = event;
  return { id, source: topic, subject, type, time, data, specversion: "1.0" };
}

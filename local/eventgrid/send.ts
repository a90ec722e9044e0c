import { QueueClient } from "@azure/storage-queue";
import type { Destination } from "./event-subscription.ts";
import type { CloudEvent, EventSchema, GridEvent } from "./grid-event.ts";
import type { Answer } from "./retry-schedule.ts";

/** Events that share one POST, and with it their fate: Event Grid resends all or none. */
export type Parcel = {
  readonly subscriptionName: string;
  readonly destination: Destination;
  readonly schema: EventSchema;
  readonly events: readonly [GridEvent | CloudEvent, ...(GridEvent | CloudEvent)[]];
  /** A subscription without batching gets CloudEvents one by one and not as an array. */
  readonly batched: boolean;
};

export type SendOptions = {
  /** Attempts made before this one; goes out as `aeg-delivery-count`. */
  readonly earlierAttempts: number;
  readonly timeoutMs: number;
  readonly stopped: AbortSignal;
};

/** Makes one attempt to deliver. Never rejects: no answer is an answer too. */
export async function send(parcel: Parcel, options: SendOptions): Promise<Answer> {
  const signal = AbortSignal.any([options.stopped, AbortSignal.timeout(options.timeoutMs)]);
  try {
    return await (parcel.destination.kind === "webhook"
      ? post(parcel, parcel.destination, options, signal)
      : enqueue(parcel, parcel.destination, signal));
  } catch {
    return signal.aborted ? "timed-out" : "unreachable";
  }
}

async function post(
  parcel: Parcel,
  destination: Extract<Destination, { kind: "webhook" }>,
  options: SendOptions,
  signal: AbortSignal,
): Promise<number> {
  const response = await fetch(destination.url, {
    method: "POST",
    headers: {
      ...destination.headers,
      "content-type": contentType(parcel),
      "aeg-event-type": "Notification",
      "aeg-subscription-name": parcel.subscriptionName,
      "aeg-delivery-count": String(options.earlierAttempts),
      ...versionHeaders(parcel.events[0]),
    },
    body: body(parcel),
    redirect: "manual",
    signal,
  });
  await response.arrayBuffer();
  return response.status;
}

function versionHeaders(event: GridEvent | CloudEvent): Readonly<Record<string, string>> {
  if (!isGridEvent(event)) return {};
  return { "aeg-data-version": event.dataVersion, "aeg-metadata-version": event.metadataVersion };
}

function contentType({ schema, batched }: Parcel): string {
  if (schema === "EventGridSchema") return "application/json; charset=utf-8";
  return `application/cloudevents${batched ? "-batch" : ""}+json; charset=utf-8`;
}

function body({ schema, batched, events }: Parcel): string {
  return JSON.stringify(schema === "EventGridSchema" || batched ? events : events[0]);
}

/** One message per event, in base64 as the Functions host expects. A failure half-way repeats all: at least once. */
async function enqueue(
  parcel: Parcel,
  destination: Extract<Destination, { kind: "storage-queue" }>,
  abortSignal: AbortSignal,
): Promise<number> {
  const queue = openQueue(destination);
  for (const event of parcel.events) {
    await queue.sendMessage(Buffer.from(JSON.stringify(event)).toString("base64"), { abortSignal });
  }
  return 200;
}

/** A queue client without retries of its own, which would hide the schedule. */
export function openQueue(destination: Extract<Destination, { kind: "storage-queue" }>): QueueClient {
  return new QueueClient(destination.connectionString, destination.queueName, { retryOptions: { maxTries: 1 } });
}

export function isGridEvent(event: GridEvent | CloudEvent): event is GridEvent {
  return !("specversion" in event);
}

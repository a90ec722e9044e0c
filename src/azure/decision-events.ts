import type { EventGridPublisherClient } from "@azure/eventgrid";
import type { TokenCredential } from "@azure/identity";
import type { DecisionEvent } from "../ledger/decision-event.ts";
import { messageOf, PlgateError } from "../runtime/errors.ts";
import type { Publisher } from "../workflow/ports.ts";

export type TopicOptions = {
  /** With its path, as Azure shows it: `https://….eventgrid.azure.net/api/events`. */
  readonly endpoint: string;
  readonly credential: TokenCredential;
  /** For one batch, with the one repetition of the client. */
  readonly timeoutMs?: number;
  /** How long the topic is left alone after it failed. */
  readonly restMs?: number;
  /** Milliseconds of any origin. */
  readonly now?: () => number;
};

type Client = EventGridPublisherClient<"CloudEvent">;

const defaultTimeoutMs = 10_000;
// Reviews wait for what they leave to do: a topic that hangs costs one of them its patience, and not each.
const defaultRestMs = 15_000;

/** Where no topic is configured. */
export const noPublisher: Publisher = { isOn: false, publish: async () => {} };

/**
 * Publishes on a custom topic of Event Grid, as CloudEvents 1.0 in one batch, with the app's identity: its role is EventGrid Data
 * Sender on the topic, and there is no key. The client is loaded when there is something to publish.
 *
 * The client repeats a call once, so a batch may arrive twice; ids tell. Whatever else fails is for the outbox.
 */
export function decisionTopic(options: TopicOptions): Publisher {
  const { timeoutMs = defaultTimeoutMs, restMs = defaultRestMs, now = () => performance.now() } = options;
  let client: Promise<Client> | undefined;
  let rest = { until: Number.NEGATIVE_INFINITY, why: "" };
  return {
    isOn: true,
    async publish(events) {
      if (now() < rest.until) throw new PlgateError(`left alone for a moment: ${rest.why}`, { retryable: true });
      try {
        client ??= open(options);
        await (await client).send(events.map(cloudEvent), { abortSignal: AbortSignal.timeout(timeoutMs) });
      } catch (cause) {
        const why = `the decisions' topic did not take ${events.length} event(s): ${advice(cause)}`;
        // Then it is these events, and the topic is well.
        const retryable = ![400, 413].includes(statusOf(cause) ?? 0);
        if (retryable) rest = { until: now() + restMs, why };
        throw new PlgateError(why, { retryable, cause });
      }
    },
  };
}

async function open({ endpoint, credential }: TopicOptions): Promise<Client> {
  const { EventGridPublisherClient } = await import("@azure/eventgrid");
  const retryOptions = { maxRetries: 1, retryDelayInMs: 500 };
  return new EventGridPublisherClient(endpoint, "CloudEvent", credential, { retryOptions });
}

function cloudEvent({ time, ...event }: DecisionEvent) {
  return { ...event, time: new Date(time), datacontenttype: "application/json" };
}

function advice(error: unknown): string {
  const status = statusOf(error);
  switch (status) {
    case 400:
      return "400; an event that it does not know, or its input schema is not CloudEventSchemaV1_0";
    case 401:
    case 403:
      return `${status}; plgate's identity needs the role EventGrid Data Sender on it, and its network has to let plgate in`;
    case 404:
      return "404; PLGATE_DECISIONS_TOPIC names no topic";
    case 413:
      return "413; the batch is too large";
    default:
      return status === undefined ? `no certain answer (${messageOf(error)})` : `it answered ${status}`;
  }
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const status: unknown = Reflect.get(error, "statusCode");
  return typeof status === "number" ? status : undefined;
}

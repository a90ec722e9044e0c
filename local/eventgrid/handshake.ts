import { randomUUID } from "node:crypto";
import type { Destination, EventSubscription } from "./event-subscription.ts";
import { openQueue } from "./send.ts";

const origin = "eventgrid.azure.net";
const boundMs = 30_000;
const validationType = "Microsoft.EventGrid.SubscriptionValidationEvent";

type Webhook = Extract<Destination, { kind: "webhook" }>;

/**
 * Makes sure that the endpoint wants events before a subscription goes live, as Event Grid does at creation.
 *
 * Event Grid schema: a POST whose code has to come back. CloudEvents: the same to a Functions host, because the real
 * host refuses OPTIONS (local-azure.md A.3 nos. 15 and 19), and OPTIONS to any other webhook. A queue has to exist.
 * Rejects with the reason, naming the subscription and never the URL, whose query may hold a key.
 */
export async function shakeHands(subscription: EventSubscription): Promise<void> {
  const { destination, schema } = subscription;
  const fault = await faultOf(destination, schema).catch(unreachable);
  if (fault !== undefined) {
    throw new Error(`The event subscription ${subscription.name} was not made: ${fault}.`);
  }
}

function unreachable(cause: unknown): string {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return `its endpoint could not be reached (${reason instanceof Error ? reason.message : String(reason)})`;
}

async function faultOf(destination: Destination, schema: EventSubscription["schema"]): Promise<string | undefined> {
  if (destination.kind === "storage-queue") {
    return (await openQueue(destination).exists()) ? undefined : `there is no queue ${destination.queueName}`;
  }
  if (schema === "EventGridSchema") return echoFault(destination, "array");
  return isFunctionsHost(destination.url) ? echoFault(destination, "cloud-event") : optionsFault(destination);
}

function isFunctionsHost(url: string): boolean {
  return new URL(url).pathname.toLowerCase() === "/runtime/webhooks/eventgrid";
}

async function echoFault(webhook: Webhook, form: "array" | "cloud-event"): Promise<string | undefined> {
  const validationCode = randomUUID();
  const response = await fetch(webhook.url, {
    method: "POST",
    headers: {
      ...webhook.headers,
      "content-type":
        form === "array" ? "application/json; charset=utf-8" : "application/cloudevents+json; charset=utf-8",
      "aeg-event-type": "SubscriptionValidation",
    },
    body: JSON.stringify(form === "array" ? [validationEvent(validationCode)] : validationCloudEvent(validationCode)),
    redirect: "manual",
    signal: AbortSignal.timeout(boundMs),
  });
  const text = await response.text();
  if (response.status !== 200) return `its endpoint answered the validation with ${response.status} instead of 200`;
  if (validationResponse(text) !== validationCode) return "its endpoint did not send back the validation code";
  return undefined;
}

function validationData(validationCode: string): { validationCode: string; validationUrl: string } {
  // Confirming by hand is not emulated: whoever opens the address learns so from a name that cannot resolve.
  return { validationCode, validationUrl: `https://manual-validation-is-not-emulated.invalid/?id=${validationCode}` };
}

function validationEvent(validationCode: string): Readonly<Record<string, unknown>> {
  return {
    id: randomUUID(),
    topic: "/subscriptions/00000000-0000-0000-0000-000000000000",
    subject: "",
    eventType: validationType,
    eventTime: new Date().toISOString(),
    data: validationData(validationCode),
    dataVersion: "2",
    metadataVersion: "1",
  };
}

/** One object, not an array, and its data is JSON within a string. */
function validationCloudEvent(validationCode: string): Readonly<Record<string, unknown>> {
  return {
    id: randomUUID(),
    source: "/subscriptions/00000000-0000-0000-0000-000000000000",
    subject: "",
    type: validationType,
    time: new Date().toISOString(),
    data: JSON.stringify(validationData(validationCode)),
    specversion: "1.0",
  };
}

function validationResponse(text: string): unknown {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === "object" && answer !== null && "validationResponse" in answer)
      return answer.validationResponse;
  } catch {
    // Not JSON is simply not the code.
  }
  return undefined;
}

async function optionsFault(webhook: Webhook): Promise<string | undefined> {
  const response = await fetch(webhook.url, {
    method: "OPTIONS",
    headers: { ...webhook.headers, "webhook-request-origin": origin },
    redirect: "manual",
    signal: AbortSignal.timeout(boundMs),
  });
  await response.arrayBuffer();
  if (response.status !== 200) return `its endpoint answered OPTIONS with ${response.status} instead of 200`;
  const allowed = response.headers.get("webhook-allowed-origin");
  return allowed === "*" || allowed === origin ? undefined : `its endpoint does not allow the origin ${origin}`;
}

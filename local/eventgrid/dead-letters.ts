import { randomUUID } from "node:crypto";
import type { CloudEvent, GridEvent } from "./grid-event.ts";
import type { Answer, GivenUpReason } from "./retry-schedule.ts";
import { isGridEvent } from "./send.ts";

/** Where given-up events go. A blob container is one; so is any map of names to texts. */
export interface DeadLetterStore {
  put(name: string, json: string): Promise<void>;
}

export type DeadLetterFacts = {
  readonly subscriptionName: string;
  readonly reason: GivenUpReason;
  readonly attempts: number;
  readonly lastAnswer: Answer;
  readonly publishTime: Date;
  readonly lastAttemptTime: Date;
};

/** Azure's words for what went wrong last; from memory but for NotFound. */
const outcomes: Readonly<Record<string, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  408: "TimedOut",
  413: "PayloadTooLarge",
  503: "Busy",
  "timed-out": "TimedOut",
  unreachable: "GenericError",
};

/**
 * Puts one event away as a blob of its own: an array that holds the event and why it was given up.
 *
 * The added fields are named as in azure-docs "delivery and retry": in capitals for Event Grid events, in lower case for
 * CloudEvents, whose attributes know no capitals. The path by subscription and hour and the array are from memory.
 */
export async function putDeadLetter(
  store: DeadLetterStore,
  event: GridEvent | CloudEvent,
  facts: DeadLetterFacts,
): Promise<void> {
  const at = facts.lastAttemptTime;
  const hour = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours()].join("/");
  const name = `${facts.subscriptionName.toUpperCase()}/${hour}/${randomUUID()}.json`;
  await store.put(name, JSON.stringify([{ ...event, ...explanation(event, facts) }]));
}

function explanation(event: GridEvent | CloudEvent, facts: DeadLetterFacts): Readonly<Record<string, unknown>> {
  const fields = {
    deadLetterReason: facts.reason,
    deliveryAttempts: facts.attempts,
    lastDeliveryOutcome: outcomes[facts.lastAnswer] ?? "GenericError",
    publishTime: facts.publishTime.toISOString(),
    lastDeliveryAttemptTime: facts.lastAttemptTime.toISOString(),
  };
  if (isGridEvent(event)) return fields;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
}

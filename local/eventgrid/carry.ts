import { setTimeout as sleep } from "node:timers/promises";
import { type DeadLetterFacts, type DeadLetterStore, putDeadLetter } from "./dead-letters.ts";
import type { CloudEvent, GridEvent } from "./grid-event.ts";
import { type Answer, afterAttempt, type GivenUpReason, type RetryPolicy } from "./retry-schedule.ts";
import { isGridEvent, type Parcel, send } from "./send.ts";
import type { EventGridSettings } from "./settings.ts";

/** What became of one event at one attempt. */
export type Delivery = {
  readonly subscription: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly subject: string;
  /** From 1; 0 when nothing was sent. */
  readonly attempt: number;
  readonly at: Date;
  readonly answer: Answer | "not-sent";
  readonly outcome: "delivered" | "will-retry" | "dropped" | "dead-lettered" | "lost" | "not-possible";
};

/** A parcel with what decides about its retries and its end. */
export type Consignment = {
  readonly parcel: Parcel;
  readonly publishTime: Date;
  readonly retryPolicy: RetryPolicy;
  /** Undefined: given-up events are dropped. */
  readonly deadLetters: DeadLetterStore | undefined;
};

export type Carrier = {
  readonly settings: () => EventGridSettings;
  readonly now: () => Date;
  readonly log: (line: string) => void;
  readonly record: (delivery: Delivery) => void;
  readonly stopped: AbortSignal;
};

/**
 * Carries a parcel until it is delivered or given up.
 *
 * Its age is schedule time: the waits as scheduled, however fast the clock of retries runs, and the real time that
 * answers took. Rejects only when stopped.
 */
export async function carry(consignment: Consignment, carrier: Carrier): Promise<void> {
  const { parcel, retryPolicy } = consignment;
  let ageMs = 0;
  for (let attempts = 1; ; attempts++) {
    const { timeScale, answerTimeoutMs: timeoutMs } = carrier.settings();
    const lastAttemptTime = carrier.now();
    const sentAt = performance.now();
    const answer = await send(parcel, { earlierAttempts: attempts - 1, timeoutMs, stopped: carrier.stopped });
    carrier.stopped.throwIfAborted();
    ageMs += performance.now() - sentAt;
    const attempt = { attempts, answer, lastAttemptTime };

    const next = afterAttempt(answer, attempts, ageMs, retryPolicy);
    if (next.kind === "delivered") return note(parcel, attempt, "delivered", carrier);
    if (next.kind === "given-up") return giveUp(consignment, attempt, next.reason, carrier);
    note(parcel, attempt, "will-retry", carrier);
    await sleep(next.waitMs * timeScale, undefined, { signal: carrier.stopped });
    ageMs += next.waitMs;
  }
}

type Attempt = { readonly attempts: number; readonly answer: Answer; readonly lastAttemptTime: Date };

async function giveUp(
  { parcel, publishTime, deadLetters }: Consignment,
  attempt: Attempt,
  reason: GivenUpReason,
  carrier: Carrier,
): Promise<void> {
  if (deadLetters === undefined) return note(parcel, attempt, "dropped", carrier);
  const { attempts, answer: lastAnswer, lastAttemptTime } = attempt;
  const subscriptionName = parcel.subscriptionName;
  const facts: DeadLetterFacts = { subscriptionName, reason, attempts, lastAnswer, publishTime, lastAttemptTime };
  try {
    await Promise.all(parcel.events.map((event) => putDeadLetter(deadLetters, event, facts)));
  } catch (error) {
    // Azure tries for four hours and drops the event then; here a store that fails is a fault of the stack.
    carrier.log(`${subscriptionName}: the dead letter could not be stored: ${String(error)}`);
    return note(parcel, attempt, "dropped", carrier);
  }
  note(parcel, attempt, "dead-lettered", carrier);
}

function note(parcel: Parcel, attempt: Attempt, outcome: Delivery["outcome"], carrier: Carrier): void {
  const { attempts, answer, lastAttemptTime: at } = attempt;
  for (const event of parcel.events) {
    const delivery = { ...describe(parcel.subscriptionName, event), attempt: attempts, at, answer, outcome };
    carrier.record(delivery);
    carrier.log(deliveryLine(delivery));
  }
}

export function describe(
  subscription: string,
  event: GridEvent | CloudEvent,
): Pick<Delivery, "subscription" | "eventId" | "eventType" | "subject"> {
  const type = isGridEvent(event) ? event.eventType : event.type;
  return { subscription, eventId: event.id, eventType: type, subject: String(event["subject"] ?? "") };
}

/** One line for the log: no URL, which may hold a key, and nothing of the event's data. */
export function deliveryLine({ subscription, eventType, eventId, attempt, answer, outcome }: Delivery): string {
  return `event grid: ${subscription} ${eventType} ${eventId} attempt ${attempt}: ${answer}, ${outcome}`;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Waits between attempts, in ms of schedule time; after the last named one it is every twelve hours. */
const waits = [
  10 * second,
  30 * second,
  minute,
  5 * minute,
  10 * minute,
  30 * minute,
  hour,
  3 * hour,
  6 * hour,
] as const;
const everyFurtherWait = 12 * hour;

const notRetriedByWebhooks: ReadonlySet<number> = new Set([400, 401, 403, 413]);
const successes: ReadonlySet<number> = new Set([200, 201, 202, 203, 204]);
const longerWaits: Readonly<Record<number, number>> = { 408: 2 * minute, 503: 30 * second };

export type RetryPolicy = {
  /** 1 to 30. */
  readonly maxDeliveryAttempts: number;
  /** 1 to 1440. */
  readonly eventTimeToLiveInMinutes: number;
};

export const defaultRetryPolicy: RetryPolicy = { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1_440 };

/** A status code, or why there was none. */
export type Answer = number | "timed-out" | "unreachable";

export type AfterAttempt =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly waitMs: number }
  | { readonly kind: "given-up"; readonly reason: GivenUpReason };

/** Azure's words for why an event became a dead letter; the second and third are from memory. */
export type GivenUpReason = "MaxDeliveryAttemptsExceeded" | "TimeToLiveExceeded" | "UndeliverableDueToClientError";

/**
 * What Event Grid does after a webhook answered an attempt (azure-docs "Event Grid message delivery and retry").
 *
 * `attempts` counts the one just made, `ageMs` is schedule time since publishing, `waitMs` is schedule time too. An
 * event whose life would end before the next attempt is given up at once. Azure's small random addition is left out,
 * so that the schedule can be tested.
 */
export function afterAttempt(answer: Answer, attempts: number, ageMs: number, policy: RetryPolicy): AfterAttempt {
  if (typeof answer === "number" && successes.has(answer)) return { kind: "delivered" };
  if (typeof answer === "number" && notRetriedByWebhooks.has(answer)) return givenUp("UndeliverableDueToClientError");
  if (attempts >= policy.maxDeliveryAttempts) return givenUp("MaxDeliveryAttemptsExceeded");

  const atLeast = typeof answer === "number" ? (longerWaits[answer] ?? 0) : 0;
  const waitMs = Math.max(waits[attempts - 1] ?? everyFurtherWait, atLeast);
  if (ageMs + waitMs > policy.eventTimeToLiveInMinutes * minute) return givenUp("TimeToLiveExceeded");
  return { kind: "retry", waitMs };
}

function givenUp(reason: GivenUpReason): AfterAttempt {
  return { kind: "given-up", reason };
}

import { pick, type Random } from "../seeded-random.ts";
import { ArmError } from "./arm-error.ts";
import { keyOf } from "./resource-ids.ts";
import type { ArmSettings } from "./settings.ts";
import type { Timers } from "./timers.ts";

export type Locks = {
  isHeld(id: string): boolean;
  /** Takes the lock, or throws the refusal that the settings name. */
  take(id: string): void;
  /** Gives it back after the tail: a reader still sees `Updating` for that long. */
  release(id: string): void;
};

/**
 * One write at a time on one resource (local-azure.md B.5 rule 6).
 *
 * That the connections of one service share a lock is inferred, not known [U]; so are the answers, hence the switch.
 */
export function createLocks(settings: () => ArmSettings, random: Random, timers: Timers): Locks {
  const held = new Set<string>();
  return {
    isHeld: (id) => held.has(keyOf(id)),
    take(id) {
      if (settings()["lock.answer"] === "none") return;
      if (held.has(keyOf(id))) throw refusal(id, settings(), random);
      held.add(keyOf(id));
    },
    release(id) {
      const tailMs = settings()["lock.tailMs"];
      if (tailMs === 0) held.delete(keyOf(id));
      else timers.after(tailMs, () => held.delete(keyOf(id)));
    },
  };
}

const mixed = ["429-retry-after", "429-bare", "429-other-operation", "409"] as const;

function refusal(id: string, settings: ArmSettings, random: Random): ArmError {
  const wanted = settings["lock.answer"];
  const form = wanted === "mixed" ? pick(random, mixed) : wanted;
  const retryAfter = { "retry-after": String(settings["lock.retryAfterSeconds"]) };
  if (form === "409") {
    return new ArmError(
      409,
      "AnotherOperationInProgress",
      "Another operation on this or dependent resource is in progress.",
    );
  }
  if (form === "429-other-operation") {
    const message = `The operation failed because another operation on ${id} is in progress.`;
    return new ArmError(429, "RetryableErrorDueToAnotherOperation", message, { headers: retryAfter });
  }
  const details = [
    {
      code: "ReferencedResourceNotProvisioned",
      message: `Cannot proceed with operation because resource ${id} is not in Succeeded state. Resource is in Updating state.`,
    },
  ];
  const headers = form === "429-bare" ? {} : retryAfter;
  return new ArmError(429, "RetryableError", "A retryable error occurred.", { details, headers });
}

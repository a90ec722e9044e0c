import type { StandIn } from "../policy/reviewers.ts";

/** A step that time brings, done once. */
export type TimeStep = "half" | "nine-tenths" | `escalation-${number}`;

/**
 * When what happens to a request that waits for people; instants in ISO 8601, computed when they were asked.
 * It is part of the request's row, so that no restart and no later policy moves it.
 */
export type Timetable = {
  readonly askedAt: string;
  /** Null: they have all the time. */
  readonly dueAt: string | null;
  readonly expiry: "leave" | "reject";
  readonly reminders: readonly { readonly step: "half" | "nine-tenths"; readonly at: string }[];
  readonly escalations: readonly {
    readonly step: TimeStep;
    readonly at: string;
    readonly from: readonly string[];
    readonly to: readonly StandIn[];
  }[];
  readonly done: readonly TimeStep[];
};

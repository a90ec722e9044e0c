import type { Story } from "../azure/stories.ts";

/** The first line that a worker reads: what it is to be, and where. */
export type Job = {
  readonly role: Role;
  readonly connectionString: string;
  readonly prefix: string;
  /** How far the worker's clock is ahead: the claims of those that were killed before it have run out by it. */
  readonly aheadMs: number;
};
export type Role = "writer" | "dispatcher";

/** Every further line: what a lane of a writer tells next. */
export type Order = { readonly lane: string; readonly story: Story };

/** Where a kill may hit one lane of a writer, or one entry that a dispatcher works on. */
export const phases = [
  "before a commit",
  "in a commit",
  "between commit and index",
  "in a search of the outbox",
  "between claim and index",
  "in the index",
  "in the tick-off",
  "after the tick-off",
] as const;
export type Phase = (typeof phases)[number];

/** One line that a worker prints. It is in the pipe before the worker goes on, so that no kill takes it back. */
export type Mark =
  | { readonly is: "ready" }
  | { readonly is: "idle"; readonly lane: string }
  | { readonly is: "begins"; readonly lane: string; readonly key: string }
  | {
      readonly is: "answered";
      readonly lane: string;
      readonly key: string;
      readonly answer: "written" | "already-there";
    }
  | { readonly is: "at"; readonly place: string; readonly phase: Phase }
  | { readonly is: "at rest"; readonly place: string }
  | { readonly is: "warns"; readonly what: string };

import type { Story } from "../azure/stories.ts";

/** The first line that an app host reads. */
export type CardJob = {
  readonly settings: Readonly<Record<string, string>>;
  readonly clock: { readonly rate: number; readonly since: number };
};

/** Every further line: what it puts on record. */
export type CardOrder = { readonly story: Story };

/** One line that an app host prints. */
export type CardMark =
  | { readonly is: "ready" }
  | { readonly is: "told"; readonly story: Story }
  | { readonly is: "warns"; readonly what: string };

import type { StandIn } from "./reviewers.ts";
import type { WeeklyHours } from "./windows.ts";

/** Hours that count towards a deadline: a weekly window of the policy, by value, so that it outlives the policy's version. */
export type CountedHours = WeeklyHours & { readonly name: string };

/** How long people have, and what follows when nobody decided. */
export type Deadline = {
  /** ISO 8601 duration, of counted time. */
  readonly within: string;
  /** Null: every hour counts. */
  readonly hours: CountedHours | null;
  /** `leave`: the request ends and the connection stays Pending. `reject`: final in Azure, so only a rule says it. */
  readonly expiry: "leave" | "reject";
};

/** From when on others may answer in the place of those who were asked. */
export type Escalation = {
  /** ISO 8601 duration, of counted time. */
  readonly after: string;
  readonly hours: CountedHours | null;
  /** Ids of the groups that are stood in for. */
  readonly from: readonly string[];
  readonly to: readonly StandIn[];
};

/** The circumstances of a review, beside who is asked. Of several rules all deadlines count; the first to come ends it. */
export type ReviewTerms = {
  /** `page`: cards only show and link, the answer is given on the signed-in page. */
  readonly via: "card" | "page";
  readonly deadlines: readonly Deadline[];
  readonly escalations: readonly Escalation[];
  /** ISO 8601 duration after which the request is judged anew while it waits; left out: only when other policies are in force. */
  readonly recheck?: string;
};

export const plainTerms: ReviewTerms = { via: "card", deadlines: [], escalations: [] };

import type { CardWords } from "./card-words.ts";

/** Why an approved connection is looked at again. */
type Cause = "drift" | "policy" | "expiry" | "recertification" | "drain";

/** What a card about an approved connection says in the place of the same words about one that is Pending. */
type Instead = Pick<
  CardWords,
  | "status"
  | "tallied"
  | "asks"
  | "answerUntil"
  | "noReviewers"
  | "applying"
  | "confirmed"
  | "expired"
  | "withdrawn"
  | "elsewhere"
  | "failed"
  | "held"
  | "whyTitle"
  | "policyTitle"
  | "consumerTitle"
  | "labels"
  | "message"
  | "noMessage"
  | "approvalsTitle"
  | "stillNeeded"
  | "vote"
  | "lastApproval"
  | "oneApproval"
  | "rejection"
  | "noRejection"
  | "afterDeadline"
  | "buttons"
  | "answers"
  | "nobodyInTime"
  | "nextStep"
>;

/**
 * The words of the question whether a connection that is approved stays. Approving keeps it, rejecting takes it away, and no card
 * of this kind says approve or reject: nobody shall take one for a request to get in.
 */
export type LiveCardWords = {
  readonly instead: Instead;
  /** Where there is no end to the time to answer. */
  readonly question: string;
  /** The first words while it goes at the end of the time unless somebody keeps it. */
  readonly goes: string;
  readonly goesAt: (moment: string) => string;
  /** The same where the mode takes nothing away. */
  readonly heldAt: (moment: string) => string;
  readonly afterDeadlineHeld: (moment: string) => string;

  readonly causes: Readonly<Record<Cause, string>>;
  /** What policy would do with the connection if it asked now; `reason` in its author's words. */
  readonly policyNow: Readonly<Record<"approve" | "reject" | "review", (reason: string) => string>>;

  readonly approvalTitle: string;
  readonly approval: Readonly<Record<"approved" | "kept" | "by" | "request" | "ends" | "run", string>>;
  readonly neverApproved: string;
  /** How an earlier question about an approved connection ended; as `CardWords.earlier`. */
  readonly earlier: CardWords["earlier"];
};

type State =
  | "received"
  | "awaiting-decision"
  | "approving"
  | "rejecting"
  | "approved"
  | "rejected"
  | "expired"
  | "withdrawn"
  | "resolved-elsewhere"
  | "failed";
type Verb = "approve" | "reject";
type Door = "event" | "timer" | "teams" | "api" | "console" | "cli" | "outside";

/** Why there is nothing left to decide. */
export type WithdrawnBecause = "connection-gone" | "service-gone" | "replaced" | "pending-again" | "other";
/** What Azure showed when somebody had decided there. */
export type FoundInAzure = "approved" | "rejected" | "disconnected" | "other";
/** What keeps Azure from carrying out a decision. */
export type Obstacle = "role" | "lock" | "azure-policy" | "other";

type Lasting = Readonly<Record<"weeks" | "days" | "hours" | "minutes", number>>;

/**
 * Everything that a card says, in one language.
 *
 * Parts arrive ready to be shown: hostile text is defused, moments are the functions that a client turns into its
 * reader's time. The words themselves must hold nothing that a card reads as Markdown; a test asks every one of them.
 */
export type CardWords = {
  readonly status: Readonly<Record<State | "held", string>>;
  readonly tallied: (status: string, given: number, needed: number) => string;
  readonly summary: (status: string, endpoint: string, customer: string | null, service: string) => string;

  readonly unregistered: string;
  readonly nameless: string;
  readonly unknownConsumer: string;
  readonly asks: (who: string, endpoint: string, service: string) => string;
  readonly answerUntil: (moment: string) => string;
  readonly noReviewers: string;
  readonly applying: Readonly<Record<Verb, string>>;
  readonly confirmed: Readonly<Record<Verb, (endpoint: string, service: string) => string>>;
  readonly expired: string;
  readonly withdrawn: Readonly<Record<WithdrawnBecause, string>>;
  readonly elsewhere: Readonly<Record<FoundInAzure, string>>;
  readonly failed: Readonly<Record<Verb, string>>;
  readonly held: (source: "policy" | "reviewers", effect: Verb | "review", mode: "observe" | "approve-only") => string;
  readonly copy: string;

  readonly whyTitle: string;
  readonly policyTitle: string;
  readonly overruled: (why: "service" | "consumer", effect: Verb, reason: string) => string;
  readonly noPolicyInForce: string;
  readonly noPolicy: string;
  readonly noRule: string;
  readonly notTold: (rule: string, facts: string) => string;
  readonly rules: string;
  readonly unreadFacts: string;

  readonly consumerTitle: string;
  readonly serviceTitle: string;
  readonly labels: Readonly<
    Record<
      | "customer"
      | "tier"
      | "subscription"
      | "tenant"
      | "resourceGroup"
      | "region"
      | "endpoint"
      | "endpointRegion"
      | "service"
      | "asked",
      string
    >
  >;
  readonly notRegistered: string;
  readonly withoutName: string;
  readonly message: string;
  readonly noMessage: string;

  readonly earlierTitle: string;
  readonly noEarlier: string;
  readonly earlierUnreadable: string;
  readonly decidedBefore: (approved: boolean, rejected: boolean) => string;
  /** `by` is null where nobody decided. */
  readonly earlier: (state: State, by: string | null, moment: string) => string;

  readonly approvalsTitle: string;
  readonly given: (given: number, needed: number, by: string | null) => string;
  readonly orGroup: (standIn: string) => string;
  readonly inPlaceOf: (group: string, since: string | null) => string;
  readonly stillNeeded: (groups: string) => string;
  readonly vote: Readonly<Record<Verb, (justification: string) => string>>;

  readonly answerTitle: string;
  readonly lastApproval: string;
  readonly oneApproval: string;
  readonly rejection: string;
  readonly noRejection: string;
  readonly afterDeadline: Readonly<Record<"leave" | "reject", (moment: string) => string>>;
  readonly onPage: string;
  readonly onPageWithoutLink: string;
  readonly justification: { readonly label: string; readonly placeholder: string; readonly missing: string };
  readonly buttons: Readonly<Record<Verb | "open" | "refresh" | "signIn", string>>;

  readonly decidedTitle: string;
  readonly endedTitle: string;
  readonly ending: Readonly<
    Record<"answer" | "by" | "when" | "why" | "lasts" | "confirmed" | "ended" | "ends", string>
  >;
  readonly answers: Readonly<Record<Verb, string>>;
  readonly nobodyInTime: string;
  readonly robot: string;
  readonly somebodyOutside: string;
  readonly through: Readonly<Record<Door, (who: string) => string>>;
  readonly lasting: (duration: Lasting) => string;

  readonly operatorTitle: string;
  readonly nextStep: Readonly<Record<Obstacle, string>>;
  readonly azureSaid: string;
  readonly said: (code: string, message: string) => string;
  readonly lastTried: string;
  readonly tried: (moment: string, attempts: number) => string;
  readonly triesAgain: string;

  readonly request: (id: string, round: number) => string;
  readonly unknown: string;
  readonly noReason: string;
  readonly listed: (texts: readonly string[], more: number) => string;
  readonly more: string;
  readonly moreGroups: (count: number) => string;
};

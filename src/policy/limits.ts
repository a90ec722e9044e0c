/** How large a policy may be (policy.md 5). Beyond a limit a policy is refused, never cut. */
export const policyLimits = {
  fileBytes: 256 * 1024,
  rules: 200,
  conditionsPerRule: 64,
  /** `anyOf` and `not`, one inside the other. */
  depth: 4,
  lists: 100,
  listEntries: 5_000,
  windows: 50,
  reviewers: 50,
  /** Of one reviewer. */
  channels: 5,
  /** In one `escalate.to`. */
  standIns: 10,
  exemptions: 100,
  patternLength: 200,
  literalsInOneCondition: 100,
} as const;

export type PolicyLimits = { readonly [name in keyof typeof policyLimits]: number };

/** A longer text is unavailable as a fact (policy.md 5). */
export const longestFactText = 4_096;

/** What a channel or webhook may be called; ids of Teams channels have about 60. */
export const longestChannelText = 200;

/** More policies in force than this and every request goes to people. */
export const mostActivePolicies = 32;

/**
 * Deadlines of one request, and escalations: of more, those of the least counted time stay. They are part of the
 * request's row, which must never outgrow what storage takes.
 */
export const mostTermsOfRequest = 20;

/** Cases in one test file. */
export const mostTestCases = 1_000;

/** Maps and lists inside each other in the file itself; a policy at all its limits needs half of it. */
export const deepestYaml = 40;

/**
 * What one evaluation may cost, in conditions asked (a `like` over a long text counts for more).
 * Counted in steps, not in time, so that a replay ends as the original did (policy.md 9.4). Policies of any sensible
 * size need a thousandth of it.
 */
export const stepBudget = 2_000_000;

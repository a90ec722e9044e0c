import { compilePolicy } from "../../src/policy/compile.ts";
import type { Drift, Terms, Verdicts } from "./acts.ts";

/*
 * The policies of the simulation and what they say, worked out without the product's evaluator: one letter for each consumer.
 */

/** The subscription of the n-th consumer. */
export function subscriptionOf(consumer: number): string {
  return `c0000000-0000-4000-8000-00000000000${consumer}`;
}

export function consumerOf(subscriptionId: string): number {
  return Number(subscriptionId.at(-1));
}

export const reviewers = "55555555-0000-4000-8000-000000000005";
const lifetime = {
  open: "",
  brief: "",
  leave: ", within: PT2H, expiry: leave",
  reject: ", within: PT2H, expiry: reject",
} as const;
/** A list must not be empty; nobody has this subscription. */
const nobody = "c0000000-0000-4000-8000-0000000000ff";

/** The source of a policy that says this. `edition` makes its bytes unlike those of any other. */
export function policyText(verdicts: Verdicts, terms: Terms, edition: number, drift?: Drift): string {
  const listOf = (letter: string) =>
    [nobody, ...[...verdicts].flatMap((one, at) => (one === letter ? [subscriptionOf(at)] : []))].join(", ");
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: chaos
description: Edition ${edition}.
match: { service.tags.env: prod }
defaultReview: { by: [oncall] }
${drift ? `drift: { do: ${drift}, grace: PT1H }\n` : ""}lists:
  welcome: [${listOf("a")}]
  blocked: [${listOf("r")}]
  doubtful: [${listOf("q")}]
reviewers:
  oncall: { entraGroup: ${reviewers} }
rules:
  - { id: welcome, effect: approve, because: Welcome.${terms === "brief" ? ", expiresAfter: P1D" : ""}, when: { consumer.subscriptionId: { inList: welcome } } }
  - { id: blocked, effect: reject, because: Blocked., when: { consumer.subscriptionId: { inList: blocked } } }
  - id: doubtful
    effect: review
    because: Somebody has to look.
    when: { consumer.subscriptionId: { inList: doubtful } }
    review: { by: [oncall]${lifetime[terms]} }
`;
}

/** Whether this version of plgate looks at approvals that stand; without that, nothing is asked of them here. */
export const looksAtApprovals = compilePolicy(policyText("a", "open", 0, "record"), "chaos.yaml").ok;

export type Edition = { readonly verdicts: Verdicts; readonly terms: Terms };

/** What an edition says of a consumer; without any policy people are asked. */
export function wordOn(edition: Edition | undefined, consumer: number): "approve" | "reject" | "review" {
  switch (edition?.verdicts[consumer]) {
    case "a":
      return "approve";
    case "r":
      return "reject";
    default:
      return "review";
  }
}

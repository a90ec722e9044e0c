import { driftHandlings } from "./drift-terms.ts";
import { longestChannelText, policyLimits } from "./limits.ts";
import { expiries, vias } from "./parse-review.ts";
import { duration, guid, type JsonSchema, name, patterned } from "./schema-values.ts";

const people: JsonSchema = { type: "array", minItems: 1, items: name };

/** One line of text without a scheme: the URL of a webhook is a secret, and refused. */
const channel: JsonSchema = {
  ...patterned(
    "^(?!.*://)[^\\u0000-\\u001f\\u007f]*[^\\s\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]*$",
    "Write the id or name of a channel, or the name that a webhook has in the app's settings; never a URL.",
  ),
  maxLength: longestChannelText,
};

/** One of the reviewers of a policy. */
export const reviewerSchema: JsonSchema = {
  type: "object",
  required: ["entraGroup"],
  additionalProperties: false,
  properties: {
    entraGroup: { description: "The object id of the group.", ...guid },
    channel: {
      description:
        "Where the group is shown what it is asked: a Teams channel by id or name, or a webhook by its name in the app's settings. Left out: the fallback channel.",
      ...channel,
    },
    channels: {
      description: "The same, when there are several.",
      type: "array",
      minItems: 1,
      maxItems: policyLimits.channels,
      items: channel,
    },
  },
  not: { required: ["channel", "channels"] },
};

/** When others may answer in the place of those who were asked. */
export const escalationSchema: JsonSchema = {
  description: "When others may answer in the place of the groups in by, and who.",
  type: "object",
  required: ["after", "to"],
  additionalProperties: false,
  properties: {
    after: { description: "After how much counted time, from PT1M to P90D and before within.", ...duration },
    to: { description: "Names of reviewers who are not in by.", ...people, maxItems: policyLimits.standIns },
  },
};

/** Whom a rule or a policy asks, and how. */
export const reviewSchema: JsonSchema = {
  type: "object",
  required: ["by"],
  additionalProperties: false,
  properties: {
    by: { description: "Names of reviewers; every one of these groups must agree.", ...people },
    approvals: { description: "How many people of each group.", type: "integer", minimum: 1, maximum: 5 },
    via: {
      description:
        "Where the answer is given. card: on the card in Teams (the default). page: on the signed-in page only; cards link to it.",
      enum: vias,
    },
    within: {
      description:
        "How long people have, in weeks, days, hours or minutes such as PT8H. From PT1M to P90D; the sweep looks every few minutes, so less than a quarter of an hour is for trying out.",
      ...duration,
    },
    hours: {
      description: "The weekly window whose hours count for within and escalate. Left out: all hours.",
      ...name,
    },
    expiry: {
      description:
        "What follows when nobody decided in time. leave: the request ends and the connection stays Pending (the default). reject: final in Azure; for review rules only.",
      enum: expiries,
    },
    escalate: escalationSchema,
    recheck: {
      description:
        "How often the request is judged anew while it waits, such as PT1H: once the policies approve it, nobody has to. From PT15M to P7D.",
      ...duration,
    },
  },
  dependencies: { expiry: ["within"], hours: { anyOf: [{ required: ["within"] }, { required: ["escalate"] }] } },
};

/** A review that can reject nothing: the one of a reject rule, which asks only when the rule cannot be told. */
export const leavingReviewSchema: JsonSchema = { type: "object", properties: { expiry: { enum: ["leave"] } } };

/** The review of a whole policy: it asks about what no rule decides, so it can reject nothing either. */
export const defaultReviewSchema: JsonSchema = {
  description: "Who is asked when no rule decides, and by rules without a review of their own.",
  allOf: [{ $ref: "#/definitions/review" }, leavingReviewSchema],
};

const handling: JsonSchema = {
  description:
    "What is done about it. record: it is told once (the default). escalate: people are asked whether the connection stays. revoke: it is taken away after the grace, unless people keep it.",
  enum: driftHandlings,
};

/** The long form of `drift`. */
export const driftMap: JsonSchema = {
  type: "object",
  required: ["do"],
  additionalProperties: false,
  properties: {
    do: handling,
    grace: {
      description: "For revoke: how long people have to keep the connection, from PT1H to P30D; P1D when left out.",
      ...duration,
    },
    review: {
      description: "Who is asked, for escalate and revoke. Left out: as in defaultReview.",
      allOf: [
        { $ref: "#/definitions/review" },
        { type: "object", properties: { expiry: { enum: ["leave"] }, recheck: false } },
      ],
    },
  },
  allOf: [
    forHandlings(["record", "escalate"], { properties: { grace: false } }),
    forHandlings(["record"], { properties: { review: false } }),
    forHandlings(["revoke"], { properties: { review: { type: "object", properties: { within: false } } } }),
  ],
};

function forHandlings(some: readonly string[], then: JsonSchema): JsonSchema {
  return { if: { required: ["do"], properties: { do: { enum: some } } }, then };
}

/** What is done about approvals that do not fit what plgate decided. */
export const driftSchema: JsonSchema = {
  description:
    "What is done when a connection is Approved without plgate's decision, or its policy would no longer approve it: record, escalate or revoke, or a map that says more.",
  anyOf: [handling, driftMap],
};

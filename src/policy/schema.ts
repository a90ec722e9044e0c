import { type FactSpec, factTable } from "./facts.ts";
import { policyLimits } from "./limits.ts";
import { type OperatorSpec, operators } from "./operators.ts";
import { policyNamePattern } from "./parse.ts";
import { effects, modes } from "./parse-rules.ts";
import { clockTimePattern } from "./parse-windows.ts";
import {
  defaultReviewSchema,
  driftSchema,
  leavingReviewSchema,
  reviewerSchema,
  reviewSchema,
} from "./schema-review.ts";
import {
  describeFact,
  draft,
  duration,
  instant,
  type JsonSchema,
  literalSchema,
  name,
  patterned,
  plain,
  tagFamilies,
  tagPattern,
  text,
  untaggedFacts,
} from "./schema-values.ts";
import { timezonePattern, weekdays } from "./windows.ts";

/**
 * The JSON Schema of policy files, for editors (policy.md 6): made from the fact table and the operator table, so that
 * completion and squiggles know exactly what the compiler knows. It takes whatever the compiler takes and refuses the
 * mistakes that can be told from the shape. It never judges a policy: its findings have no lines.
 */
export function policySchema(): JsonSchema {
  return {
    $schema: draft,
    title: "plgate approval policy",
    description: "Who may connect to a Private Link Service. Written by src/policy/schema.ts; do not edit.",
    type: "object",
    required: ["apiVersion", "kind", "name", "rules"],
    additionalProperties: false,
    properties: {
      apiVersion: { description: "The version of the format.", const: "plgate/v1" },
      kind: { description: "What this file is.", const: "ApprovalPolicy" },
      name: {
        description: "The policy's name: versions of one name follow each other. Lower-case letters, digits, hyphens.",
        ...patterned(policyNamePattern.source, "Write lower-case letters, digits and hyphens, a letter first."),
      },
      owner: { description: "Whom to ask about it.", ...text },
      description: { description: "What it is for.", ...text },
      match: {
        description: "Which services it covers. Left out: all of them.",
        allOf: [{ $ref: "#/definitions/condition" }],
      },
      defaultReview: defaultReviewSchema,
      drift: driftSchema,
      lists: listsSchema,
      windows: windowsSchema,
      reviewers: named("Names for Entra groups, for review.by.", policyLimits.reviewers, reviewerSchema),
      rules: {
        description: "What is approved, rejected and asked about. Their order means nothing.",
        type: "array",
        minItems: 1,
        maxItems: policyLimits.rules,
        items: { $ref: "#/definitions/rule" },
      },
      exemptions: {
        description: "For whom a reject or review rule does not count, and until when. They approve nothing.",
        type: "array",
        maxItems: policyLimits.exemptions,
        items: { $ref: "#/definitions/exemption" },
      },
    },
    definitions: { rule: ruleSchema, exemption: exemptionSchema, review: reviewSchema, condition, ...operatorMaps() },
  };
}

function named(description: string, most: number, one: JsonSchema): JsonSchema {
  return { description, type: "object", maxProperties: most, propertyNames: name, additionalProperties: one };
}

const listsSchema = named("Named lists of texts, for inList and notInList.", policyLimits.lists, {
  type: "array",
  minItems: 1,
  maxItems: policyLimits.listEntries,
  items: { type: "string" },
});

const weekly: JsonSchema = {
  type: "object",
  required: ["days", "from", "to", "timezone"],
  additionalProperties: false,
  properties: {
    days: { description: "On which days it begins.", type: "array", minItems: 1, items: { enum: weekdays } },
    from: clockTime("When it begins, by the clock on the wall, in quotes."),
    to: clockTime("When it ends; at or before from it runs past midnight."),
    timezone: {
      description: "An IANA zone such as Europe/Stockholm; summer time is followed.",
      ...patterned(timezonePattern.source, "Write the name of a zone such as Europe/Stockholm."),
    },
  },
};

function clockTime(description: string): JsonSchema {
  return { description, ...patterned(clockTimePattern.source, 'Write a time from "00:00" to "23:59".') };
}

const range: JsonSchema = {
  type: "object",
  required: ["start", "end"],
  additionalProperties: false,
  properties: {
    start: { description: "The first instant in it. A date alone is midnight UTC.", ...instant },
    end: { description: "The first instant after it.", ...instant },
  },
};

const windowsSchema = named("Named windows of time, for within and notWithin.", policyLimits.windows, {
  anyOf: [weekly, range],
});

const ruleSchema: JsonSchema = {
  type: "object",
  required: ["id", "effect", "because"],
  additionalProperties: false,
  properties: {
    id: { description: "The rule's name in traces, tests and exemptions.", ...name, not: { const: "default" } },
    effect: {
      description:
        "approve lets in, and needs when. reject is final in Azure, and beats everything. review asks people, and beats approve.",
      enum: effects,
    },
    mode: {
      description:
        "enforce counts (the default). shadow is judged and recorded but does not count: begin reject rules so. off is not asked.",
      enum: modes,
    },
    because: { description: "Why, in a sentence for people. It stands on cards and in the audit.", ...text },
    review: {
      description: "Who is asked, when the effect is review or a reject rule cannot be told.",
      allOf: [{ $ref: "#/definitions/review" }],
    },
    expiresAfter: {
      description: "For approve: for how long, in weeks, days, hours or minutes such as P14D. From PT1H to P366D.",
      ...duration,
    },
    when: {
      description: "What must hold. All lines of a map must; a fact that could not be read is neither true nor false.",
      allOf: [{ $ref: "#/definitions/condition" }],
    },
  },
  allOf: [
    forEffects(["approve"], { required: ["when"], properties: { review: false } }),
    forEffects(["reject", "review"], { properties: { expiresAfter: false } }),
    forEffects(["reject"], { properties: { review: leavingReviewSchema } }),
  ],
};

function forEffects(some: readonly string[], then: JsonSchema): JsonSchema {
  return { if: { required: ["effect"], properties: { effect: { enum: some } } }, then };
}

const exemptionSchema: JsonSchema = {
  type: "object",
  required: ["id", "rules", "reason", "expires", "when"],
  additionalProperties: false,
  properties: {
    id: { description: "The exemption's name in traces.", ...name },
    rules: { description: "The reject or review rules it takes away.", type: "array", minItems: 1, items: name },
    reason: { description: "Why, with the number of the agreement.", ...text },
    expires: { description: "From when on it holds no more; at most 12 months after publishing.", ...instant },
    when: { description: "For whom.", allOf: [{ $ref: "#/definitions/condition" }] },
  },
};

const condition: JsonSchema = {
  title: "condition",
  type: "object",
  minProperties: 1,
  additionalProperties: false,
  properties: {
    anyOf: {
      description: "One of these maps is enough.",
      type: "array",
      minItems: 1,
      items: { $ref: "#/definitions/condition" },
    },
    not: { description: "This map must not hold.", allOf: [{ $ref: "#/definitions/condition" }] },
    ...Object.fromEntries(untaggedFacts.map((fact) => [fact.name, questions(fact)])),
  },
  patternProperties: Object.fromEntries(tagFamilies.map((fact) => [tagPattern(fact.name), questions(fact)])),
  // Tags have no names of their own to offer, so an editor is told how one is written.
  defaultSnippets: tagFamilies.map((fact) => ({
    label: fact.name.replace("*", "<key>"),
    description: describeFact(fact),
    body: { [fact.name.replace("*", "$1")]: "$2" },
  })),
};

/** `fact: literal`, `fact: [literals]`, `fact: { operator: operand }`, as far as the fact's type takes them. */
function questions(fact: FactSpec): JsonSchema {
  const short = ["equals", "in"].flatMap((operator) => operatorsOf(fact).filter(({ name }) => name === operator));
  const ways = [
    ...short.map((operator) => operand(operator, fact)),
    { $ref: `#/definitions/${operatorMapName(fact)}` },
  ];
  return { description: describeFact(fact), anyOf: ways };
}

function operatorsOf(fact: FactSpec): readonly OperatorSpec[] {
  return [...operators.values()].filter((operator) => operator.allowed(fact));
}

/** Facts that are asked the same questions with the same values share one definition. */
function operatorMapName(fact: FactSpec): string {
  const absent = fact.absentWhen === null ? "" : "OrAbsent";
  const lost = fact.unavailableWhen === null ? "" : "OrLost";
  const filled = fact.type === "string" && fact.emptyIsAbsent ? "filledString" : fact.type;
  return `${filled}${absent}${lost}`;
}

function operatorMaps(): JsonSchema {
  return Object.fromEntries(factTable.map((fact) => [operatorMapName(fact), operatorMap(fact)]));
}

function operatorMap(fact: FactSpec): JsonSchema {
  const properties = operatorsOf(fact).map((operator) => [
    operator.name,
    { description: plain(operator.meaning), ...operand(operator, fact) },
  ]);
  return {
    title: "operators",
    type: "object",
    minProperties: 1,
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  };
}

function operand(operator: OperatorSpec, fact: FactSpec): JsonSchema {
  switch (operator.takes) {
    case "literal":
      return literalSchema(fact);
    case "literals":
      return { type: "array", minItems: 1, maxItems: policyLimits.literalsInOneCondition, items: literalSchema(fact) };
    case "list":
    case "window":
      return name;
    case "pattern":
      return { ...text, maxLength: policyLimits.patternLength };
    case "integer":
      return { type: "integer" };
    case "flag":
      return { type: "boolean" };
  }
}

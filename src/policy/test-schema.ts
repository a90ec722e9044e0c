import { driftHandlings } from "./drift-terms.ts";
import type { FactSpec } from "./facts.ts";
import { mostTestCases } from "./limits.ts";
import { expiries, vias } from "./parse-review.ts";
import { effects } from "./parse-rules.ts";
import {
  describeFact,
  draft,
  duration,
  type JsonSchema,
  literalSchema,
  name,
  tagFamilies,
  tagPattern,
  text,
  untaggedFacts,
} from "./schema-values.ts";

/** The JSON Schema of the test files beside policies (policy.md 7), by the same fact table as the policies' own. */
export function policyTestSchema(): JsonSchema {
  return {
    $schema: draft,
    title: "plgate policy test",
    description: "What a policy must make of requests. Written by src/policy/test-schema.ts; do not edit.",
    type: "object",
    required: ["apiVersion", "kind", "policy", "cases"],
    additionalProperties: false,
    properties: {
      apiVersion: { description: "The version of the format.", const: "plgate/v1" },
      kind: { description: "What this file is.", const: "ApprovalPolicyTest" },
      policy: { description: "The file of the policy, in the same folder.", ...text },
      facts: {
        description: "The base request. A fact that is not given is unavailable. time.now is required.",
        allOf: [{ $ref: "#/definitions/facts" }],
      },
      cases: {
        description: "Each case lays its changes over the base request.",
        type: "array",
        minItems: 1,
        maxItems: mostTestCases,
        items: { $ref: "#/definitions/case" },
      },
    },
    definitions: { facts: branchSchema(""), case: caseSchema },
  };
}

function orList(one: JsonSchema): JsonSchema {
  return { anyOf: [one, { type: "array", minItems: 1, items: one }, { type: "null" }] };
}

const expectedReview: JsonSchema = {
  description: "How people are asked; several values where several rules ask, null for none.",
  type: "object",
  additionalProperties: false,
  properties: {
    via: { description: "Where the answer is given.", enum: vias },
    within: { description: "All deadlines.", ...orList(duration) },
    hours: { description: "The windows whose hours count.", ...orList(name) },
    expiry: { description: "What follows when nobody decided in time; leave without a deadline.", enum: expiries },
    escalate: {
      description: "Who may answer in the place of others, and after what time.",
      ...orList({
        type: "object",
        required: ["after", "to"],
        additionalProperties: false,
        properties: {
          after: { description: "After how much counted time.", ...duration },
          to: { description: "Names of reviewers.", type: "array", minItems: 1, items: name },
        },
      }),
    },
    channels: { description: "Where it is shown; null is the fallback channel.", ...orList(text) },
    recheck: { description: "How often it is judged anew while it waits.", ...orList(duration) },
  },
};

const expectedReviewers: JsonSchema = {
  description: "Who is asked: the name of each reviewer and how many people. {} is the app's fallback group.",
  type: "object",
  additionalProperties: { type: "integer", minimum: 1, maximum: 5 },
};

const expectedDrift: JsonSchema = {
  description: "What is done about drift at this service; a map also says after what time, and who is asked.",
  anyOf: [
    { enum: driftHandlings },
    {
      type: "object",
      required: ["do"],
      additionalProperties: false,
      properties: {
        do: { description: "What is done.", enum: driftHandlings },
        grace: { description: "How long people have before access is taken back.", ...duration },
        reviewers: expectedReviewers,
      },
    },
  ],
};

const caseSchema: JsonSchema = {
  type: "object",
  required: ["name", "expect"],
  additionalProperties: false,
  properties: {
    name: { description: "A sentence that says what is promised.", ...text },
    set: { description: "Facts with another value than in the base.", allOf: [{ $ref: "#/definitions/facts" }] },
    absent: lostSchema("Facts that were looked for and are not there.", ({ absentWhen }) => absentWhen),
    unavailable: lostSchema("Facts that could not be read.", ({ unavailableWhen }) => unavailableWhen),
    expect: { description: "What the policy must say.", enum: effects },
    by: {
      description: "Exactly these rules decided; default when none did.",
      type: "array",
      minItems: 1,
      items: name,
    },
    expiresAfter: {
      description: "For how long it is approved; null for good.",
      ...duration,
      type: ["string", "null"],
    },
    reviewers: expectedReviewers,
    review: expectedReview,
    drift: expectedDrift,
  },
};

function lostSchema(description: string, when: (fact: FactSpec) => string | null): JsonSchema {
  const names = [...untaggedFacts, ...tagFamilies].filter((fact) => when(fact) !== null).map((fact) => fact.name);
  const oneTag = tagFamilies.map((fact) => ({ type: "string", pattern: tagPattern(fact.name) }));
  return { description, type: "array", minItems: 1, items: { anyOf: [{ enum: names }, ...oneTag] } };
}

/** Facts are written as nested maps, as dotted names, or both: below each prefix, whatever is left of their names. */
function branchSchema(prefix: string): JsonSchema {
  const below = <Named extends { readonly name: string }>(all: readonly Named[]) =>
    all.filter(({ name: full }) => full.startsWith(prefix));
  const facts = below(untaggedFacts).map((fact) => [fact.name.slice(prefix.length), valueSchema(fact)]);
  const tags = below(tagFamilies).map((fact) => [fact.name.slice(prefix.length, -2), tagsSchema(fact)]);
  const oneTag = below(tagFamilies).map((fact) => [tagPattern(fact.name, prefix), valueSchema(fact)]);
  const deeper = branchesBelow(prefix).map((branch) => [branch.slice(prefix.length), branchSchema(`${branch}.`)]);
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries([...deeper, ...facts, ...tags]),
    patternProperties: Object.fromEntries(oneTag),
  };
}

function branchesBelow(prefix: string): readonly string[] {
  const names = untaggedFacts.map((fact) => fact.name).filter((full) => full.startsWith(prefix));
  return [...new Set(names.flatMap(branchesOf))].filter((branch) => branch.startsWith(prefix));
}

function branchesOf(full: string): readonly string[] {
  const parts = full.split(".");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
}

function tagsSchema(family: FactSpec): JsonSchema {
  return {
    description: "The tags that could be read; what is not named here is absent.",
    type: "object",
    propertyNames: { pattern: "^(?!\\*?$)" },
    additionalProperties: valueSchema(family),
  };
}

function valueSchema(fact: FactSpec): JsonSchema {
  const literal = literalSchema(fact);
  const description = describeFact(fact);
  if (fact.absentWhen === null) return { description, ...literal };
  const { minLength: _, ...rest } = literal;
  return { description, ...rest, type: [literal["type"], "null"] };
}

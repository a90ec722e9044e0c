import { type FactSpec, type FactType, factTable } from "./facts.ts";
import { warningMeanings } from "./faults.ts";
import {
  longestChannelText,
  longestFactText,
  mostActivePolicies,
  mostTermsOfRequest,
  mostTestCases,
  type PolicyLimits,
  policyLimits,
} from "./limits.ts";
import { mistakes, saidTo } from "./mistakes.ts";
import { type OperatorSpec, operators, type Takes } from "./operators.ts";
import { decisionProcedure, driftProcedure, fieldSections, howToRead } from "./reference-prose.ts";
import { code, table } from "./reference-table.ts";
import { kleeneTable, operatorTruths } from "./reference-truth.ts";

/**
 * docs/policy-reference.md: made from the tables that the compiler itself goes by, so that it cannot say anything else.
 * What the tables do not hold, the order of a decision, stands in reference-prose.ts.
 */
export function policyReference(): string {
  const sections = [
    "# Policy reference",
    "All that can be written in a policy and what it means. To learn it, read the [guide](policy-guide.md).",
    "This page is written by `npm run policy:schema` from the tables in `src/policy/`; do not edit it.",
    "## A policy file",
    ...fieldSections(),
    "## Reading a condition",
    howToRead,
    "### Types",
    table(["type", "written as", "compared"], types()),
    ...factSections(),
    ...operatorSections(),
    "## Decision",
    decisionProcedure,
    "## Drift",
    driftProcedure,
    "## Limits",
    "Beyond a limit a policy is refused, never cut.",
    table(["what", "at most"], limitRows()),
    ...findingSections(),
  ];
  return `${sections.join("\n\n")}\n`;
}

function factSections(): readonly string[] {
  return [
    "## Facts",
    "Each fact is a **value**, **absent** (looked for, and there is none) or **unavailable** (it could not be read, or has the wrong type).",
    table(["fact", "type", "what it says", "from"], factTable.map(factRow)),
    "¹ Written by the consumer: an approval must not rest on it alone.",
    "### When a fact is absent or unavailable, and what it can be asked",
    table(["fact", "absent when", "unavailable when", "operators"], factTable.map(lossRow)),
  ];
}

function operatorSections(): readonly string[] {
  return [
    "## Operators",
    table(["operator", "holds when", "takes", "asked of"], [...operators.values()].map(operatorRow)),
    "### Three answers",
    "What each operator says for a value, for an absent fact and for an unavailable one:",
    table(["operator", "value", "absent", "unavailable"], operatorTruths()),
    "Conditions are joined so that a lost fact decides nothing that another does not decide anyway:",
    table(["a", "b", "a and b", "a or b", "not a"], kleeneTable()),
  ];
}

function findingSections(): readonly string[] {
  const editor = "The last column says whether an editor underlines it, too, by the [schema](../policies/schema.json).";
  const errors = mistakes.map((one) => [one.what, code(saidTo(one) ?? ""), one.inEditor ? "yes" : ""]);
  return [
    "## Findings",
    "### Errors",
    `An error refuses the policy. Each has file, line, column and rule; all are reported at once. ${editor}`,
    table(["mistake", "what is said", "editor"], errors),
    "### Warnings",
    "A warning names what should be looked at before the policy goes live. It does not make the policy wrong.",
    table(
      ["name", "means"],
      Object.entries(warningMeanings).map(([name, meaning]) => [code(name), meaning]),
    ),
  ];
}

const writtenAs: Readonly<Record<FactType, readonly [written: string, compared: string]>> = {
  string: ["a text; a number or `true` in quotes", "exactly; resource groups and tag keys without case"],
  guid: ["8-4-4-4-12 hex digits", "without case"],
  region: ["the programmatic name: `westeurope`, not `West Europe`", "without case"],
  armId: ["a full resource id of that kind, from `/subscriptions/` on", "without case"],
  int: ["a whole number", "as a number"],
  bool: ["`true` or `false`; `yes` and `no` are texts", "exactly"],
  instant: ["only by the name of a window", "begin inclusive, end exclusive"],
  visibility: ["`rbac`, `restricted` or `anyone`", "exactly"],
};

function types(): readonly (readonly string[])[] {
  return Object.entries(writtenAs).map(([type, [written, compared]]) => [type, written, compared]);
}

function factRow(fact: FactSpec): readonly string[] {
  const mark = fact.consumerWritten ? " ¹" : "";
  return [`${code(shownName(fact))}${mark}`, fact.type, fact.meaning, fact.from];
}

function lossRow(fact: FactSpec): readonly string[] {
  const asked = [...operators.values()].filter((operator) => operator.allowed(fact)).map(({ name }) => name);
  return [code(shownName(fact)), fact.absentWhen ?? "never", fact.unavailableWhen ?? "never", asked.join(" ")];
}

/** The table says `service.tags.*`; an author writes a key there. */
function shownName(fact: FactSpec): string {
  return fact.name.replace("*", "<key>");
}

const takes: Readonly<Record<Takes, string>> = {
  literal: "a value of the fact's type",
  literals: `a list of 1 to ${policyLimits.literalsInOneCondition} values`,
  list: "the name of a list",
  pattern: `a pattern of at most ${policyLimits.patternLength} characters`,
  integer: "a whole number",
  window: "the name of a window",
  flag: "`true` or `false`",
};

function operatorRow(operator: OperatorSpec): readonly string[] {
  return [code(operator.name), operator.meaning, takes[operator.takes], operator.allowedText];
}

const limitMeanings: Readonly<Record<keyof PolicyLimits, string>> = {
  fileBytes: "bytes in a file",
  rules: "rules",
  conditionsPerRule: "conditions in one `when` or `match`",
  depth: "`anyOf` and `not` inside each other",
  lists: "named lists",
  listEntries: "entries in a list",
  windows: "windows",
  reviewers: "reviewers",
  channels: "channels of one reviewer",
  standIns: "reviewers in one `escalate.to`",
  exemptions: "exemptions",
  patternLength: "characters in a `like` pattern",
  literalsInOneCondition: "values in one condition",
};

function limitRows(): readonly (readonly string[])[] {
  const ofPolicy: readonly (readonly [string, number])[] = [
    ...Object.entries(policyLimits).map(([name, most]) => [meaningOf(name), most] as const),
    ["characters in the name of a channel", longestChannelText],
    ["characters in a fact; a longer text is unavailable", longestFactText],
    ["deadlines of one request, and escalations; of more, the shortest stay", mostTermsOfRequest],
    ["policies in force at once; with more, everything goes to people", mostActivePolicies],
    ["cases in a test file", mostTestCases],
  ];
  return ofPolicy.map(([what, most]) => [what, most.toLocaleString("en-US")]);
}

function meaningOf(limit: string): string {
  return new Map<string, string>(Object.entries(limitMeanings)).get(limit) ?? limit;
}

import type { FactSpec, FactType } from "./facts.ts";
import type { Comparable } from "./readings.ts";
import type { Truth } from "./truth.ts";
import type { Window } from "./windows.ts";

export type OperatorName =
  | "equals"
  | "notEquals"
  | "in"
  | "notIn"
  | "inList"
  | "notInList"
  | "like"
  | "notLike"
  | "lessThan"
  | "atLeast"
  | "within"
  | "notWithin"
  | "exists"
  | "known";

/** What is written behind an operator. */
export type Takes = "literal" | "literals" | "list" | "pattern" | "integer" | "window" | "flag";

export type OperatorSpec = {
  readonly name: OperatorName;
  /** When it holds, for whoever writes a policy. */
  readonly meaning: string;
  readonly takes: Takes;
  /** True when the operator is the `not…` form of another. */
  readonly negated: boolean;
  /** Which facts may be asked so (policy.md 3, column "types"). */
  readonly allowed: (fact: FactSpec) => boolean;
  /** The same for people: "a string, guid or armId". */
  readonly allowedText: string;
};

const comparedTypes: readonly FactType[] = ["string", "guid", "region", "armId", "int", "bool", "visibility"];
const countableTypes: readonly FactType[] = ["string", "guid", "region", "armId", "int", "visibility"];
const listTypes: readonly FactType[] = ["string", "guid", "region", "armId"];
const patternTypes: readonly FactType[] = ["string", "guid", "armId"];

type Asked = Pick<OperatorSpec, "name" | "meaning" | "takes">;

function forTypes(types: readonly FactType[], asked: Asked): OperatorSpec {
  const allowedText = `a fact of type ${types.join(", ")}`;
  return { ...asked, negated: asked.name.startsWith("not"), allowed: (fact) => types.includes(fact.type), allowedText };
}

const table: readonly OperatorSpec[] = [
  forTypes(comparedTypes, { name: "equals", takes: "literal", meaning: "The fact is this value." }),
  forTypes(comparedTypes, { name: "notEquals", takes: "literal", meaning: "The fact is not this value." }),
  forTypes(countableTypes, { name: "in", takes: "literals", meaning: "The fact is one of these values." }),
  forTypes(countableTypes, { name: "notIn", takes: "literals", meaning: "The fact is none of these values." }),
  forTypes(listTypes, { name: "inList", takes: "list", meaning: "The fact stands in the named list." }),
  forTypes(listTypes, { name: "notInList", takes: "list", meaning: "The fact does not stand in the named list." }),
  forTypes(patternTypes, {
    name: "like",
    takes: "pattern",
    meaning: "The whole fact fits the pattern: `*` is any run of characters, all else is literal.",
  }),
  forTypes(patternTypes, { name: "notLike", takes: "pattern", meaning: "The whole fact does not fit the pattern." }),
  forTypes(["int"], { name: "lessThan", takes: "integer", meaning: "The fact is below this number." }),
  forTypes(["int"], { name: "atLeast", takes: "integer", meaning: "The fact is this number or above." }),
  forTypes(["instant"], { name: "within", takes: "window", meaning: "The time is in the named window." }),
  forTypes(["instant"], { name: "notWithin", takes: "window", meaning: "The time is outside the named window." }),
  {
    name: "exists",
    takes: "flag",
    meaning: "Whether there is a value; unknown when the fact could not be read.",
    negated: false,
    allowed: (fact) => fact.absentWhen !== null,
    allowedText: "a fact that can be absent",
  },
  {
    name: "known",
    takes: "flag",
    meaning: "Whether the fact could be read, be it a value or none. The one operator that is never unknown.",
    negated: false,
    allowed: (fact) => fact.unavailableWhen !== null,
    allowedText: "a fact that can be unavailable",
  },
];

/** The fixed operator table (policy.md 3). */
export const operators: ReadonlyMap<string, OperatorSpec> = new Map(table.map((operator) => [operator.name, operator]));

/** The checked right-hand side of a condition, in comparable form. */
export type Operand =
  | { readonly kind: "values"; readonly values: ReadonlySet<Comparable> }
  | { readonly kind: "pattern"; readonly pattern: string }
  | { readonly kind: "integer"; readonly integer: number }
  | { readonly kind: "window"; readonly window: Window }
  | { readonly kind: "flag"; readonly flag: boolean };

/** How one condition answers for each of the three ways in which a fact can be known. */
export type Answers = {
  readonly whenValue: (value: Comparable) => boolean;
  readonly whenAbsent: Truth;
  readonly whenUnavailable: Truth;
};

/** The answers of an operator with its operand: the table of policy.md 3, row by row. */
export function answersOf(operator: OperatorSpec, operand: Operand): Answers {
  if (operand.kind === "flag") return flagAnswers(operator.name === "known", operand.flag);
  const holds = valueTest(operator.name, operand);
  const whenValue = operator.negated ? (value: Comparable) => !holds(value) : holds;
  return { whenValue, whenAbsent: operator.negated, whenUnavailable: null };
}

function flagAnswers(known: boolean, wanted: boolean): Answers {
  return {
    whenValue: () => wanted,
    whenAbsent: known ? wanted : !wanted,
    whenUnavailable: known ? !wanted : null,
  };
}

function valueTest(
  name: OperatorName,
  operand: Exclude<Operand, { readonly kind: "flag" }>,
): (value: Comparable) => boolean {
  switch (operand.kind) {
    case "values":
      return membership(operand.values);
    case "pattern":
      return likeTest(operand.pattern);
    case "window":
      return (value) => typeof value === "number" && operand.window.contains(value);
    case "integer": {
      const bound = operand.integer;
      if (name === "lessThan") return (value) => typeof value === "number" && value < bound;
      return (value) => typeof value === "number" && value >= bound;
    }
  }
}

function membership(values: ReadonlySet<Comparable>): (value: Comparable) => boolean {
  const [only] = values;
  if (values.size === 1) return (value) => value === only;
  return (value) => values.has(value);
}

/**
 * Matches a whole text against a pattern in which `*` is any run of characters and all else is literal.
 * Each literal part is searched once, from left to right, so the cost grows with the text and never by backtracking.
 */
export function likeTest(pattern: string): (value: Comparable) => boolean {
  const [head = "", ...others] = pattern.split("*");
  const tail = others.pop();
  if (tail === undefined) return (value) => value === head;
  const middles = others.filter((part) => part !== "");
  return (value) => typeof value === "string" && matchesParts(value, head, middles, tail);
}

function matchesParts(text: string, head: string, middles: readonly string[], tail: string): boolean {
  if (text.length < head.length + tail.length) return false;
  if (!text.startsWith(head) || !text.endsWith(tail)) return false;
  const end = text.length - tail.length;
  let from = head.length;
  for (const part of middles) {
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

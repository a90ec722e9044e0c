import type { FactSpec } from "./facts.ts";
import type { Findings } from "./faults.ts";
import type { PolicyLimits } from "./limits.ts";
import type { Lists } from "./lists.ts";
import { literalFault } from "./literals.ts";
import type { Operand, OperatorSpec } from "./operators.ts";
import type { Windows } from "./parse-windows.ts";
import { type Comparable, comparable } from "./readings.ts";
import { readText, show } from "./shape.ts";
import type { TreeNode } from "./yaml-tree.ts";

/** What the trace shows as wanted: the literal as it was written; a list, window or pattern by its name. */
export type Wanted = Comparable | readonly Comparable[];

export type OperandTree = { readonly operand: Operand; readonly want: Wanted };

type OperandScope = {
  readonly lists: Lists;
  readonly windows: Windows;
  readonly limits: PolicyLimits;
  readonly findings: Findings;
};

/** Reads what stands behind an operator; undefined after reporting what does not fit. */
export function parseOperand(
  operator: OperatorSpec,
  fact: FactSpec,
  node: TreeNode,
  scope: OperandScope,
): OperandTree | undefined {
  switch (operator.takes) {
    case "literal":
      return parseLiterals(fact, [node], false, scope);
    case "literals":
      return parseLiteralList(fact, node, scope);
    case "list":
      return parseListName(fact, node, scope);
    case "pattern":
      return parsePattern(fact, node, scope);
    case "integer":
      return parseBound(fact, node, scope);
    case "window":
      return parseWindowName(node, scope);
    case "flag":
      return parseFlag(operator, node, scope);
  }
}

function parseLiteralList(fact: FactSpec, node: TreeNode, scope: OperandScope): OperandTree | undefined {
  const most = scope.limits.literalsInOneCondition;
  if (node.kind === "list" && node.items.length > 0 && node.items.length <= most) {
    return parseLiterals(fact, node.items, true, scope);
  }
  scope.findings.error(node.at, `${fact.name} needs a list of 1 to ${most} values here; for more, name a list`);
  return undefined;
}

function parseLiterals(
  fact: FactSpec,
  nodes: readonly TreeNode[],
  many: boolean,
  scope: OperandScope,
): OperandTree | undefined {
  const values = new Set<Comparable>();
  const written: Comparable[] = [];
  for (const node of nodes) {
    const literal = parseLiteral(fact, node, scope);
    if (!literal) continue;
    if (values.has(literal.value)) scope.findings.warn(node.at, "duplicate-entry", `${show(node)} stands here twice`);
    values.add(literal.value);
    written.push(literal.written);
  }
  const [first] = written;
  if (first === undefined) return undefined;
  return { operand: { kind: "values", values }, want: many ? written : first };
}

function parseLiteral(
  fact: FactSpec,
  node: TreeNode,
  scope: OperandScope,
): { readonly value: Comparable; readonly written: Comparable } | undefined {
  const written = node.kind === "scalar" ? node.value : null;
  const wholeNumber = fact.type !== "int" || (node.kind === "scalar" && node.integer);
  const value = wholeNumber ? comparable(fact, written) : undefined;
  if (value !== undefined && written !== null) return { value, written };
  const { noun, shown, instead } = literalFault(fact, node);
  scope.findings.error(node.at, `${fact.name} is ${noun}; ${shown} is not${instead}`);
  return undefined;
}

function parseListName(fact: FactSpec, node: TreeNode, scope: OperandScope): OperandTree | undefined {
  const name = readText(node, "the name of a list", scope.findings);
  const values = name === undefined ? undefined : scope.lists.use(name, fact, node.at, scope.findings);
  return name === undefined || !values ? undefined : { operand: { kind: "values", values }, want: name };
}

function parsePattern(fact: FactSpec, node: TreeNode, scope: OperandScope): OperandTree | undefined {
  const written = readText(node, "a pattern", scope.findings);
  if (written === undefined) return undefined;
  if (written.length > scope.limits.patternLength) {
    scope.findings.error(node.at, `the pattern is longer than ${scope.limits.patternLength} characters`);
    return undefined;
  }
  const caseBlind = fact.caseBlind === true || fact.type === "guid" || fact.type === "armId";
  return { operand: { kind: "pattern", pattern: caseBlind ? written.toLowerCase() : written }, want: written };
}

function parseBound(fact: FactSpec, node: TreeNode, scope: OperandScope): OperandTree | undefined {
  const literal = parseLiteral(fact, node, scope);
  if (typeof literal?.value !== "number") return undefined;
  return { operand: { kind: "integer", integer: literal.value }, want: literal.written };
}

function parseWindowName(node: TreeNode, scope: OperandScope): OperandTree | undefined {
  const name = readText(node, "the name of a window", scope.findings);
  const window = name === undefined ? undefined : scope.windows.use(name, node.at, scope.findings);
  return name === undefined || !window ? undefined : { operand: { kind: "window", window }, want: name };
}

function parseFlag(operator: OperatorSpec, node: TreeNode, scope: OperandScope): OperandTree | undefined {
  const flag = node.kind === "scalar" ? node.value : undefined;
  if (typeof flag === "boolean") return { operand: { kind: "flag", flag }, want: flag };
  scope.findings.error(node.at, `${operator.name} is true or false; ${show(node)} is not`);
  return undefined;
}

import { type FactSpec, findFact, unknownFact } from "./facts.ts";
import { didYouMean, type Findings, type Position } from "./faults.ts";
import type { PolicyLimits } from "./limits.ts";
import type { Lists } from "./lists.ts";
import { type OperatorSpec, operators } from "./operators.ts";
import { type OperandTree, parseOperand } from "./parse-operand.ts";
import type { Windows } from "./parse-windows.ts";
import { readMap } from "./shape.ts";
import type { MapEntry, MapNode, TreeNode } from "./yaml-tree.ts";

/** One question to one fact, checked against the fact table. */
export type TestTree = OperandTree & {
  readonly kind: "test";
  readonly fact: FactSpec;
  readonly operator: OperatorSpec;
  readonly at: Position;
  /** Where in its rule it stands, for the trace: `when.anyOf[1].not`. */
  readonly path: string;
  /** True under an odd number of `not`. */
  readonly inverted: boolean;
};

export type ConditionTree =
  | TestTree
  | { readonly kind: "all" | "any"; readonly parts: readonly ConditionTree[] }
  | { readonly kind: "not"; readonly part: ConditionTree };

/** What a condition may refer to, and where findings about it go. */
export type ConditionScope = {
  readonly lists: Lists;
  readonly windows: Windows;
  readonly limits: PolicyLimits;
  readonly findings: Findings;
};

type Place = { readonly path: string; readonly depth: number; readonly inverted: boolean };
type Walk = ConditionScope & { tests: number };

/**
 * Reads a `match` or `when`: a map is AND. Everything wrong in it is reported; what comes back is for compiling only
 * if nothing was.
 */
export function parseCondition(node: TreeNode, where: "match" | "when", scope: ConditionScope): ConditionTree {
  const walk: Walk = { ...scope, tests: 0 };
  const tree = parseMap(node, { path: where, depth: 0, inverted: false }, walk);
  if (walk.tests > scope.limits.conditionsPerRule) {
    scope.findings.error(node.at, `${where} has more than ${scope.limits.conditionsPerRule} conditions`);
  }
  return tree;
}

function parseMap(node: TreeNode, place: Place, walk: Walk): ConditionTree {
  const map = readMap(node, place.path, walk.findings);
  if (map?.entries.size === 0) walk.findings.error(node.at, `${place.path} is empty`);
  if (place.depth > walk.limits.depth) {
    walk.findings.error(node.at, `anyOf and not stand more than ${walk.limits.depth} deep inside each other`);
    return { kind: "all", parts: [] };
  }
  const parts = [...(map?.entries.values() ?? [])].flatMap((entry) => parseEntry(entry, place, walk));
  const [only] = parts;
  return parts.length === 1 && only ? only : { kind: "all", parts };
}

function parseEntry(entry: MapEntry, place: Place, walk: Walk): readonly ConditionTree[] {
  if (entry.key === "anyOf") return [parseAnyOf(entry, place, walk)];
  if (entry.key === "not") {
    const inner = { path: `${place.path}.not`, depth: place.depth + 1, inverted: !place.inverted };
    return [{ kind: "not", part: parseMap(entry.value, inner, walk) }];
  }
  const fact = findFact(entry.key);
  if (fact) return parseTests(fact, entry, place, walk);
  walk.findings.error(entry.at, unknownFact(entry.key, ["anyOf", "not"]));
  return [];
}

function parseAnyOf(entry: MapEntry, place: Place, walk: Walk): ConditionTree {
  const path = `${place.path}.anyOf`;
  const list = entry.value;
  if (list.kind !== "list" || list.items.length === 0) {
    walk.findings.error(list.at, list.kind === "list" ? `${path} is empty` : `${path} must be a list of maps`);
    return { kind: "any", parts: [] };
  }
  const inner = { depth: place.depth + 1, inverted: place.inverted };
  return {
    kind: "any",
    parts: list.items.map((item, index) => parseMap(item, { path: `${path}[${index}]`, ...inner }, walk)),
  };
}

function parseTests(fact: FactSpec, entry: MapEntry, place: Place, walk: Walk): readonly ConditionTree[] {
  const { value } = entry;
  if (value.kind === "scalar") return parseTest(fact, "equals", entry, place, walk);
  if (value.kind === "list") return parseTest(fact, "in", entry, place, walk);
  return parseOperatorMap(fact, value, place, walk);
}

function parseOperatorMap(fact: FactSpec, map: MapNode, place: Place, walk: Walk): readonly ConditionTree[] {
  if (map.entries.size === 0) walk.findings.error(map.at, `${fact.name} is asked nothing: the map is empty`);
  return [...map.entries.values()].flatMap((entry) => parseTest(fact, entry.key, entry, place, walk));
}

function parseTest(fact: FactSpec, name: string, entry: MapEntry, place: Place, walk: Walk): readonly ConditionTree[] {
  walk.tests += 1;
  const operator = operators.get(name);
  if (!operator) {
    walk.findings.error(entry.at, `unknown operator ${name}${didYouMean(name, operators.keys())}`);
    return [];
  }
  if (!operator.allowed(fact)) {
    walk.findings.error(entry.at, `${name} cannot be asked of ${fact.name}: it takes ${operator.allowedText}`);
    return [];
  }
  const operand = parseOperand(operator, fact, entry.value, walk);
  if (!operand) return [];
  const { path, inverted } = place;
  return [{ kind: "test", fact, operator, at: entry.at, path, inverted, ...operand }];
}

/** Every test of a condition, with repeats, in the order in which they are written. */
export function testsOf(tree: ConditionTree): readonly TestTree[] {
  if (tree.kind === "test") return [tree];
  return tree.kind === "not" ? testsOf(tree.part) : tree.parts.flatMap(testsOf);
}

import { didYouMean, type Findings, type Position } from "./faults.ts";
import type { MapEntry, MapNode, ScalarNode, TreeNode } from "./yaml-tree.ts";

/** A value together with the place where it was written. */
export type Placed<Value> = { readonly value: Value; readonly at: Position };

/** How a value is shown in a message: a text in quotes, so that `"5"` and `5` differ. */
export function show(node: TreeNode): string {
  if (node.kind !== "scalar") return node.kind === "list" ? "a list" : "a map";
  return typeof node.value === "string" ? JSON.stringify(node.value) : String(node.value);
}

/** The entries of a map that may hold only the named keys. */
export function readFields(
  node: TreeNode,
  what: string,
  keys: readonly string[],
  findings: Findings,
): ReadonlyMap<string, MapEntry> | undefined {
  const map = readMap(node, what, findings);
  if (!map) return undefined;
  for (const entry of map.entries.values()) {
    if (!keys.includes(entry.key)) {
      findings.error(entry.at, `${what} has no field ${entry.key}${didYouMean(entry.key, keys)}`);
    }
  }
  return map.entries;
}

export function readMap(node: TreeNode, what: string, findings: Findings): MapNode | undefined {
  if (node.kind === "map") return node;
  findings.error(node.at, `${what} must be a map`);
  return undefined;
}

/** A required field's value; reports that it is missing at the thing that lacks it. */
export function requireField(
  fields: ReadonlyMap<string, MapEntry>,
  key: string,
  what: string,
  at: Position,
  findings: Findings,
): TreeNode | undefined {
  const entry = fields.get(key);
  if (!entry) findings.error(at, `${what} needs ${key}`);
  return entry?.value;
}

/** A text that says something; whatever else stands there is reported. */
export function readText(node: TreeNode | undefined, what: string, findings: Findings): string | undefined {
  if (!node) return undefined;
  if (node.kind === "scalar" && typeof node.value === "string" && node.value.trim() !== "") return node.value;
  findings.error(node.at, `${what} must be a text; ${show(node)} is not`);
  return undefined;
}

/** What rules, lists, windows, reviewers and exemptions may be called. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** The name of a rule, list, window, reviewer or exemption: letters, digits, `.`, `_`, `-`, at most 63 characters. */
export function readName(node: TreeNode | undefined, what: string, findings: Findings): string | undefined {
  const name = readText(node, what, findings);
  if (name === undefined || !node || checkName(name, node.at, what, findings)) return name;
  return undefined;
}

export function checkName(name: string, at: Position, what: string, findings: Findings): boolean {
  if (namePattern.test(name)) return true;
  findings.error(at, `${what} ${JSON.stringify(name)} must be letters, digits, ".", "_" or "-", at most 63`);
  return false;
}

/** One of a few fixed words. */
export function readChoice<Choice extends string>(
  node: TreeNode | undefined,
  what: string,
  choices: readonly Choice[],
  findings: Findings,
): Choice | undefined {
  if (!node) return undefined;
  const found = choices.find((choice) => node.kind === "scalar" && node.value === choice);
  if (found !== undefined) return found;
  const near = node.kind === "scalar" && typeof node.value === "string" ? didYouMean(node.value, choices) : "";
  findings.error(node.at, `${what} is ${choices.join(", ")}; ${show(node)} is not${near}`);
  return undefined;
}

/** The scalars of a list with at least one entry. */
export function readScalars(
  node: TreeNode | undefined,
  what: string,
  findings: Findings,
): readonly ScalarNode[] | undefined {
  if (!node) return undefined;
  if (node.kind !== "list" || node.items.length === 0) {
    findings.error(node.at, node.kind === "list" ? `${what} is empty` : `${what} must be a list`);
    return undefined;
  }
  const scalars: ScalarNode[] = [];
  for (const item of node.items) {
    if (item.kind === "scalar") scalars.push(item);
    else findings.error(item.at, `${what} holds single values; ${show(item)} is not one`);
  }
  return scalars;
}

/** The names of a list with at least one entry; a name that stands there twice is warned of and taken once. */
export function readNames(
  node: TreeNode | undefined,
  what: string,
  findings: Findings,
): readonly Placed<string>[] | undefined {
  const names = new Map<string, Placed<string>>();
  for (const item of readScalars(node, what, findings) ?? []) {
    const name = readText(item, `an entry of ${what}`, findings);
    if (name === undefined) continue;
    if (names.has(name)) findings.warn(item.at, "duplicate-entry", `${name} stands twice in ${what}`);
    else names.set(name, { value: name, at: item.at });
  }
  return node ? [...names.values()] : undefined;
}

export function readInteger(
  node: TreeNode,
  what: string,
  bounds: { readonly least: number; readonly most: number },
  findings: Findings,
): number | undefined {
  const value = node.kind === "scalar" && node.integer ? node.value : undefined;
  if (typeof value === "number" && value >= bounds.least && value <= bounds.most) return value;
  findings.error(
    node.at,
    `${what} must be a whole number from ${bounds.least} to ${bounds.most}; ${show(node)} is not`,
  );
  return undefined;
}

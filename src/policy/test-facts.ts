import type { Facts, FactValue } from "../connection/facts.ts";
import { type FactSpec, factTable, findFact, unknownFact } from "./facts.ts";
import type { Findings, Position } from "./faults.ts";
import { literalFault } from "./literals.ts";
import { comparable } from "./readings.ts";
import { readMap, readNames } from "./shape.ts";
import type { MapEntry, ScalarNode, TreeNode } from "./yaml-tree.ts";

/** One change to a set of facts; a case lays its changes over the base request. */
export type FactChange =
  | { readonly kind: "value"; readonly name: string; readonly value: FactValue }
  | { readonly kind: "absent" | "unavailable"; readonly name: string }
  /** These tags could be read: what has no value is absent. */
  | { readonly kind: "readable"; readonly name: string };

/** The snapshot that changes leave, laid over nothing in their order. What none of them names is unavailable. */
export function layChanges(changes: readonly FactChange[]): Facts {
  const state = new Map<string, FactChange>();
  for (const change of changes) {
    if (change.kind !== "readable" && change.name.endsWith(".*")) forgetTags(state, change.name.slice(0, -1));
    state.set(change.name, change);
  }
  const laid = [...state.values()];
  const lost = laid.filter(({ kind }) => kind === "unavailable").map(({ name }) => [name, "unavailable in this case"]);
  return {
    values: Object.fromEntries(
      laid.flatMap((change) => (change.kind === "value" ? [[change.name, change.value]] : [])),
    ),
    absent: laid.filter(({ kind }) => kind === "absent" || kind === "readable").map(({ name }) => name),
    unavailable: Object.fromEntries(lost),
  };
}

/** `absent: [service.tags.*]` and `unavailable: [service.tags.*]` speak of all tags at once. */
function forgetTags(state: Map<string, FactChange>, family: string): void {
  for (const name of [...state.keys()]) if (name.startsWith(family)) state.delete(name);
}

const branches = new Set(factTable.flatMap(({ name }) => prefixesOf(name)));
const tagFamilies = factTable.map(({ name }) => name).filter((name) => name.endsWith(".*"));

function prefixesOf(name: string): readonly string[] {
  const parts = name.split(".");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
}

/** Reads facts written as nested maps, as dotted names, or both. */
export function readFacts(node: TreeNode | undefined, findings: Findings, prefix = ""): readonly FactChange[] {
  const map = node && readMap(node, prefix === "" ? "the facts" : prefix, findings);
  if (!map) return [];
  return [...map.entries.values()].flatMap((entry) => readEntry(entry, prefix, findings));
}

function readEntry(entry: MapEntry, prefix: string, findings: Findings): readonly FactChange[] {
  const name = prefix === "" ? entry.key : `${prefix}.${entry.key}`;
  if (tagFamilies.includes(`${name}.*`)) return readTags(entry, name, findings);
  if (branches.has(name)) return readFacts(entry.value, findings, name);
  const fact = findFact(name);
  if (!fact) {
    findings.error(entry.at, unknownFact(name));
    return [];
  }
  return readValue(fact, entry.value, findings);
}

/** A map of tags, even an empty one, says that the tags were readable: what it does not name is absent. */
function readTags(entry: MapEntry, name: string, findings: Findings): readonly FactChange[] {
  const readable: FactChange = { kind: "readable", name: `${name}.*` };
  const map = readMap(entry.value, name, findings);
  const tags = [...(map?.entries.values() ?? [])].flatMap((tag) => {
    const fact = findFact(`${name}.${tag.key}`);
    if (fact) return readValue(fact, tag.value, findings);
    findings.error(tag.at, `${JSON.stringify(tag.key)} is no tag key`);
    return [];
  });
  return [readable, ...tags];
}

function readValue(fact: FactSpec, node: TreeNode, findings: Findings): readonly FactChange[] {
  const scalar = node.kind === "scalar" ? node : undefined;
  if (scalar && isNone(fact, scalar)) return [{ kind: "absent", name: fact.name }];
  const value = scalar?.value;
  const fits = scalar && (fact.type !== "int" || scalar.integer) && comparable(fact, value) !== undefined;
  if (fits && value !== null && value !== undefined) return [{ kind: "value", name: fact.name, value }];
  const { noun, shown } = literalFault(fact, node);
  findings.error(node.at, `${fact.name} is ${noun}; ${shown} is not`);
  return [];
}

function isNone(fact: FactSpec, scalar: ScalarNode): boolean {
  return fact.absentWhen !== null && (scalar.value === null || (scalar.value === "" && fact.emptyIsAbsent === true));
}

/** Reads `absent: [...]` or `unavailable: [...]`; `service.tags.*` speaks of all tags. */
export function readLost(
  node: TreeNode | undefined,
  kind: "absent" | "unavailable",
  findings: Findings,
): readonly FactChange[] {
  const changes: FactChange[] = [];
  for (const { value, at } of readNames(node, kind, findings) ?? []) {
    const name = nameOfLost(value, kind, at, findings);
    if (name !== undefined) changes.push({ kind, name });
  }
  return changes;
}

function nameOfLost(
  name: string,
  kind: "absent" | "unavailable",
  at: Position,
  findings: Findings,
): string | undefined {
  if (tagFamilies.includes(name)) return name;
  const fact = findFact(name);
  if (!fact) findings.error(at, unknownFact(name));
  else if (kind === "absent" && fact.absentWhen === null) findings.error(at, `${name} is never absent`);
  else if (kind === "unavailable" && fact.unavailableWhen === null) findings.error(at, `${name} is never unavailable`);
  else return fact.name;
  return undefined;
}

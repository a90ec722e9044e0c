import type { FactSpec } from "./facts.ts";
import { didYouMean, type Findings, type Position } from "./faults.ts";
import type { PolicyLimits } from "./limits.ts";
import { literalFault } from "./literals.ts";
import { type Comparable, comparable } from "./readings.ts";
import { checkName, readMap, readScalars } from "./shape.ts";
import type { ScalarNode, TreeNode } from "./yaml-tree.ts";

type NamedList = {
  readonly name: string;
  readonly at: Position;
  readonly entries: readonly ScalarNode[];
  /**
   * By how the entries are read: a guid list and a string list of the same entries are different sets. Undefined when an
   * entry cannot be read so: that fault is enough, and what is left of the list would only cause more.
   */
  readonly sets: Map<string, ReadonlySet<Comparable> | undefined>;
};

/** The named lists of one policy. An entry is judged by the facts that the list is compared with. */
export type Lists = {
  /** The list in comparable form, or undefined after reporting that there is none. */
  readonly use: (name: string, fact: FactSpec, at: Position, findings: Findings) => ReadonlySet<Comparable> | undefined;
  readonly warnUnused: () => void;
};

export function readLists(node: TreeNode | undefined, limits: PolicyLimits, findings: Findings): Lists {
  const about = findings.about("(list)");
  const lists = new Map<string, NamedList>();
  // Their own fault is enough: that a rule uses them is none.
  const broken = new Set<string>();
  for (const entry of (node && readMap(node, "lists", about))?.entries.values() ?? []) {
    const list = checkName(entry.key, entry.at, "list", about) && readList(entry.key, entry.value, limits, about);
    if (list) lists.set(list.name, { ...list, at: entry.at });
    else broken.add(entry.key);
  }
  if (node && lists.size > limits.lists) about.error(node.at, `more than ${limits.lists} lists`);
  return {
    use: (name, fact, at, reporting) => {
      const list = lists.get(name);
      if (!list && !broken.has(name)) reporting.error(at, `no list named ${name}${didYouMean(name, lists.keys())}`);
      return list && setFor(list, fact, at, about);
    },
    warnUnused: () => {
      for (const list of lists.values()) {
        if (list.sets.size === 0) about.warn(list.at, "unused", `no rule uses the list ${list.name}`);
      }
    },
  };
}

function readList(name: string, node: TreeNode, limits: PolicyLimits, findings: Findings): NamedList | undefined {
  const entries = readScalars(node, `the list ${name}`, findings);
  if (!entries) return undefined;
  if (entries.length > limits.listEntries) {
    findings.error(node.at, `the list ${name} has more than ${limits.listEntries} entries`);
    return undefined;
  }
  const seen = new Set<unknown>();
  for (const entry of entries) {
    if (typeof entry.value !== "string") {
      findings.error(entry.at, `the list ${name} holds texts; write ${JSON.stringify(String(entry.value))}`);
    } else if (seen.has(entry.value.toLowerCase())) {
      findings.warn(entry.at, "duplicate-entry", `${entry.value} stands twice in the list ${name}`);
    }
    seen.add(typeof entry.value === "string" ? entry.value.toLowerCase() : entry.value);
  }
  return { name, at: node.at, entries, sets: new Map() };
}

function setFor(
  list: NamedList,
  fact: FactSpec,
  at: Position,
  findings: Findings,
): ReadonlySet<Comparable> | undefined {
  const reading = `${fact.type} ${fact.caseBlind ?? ""} ${fact.resource ?? ""}`;
  if (list.sets.has(reading)) return list.sets.get(reading);
  const values = new Set<Comparable>();
  let whole = true;
  for (const entry of list.entries) {
    const value = comparable(fact, entry.value);
    if (value !== undefined) values.add(value);
    else whole = false;
    // An entry that is no text was reported with the list.
    if (value === undefined && typeof entry.value === "string")
      findings.error(entry.at, entryFault(list.name, fact, entry, at));
  }
  const set = whole ? values : undefined;
  list.sets.set(reading, set);
  return set;
}

function entryFault(name: string, fact: FactSpec, entry: ScalarNode, at: Position): string {
  const { noun, shown, instead } = literalFault(fact, entry);
  return `${name} is compared with ${noun}; ${shown} is not one${instead} (used at line ${at.line})`;
}

import type { FactSpec } from "./facts.ts";
import { comparable } from "./readings.ts";
import { show } from "./shape.ts";
import type { TreeNode } from "./yaml-tree.ts";

/** What a fact's values are called in a message. */
function nounOf(fact: FactSpec): string {
  switch (fact.type) {
    case "int":
      return "an int";
    case "armId":
      return fact.resource === "service" ? "the id of a Private Link Service" : "the id of a private endpoint";
    case "instant":
      return "an instant";
    case "visibility":
      return "one of rbac, restricted, anyone";
    case "string":
    case "guid":
    case "region":
    case "bool":
      return `a ${fact.type}`;
  }
}

/** The parts of a sentence that says why a literal does not fit a fact, and what to write instead if that is clear. */
export function literalFault(
  fact: FactSpec,
  node: TreeNode,
): { readonly noun: string; readonly shown: string; readonly instead: string } {
  const better = node.kind === "scalar" ? meant(fact, node.value) : undefined;
  const instead = better === undefined ? "" : `; write ${better}`;
  return { noun: nounOf(fact), shown: show(node), instead };
}

function meant(fact: FactSpec, value: string | number | boolean | null): string | undefined {
  if (value === null || value === "") return fact.absentWhen === null ? undefined : "{ exists: false }";
  if (fact.type === "string" && typeof value !== "string") return JSON.stringify(String(value));
  if (typeof value !== "string") return undefined;
  const squeezed = value.replace(/[\s-]/g, "").toLowerCase();
  const fitting = fact.type === "region" || fact.type === "visibility";
  return fitting && comparable(fact, squeezed) !== undefined ? squeezed : undefined;
}

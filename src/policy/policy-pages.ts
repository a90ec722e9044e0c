import { policyReference } from "./reference.ts";
import { policySchema } from "./schema.ts";
import { policyTestSchema } from "./test-schema.ts";

/** The files that are made from the tables of the language, by their paths from the root of the repository. */
export function policyPages(): Readonly<Record<string, string>> {
  return {
    "policies/schema.json": `${printed(policySchema(), 0)}\n`,
    "policies/test-schema.json": `${printed(policyTestSchema(), 0)}\n`,
    "docs/policy-reference.md": policyReference(),
  };
}

const widest = 120;

/** JSON as the formatter of this repository leaves it: a list of words on one line where it fits. */
function printed(value: unknown, before: number, indent = ""): string {
  if (Array.isArray(value)) return printedList(value, before, indent);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  const deeper = `${indent}  `;
  const lines = entries.map(([key, one]) => {
    const head = `${deeper}${JSON.stringify(key)}: `;
    return `${head}${printed(one, head.length, deeper)}`;
  });
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

function printedList(items: readonly unknown[], before: number, indent: string): string {
  const short = `[${items.map((item) => JSON.stringify(item)).join(", ")}]`;
  const plain = items.every((item) => typeof item !== "object" || item === null);
  // One more for the comma.
  if (plain && before + short.length < widest) return short;
  const deeper = `${indent}  `;
  return `[\n${items.map((item) => `${deeper}${printed(item, deeper.length, deeper)}`).join(",\n")}\n${indent}]`;
}

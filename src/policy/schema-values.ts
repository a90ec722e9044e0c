import { type FactSpec, factTable } from "./facts.ts";
import { longestFactText } from "./limits.ts";
import { regionPattern, visibilities } from "./readings.ts";
import { namePattern } from "./shape.ts";
import { durationPattern, instantPattern } from "./time.ts";

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * Draft 7: every version of the YAML language server reads it, while later drafts came to it late, and nothing here
 * needs them. In draft 7 nothing counts beside a `$ref`, so a description never stands next to one.
 */
export const draft = "http://json-schema.org/draft-07/schema#";

/** A text of a pattern. Editors show the sentence in place of the pattern; validators do not know the keyword. */
export function patterned(pattern: string, otherwise: string): JsonSchema {
  return { type: "string", pattern, patternErrorMessage: otherwise };
}

/** A text that says something. */
export const text = patterned("\\S", "Write something here.");
export const name = patterned(namePattern.source, 'A name is letters, digits, ".", "_" and "-", at most 63.');
export const guid = patterned(
  "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
  "An id is 8-4-4-4-12 hex digits.",
);
export const instant = patterned(
  instantPattern.source,
  "Write a date, or an instant with its offset such as 2026-12-18T00:00:00Z.",
);
export const duration = patterned(
  durationPattern.source,
  "Write weeks, or days, hours and minutes, such as P2W, P14D or PT12H.",
);

/**
 * A value of a fact as an author writes it. Never narrower than what the compiler takes, and wider where a schema
 * would need more than a pattern: the compiler is the judge, this is what an editor can tell at once.
 */
export function literalSchema(fact: FactSpec): JsonSchema {
  switch (fact.type) {
    case "int":
      return { type: "integer" };
    case "bool":
      return { type: "boolean" };
    case "visibility":
      return { type: "string", enum: visibilities };
    case "guid":
      return guid;
    case "region":
      return patterned(regionPattern.source, "Write the programmatic name of the region, such as westeurope.");
    case "armId":
      return patterned("^/.+/[A-Za-z0-9_.-]+$", "Write the full id of the resource, from /subscriptions/ on.");
    case "instant":
      return instant;
    case "string":
      return { type: "string", minLength: fact.emptyIsAbsent ? 1 : 0, maxLength: longestFactText };
  }
}

/** What an editor shows about a fact. */
export function describeFact(fact: FactSpec): string {
  const sentences = [fact.meaning, `Type ${fact.type}; from ${plain(fact.from)}.`];
  if (fact.consumerWritten) sentences.push("Written by the consumer: never approve on it alone.");
  sentences.push(fact.absentWhen === null ? "Never absent." : `Absent when: ${plain(fact.absentWhen)}.`);
  const lost = fact.unavailableWhen;
  sentences.push(lost === null ? "Never unavailable." : `Unavailable when: ${plain(lost)}.`);
  return plain(sentences.join(" "));
}

/** Editors show descriptions as they are, so marks of Markdown are left out. */
export function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}

export const tagFamilies: readonly FactSpec[] = factTable.filter((fact) => fact.name.endsWith(".*"));
export const untaggedFacts: readonly FactSpec[] = factTable.filter((fact) => !fact.name.endsWith(".*"));

/** The names of all tags of a family, below `prefix`: a key of any letters, but neither none nor all of them. */
export function tagPattern(family: string, prefix = ""): string {
  return `^${family.slice(prefix.length, -1).replaceAll(".", "\\.")}(?!\\*?$)`;
}

import { sha256 } from "./digest.ts";
import { type FactSpec, factTable } from "./fact-table.ts";
import { didYouMean, nearestName } from "./faults.ts";

export { type FactSpec, type FactType, factTable } from "./fact-table.ts";

/**
 * Names the table that a policy was checked against; one compiled against another table is not evaluated.
 * Only what changes an answer is in it: a reworded source is the same table.
 */
export const factTableDigest = `sha256:${sha256(JSON.stringify(factTable.map(meaningOf)))}`;

function meaningOf({ name, type, absentWhen, unavailableWhen, caseBlind, emptyIsAbsent, resource }: FactSpec): unknown {
  return [name, type, absentWhen === null, unavailableWhen === null, caseBlind, emptyIsAbsent, resource];
}

const fixedFacts = new Map(factTable.map((fact) => [fact.name, fact]));
const tagFamilies = factTable.filter((fact) => fact.name.endsWith(".*"));

/** The row of a fact by the name an author writes; a tag's row carries the tag's name, lower-cased. */
export function findFact(name: string): FactSpec | undefined {
  for (const family of tagFamilies) {
    const prefix = family.name.slice(0, -1);
    if (name.startsWith(prefix)) return tagFact(family, prefix, name.slice(prefix.length));
  }
  return fixedFacts.get(name);
}

function tagFact(family: FactSpec, prefix: string, key: string): FactSpec | undefined {
  return key === "" || key === "*" ? undefined : { ...family, name: `${prefix}${key.toLowerCase()}` };
}

const tagPrefixes = tagFamilies.map((family) => family.name.slice(0, -2));

/** The sentence for a name that is no fact, with what was probably meant; `others` could have stood there too. */
export function unknownFact(name: string, others: readonly string[] = []): string {
  const [source = "", branch = "", ...key] = name.split(".");
  const family = key.join(".") === "" ? undefined : nearestName(`${source}.${branch}`, tagPrefixes);
  const meant = family && findFact(`${family}.${key.join(".")}`)?.name;
  if (meant !== undefined) return `unknown fact ${name}; did you mean ${meant}?`;
  return `unknown fact ${name}${didYouMean(name, [...untagged, ...others])}`;
}

const untagged = [...fixedFacts.keys()].filter((name) => !name.endsWith(".*"));

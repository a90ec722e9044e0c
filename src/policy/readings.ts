import { isGuid, parseEndpointId, parseServiceId } from "../connection/arm-id.ts";
import { type Facts, type FactValue, lookUp } from "../connection/facts.ts";
import type { FactSpec } from "./facts.ts";
import { longestFactText } from "./limits.ts";
import { parseInstant } from "./time.ts";

/** A fact's value in the one form in which it is compared: lower-cased where case does not count, an instant in ms. */
export type Comparable = string | number | boolean;

/** The programmatic form: "West Europe" is none. */
export const regionPattern = /^[A-Za-z][A-Za-z0-9]{1,62}$/;
export const visibilities: readonly string[] = ["rbac", "restricted", "anyone"];

/**
 * The value in the form in which it is compared, or undefined when it is not of the fact's type.
 * The same check reads facts and policy literals, so the two cannot mean different things. Nothing is converted: the
 * text `5` is no number.
 */
export function comparable(fact: FactSpec, value: unknown): Comparable | undefined {
  switch (fact.type) {
    case "int":
      return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
    case "bool":
      return typeof value === "boolean" ? value : undefined;
    default:
      if (typeof value !== "string" || value.length > longestFactText) return undefined;
      return comparableText(fact, fact.type, value);
  }
}

function comparableText(
  fact: FactSpec,
  type: Exclude<FactSpec["type"], "int" | "bool">,
  text: string,
): Comparable | undefined {
  switch (type) {
    case "guid":
      return isGuid(text) ? text.toLowerCase() : undefined;
    case "region":
      return regionPattern.test(text) ? text.toLowerCase() : undefined;
    case "armId":
      return canonicalId(fact, text);
    case "visibility":
      return visibilities.includes(text) ? text : undefined;
    case "instant":
      return parseInstant(text);
    case "string":
      return comparableString(fact, text);
  }
}

function comparableString(fact: FactSpec, text: string): string | undefined {
  if (text === "" && fact.emptyIsAbsent) return undefined;
  return fact.caseBlind ? text.toLowerCase() : text;
}

function canonicalId(fact: FactSpec, text: string): string | undefined {
  return fact.resource === "service" ? parseServiceId(text)?.id : parseEndpointId(text)?.id;
}

/** What an evaluation knows about one fact: `value` is null when absent and undefined when unavailable. */
export type Reading = { readonly value: Comparable | null | undefined; readonly raw: FactValue | null | undefined };

export const lost: Reading = { value: undefined, raw: undefined };
const none: Reading = { value: null, raw: null };

/**
 * Reads one fact of a snapshot. Whatever does not fit the table is unavailable: a value of another type, a fact said
 * to be absent that never is, one that is listed as unavailable and has a value all the same.
 */
export function readFact(facts: Facts, fact: FactSpec): Reading {
  try {
    if (Object.hasOwn(facts.unavailable, fact.name)) return lost;
    const raw = lookUp(facts, fact.name);
    if (raw === undefined) return lost;
    if (raw === "" && fact.emptyIsAbsent) return none;
    if (raw === null) return fact.absentWhen === null ? lost : none;
    const value = comparable(fact, raw);
    return value === undefined ? lost : { value, raw };
  } catch {
    // A snapshot that cannot even be read knows nothing: the rules then lead to a person, which is the answer we want.
    return lost;
  }
}

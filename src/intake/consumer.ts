import { z } from "zod";
import { isGuid } from "../connection/arm-id.ts";
import { type Parsed, problemOf } from "./fault.ts";

const mostTags = 50;
const id = z
  .string()
  .refine(isGuid, "is the id of a subscription")
  .transform((text) => text.toLowerCase());
const line = z
  .string()
  .trim()
  .max(200, "is longer than 200 characters")
  .regex(/^[^\p{Cc}]*$/u, "is one line of text");
/** What was left empty is not known. */
const emptyAsNull = line.nullable().transform((text) => (text === "" ? null : text));
const tagKey = line.min(1, "is empty");
const idOrNull = z
  .string()
  .refine((text) => text === "" || isGuid(text), "is the id of a tenant")
  .nullable()
  .transform((text) => text?.toLowerCase() || null);
const tags = z
  // A Map, because an object forgets a key called __proto__ without a word.
  .preprocess((value) => (isMap(value) ? new Map(Object.entries(value)) : value), z.map(tagKey, line))
  .refine(({ size }) => size <= mostTags, `are more than ${mostTags}`)
  .refine((map) => new Set([...map.keys()].map((key) => key.toLowerCase())).size === map.size, {
    error: "have a key twice; upper and lower case are the same",
  })
  .transform((map): Readonly<Record<string, string>> => Object.fromEntries(map));

const consumer = z.strictObject({
  subscriptionId: id,
  name: emptyAsNull,
  tier: emptyAsNull,
  tenantId: idOrNull,
  tags,
});

export type ConsumerInput = z.infer<typeof consumer>;

/** Reads an entry of the registry of consumers; what is empty is null. Every fault is named with its field. */
export function readConsumer(input: unknown): Parsed<ConsumerInput> {
  const parsed = consumer.safeParse(input);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: problemOf(parsed.error) };
}

/** Reads the id of a consumer's subscription, in any case. */
export function readSubscriptionId(input: unknown): Parsed<string> {
  const parsed = id.safeParse(input);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: problemOf(parsed.error) };
}

function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

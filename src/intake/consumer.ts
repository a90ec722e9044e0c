import * as z from "zod";
import { isGuid } from "../connection/arm-id.ts";
import { type Fault, faultsOf, type Parsed, problemOf } from "./fault.ts";

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

const mostOwners = 50;
/** Each once, in one order: the same owners are the same entry, however they were told. */
const owners = z
  .array(z.string().refine(isGuid, "is the object id of a person or a group"))
  .max(mostOwners, `are more than ${mostOwners}`)
  .transform((ids): readonly string[] => [...new Set(ids.map((one) => one.toLowerCase()))].sort());

const consumer = z.strictObject({
  subscriptionId: id,
  name: emptyAsNull,
  tier: emptyAsNull,
  tenantId: idOrNull,
  tags,
  owners,
});

export type ConsumerInput = z.infer<typeof consumer>;

/** What is to change of an entry; what is left out stays as it is. */
const change = z.strictObject({
  subscriptionId: id,
  name: emptyAsNull.optional(),
  tier: emptyAsNull.optional(),
  tenantId: idOrNull.optional(),
  tags: tags.optional(),
  owners: owners.optional(),
});

export type ConsumerChange = z.infer<typeof change>;

type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string; readonly faults: readonly Fault[] };

/** Reads an entry of the registry of consumers; what is empty is null. Every fault is named with its field. */
export function readConsumer(input: unknown): Read<ConsumerInput> {
  return answerOf(consumer.safeParse(input));
}

/** Reads a row of an import. */
export function readConsumerChange(input: unknown): Read<ConsumerChange> {
  return answerOf(change.safeParse(input));
}

/**
 * Reads the body of `PUT /consumers/{subscriptionId}`: the whole entry, what is left out being empty. The body may name
 * the subscription again, as the answer of a GET does, but no other one.
 */
export function readConsumerBody(subscriptionId: string, input: unknown): Parsed<ConsumerInput> {
  const same = (given: string) => given === subscriptionId.toLowerCase();
  const body = consumer.extend({
    subscriptionId: id.refine(same, "is another one than in the path").prefault(subscriptionId),
    name: emptyAsNull.default(null),
    tier: emptyAsNull.default(null),
    tenantId: idOrNull.default(null),
    tags: tags.prefault({}),
    owners: owners.prefault([]),
  });
  return answerOf(body.safeParse(input));
}

function answerOf<T>(parsed: z.ZodSafeParseResult<T>): Read<T> {
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, problem: problemOf(parsed.error), faults: faultsOf(parsed.error) };
}

/** Reads the id of a consumer's subscription, in any case. */
export function readSubscriptionId(input: unknown): Parsed<string> {
  const parsed = z.object({ subscriptionId: id }).safeParse({ subscriptionId: input });
  return parsed.success
    ? { ok: true, value: parsed.data.subscriptionId }
    : { ok: false, problem: problemOf(parsed.error) };
}

function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

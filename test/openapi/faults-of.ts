import { z } from "zod";

/** The part of JSON Schema 2020-12 that docs/openapi.json uses; another keyword is an error, never silently ignored. */
export type Schema = {
  readonly $ref?: string | undefined;
  readonly description?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly pattern?: string | undefined;
  readonly format?: "date-time" | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly default?: unknown;
  readonly items?: Schema | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly additionalProperties?: false | Schema | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
};

export const schemaShape: z.ZodType<Schema> = z.lazy(() =>
  z.strictObject({
    $ref: z.string().optional(),
    description: z.string().min(1).optional(),
    type: z.union([typeName, z.array(typeName).min(2)]).optional(),
    const: z.unknown().optional(),
    enum: z.array(z.unknown()).min(1).optional(),
    pattern: z.string().optional(),
    format: z.literal("date-time").optional(),
    minLength: z.int().optional(),
    maxLength: z.int().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    default: z.unknown().optional(),
    items: schemaShape.optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), schemaShape).optional(),
    additionalProperties: z.union([z.literal(false), schemaShape]).optional(),
    oneOf: z.array(schemaShape).min(2).optional(),
  }),
);

const typeName = z.enum(["string", "integer", "number", "boolean", "object", "array", "null"]);

/** Where and how a value does not fit a schema; empty when it fits. `find` gives the schema behind a `$ref`. */
export function faultsOf(value: unknown, schema: Schema, find: (ref: string) => Schema, at = "$"): readonly string[] {
  if (schema.$ref !== undefined) return faultsOf(value, find(schema.$ref), find, at);
  const check = (part: unknown, of: Schema, where: string) => faultsOf(part, of, find, where);
  return [
    ...typeFaults(value, schema, at),
    ...textFaults(value, schema, at),
    ...numberFaults(value, schema, at),
    ...choiceFaults(value, schema, at, check),
    ...listFaults(value, schema, at, check),
    ...memberFaults(value, schema, at, check),
  ];
}

type Check = (part: unknown, of: Schema, where: string) => readonly string[];

function typeFaults(value: unknown, { type, const: only, enum: choice }: Schema, at: string): readonly string[] {
  const types = type === undefined ? [] : [type].flat();
  const fits =
    types.length === 0 || types.includes(typeOf(value)) || (types.includes("number") && typeOf(value) === "integer");
  return [
    ...(fits ? [] : [`${at} is of type ${typeOf(value)}, not ${types.join(" or ")}`]),
    ...(only === undefined || only === value ? [] : [`${at} is not ${only}`]),
    ...(choice === undefined || choice.includes(value) ? [] : [`${at} is ${value}, not one of ${choice.join(", ")}`]),
  ];
}

function textFaults(value: unknown, schema: Schema, at: string): readonly string[] {
  if (typeof value !== "string") return [];
  const { pattern, format, minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(value) && !Number.isNaN(Date.parse(value));
  return [
    ...(pattern === undefined || new RegExp(pattern, "u").test(value) ? [] : [`${at} does not match ${pattern}`]),
    ...(format === undefined || isTime ? [] : [`${at} is not a ${format}`]),
    ...(value.length >= minLength && value.length <= maxLength ? [] : [`${at} has ${value.length} characters`]),
  ];
}

function numberFaults(value: unknown, schema: Schema, at: string): readonly string[] {
  if (typeof value !== "number") return [];
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  return value >= minimum && value <= maximum ? [] : [`${at} is ${value}`];
}

function choiceFaults(value: unknown, { oneOf }: Schema, at: string, check: Check): readonly string[] {
  if (oneOf === undefined) return [];
  const tries = oneOf.map((one) => check(value, one, at));
  const fitting = tries.filter((faults) => faults.length === 0).length;
  if (fitting === 1) return [];
  const closest = tries.toSorted((one, other) => one.length - other.length)[0] ?? [];
  return [`${at} fits ${fitting} of ${oneOf.length} choices: ${closest.join("; ")}`];
}

function listFaults(value: unknown, { items }: Schema, at: string, check: Check): readonly string[] {
  if (!Array.isArray(value) || items === undefined) return [];
  return value.flatMap((item, index) => check(item, items, `${at}[${index}]`));
}

function memberFaults(value: unknown, schema: Schema, at: string, check: Check): readonly string[] {
  if (typeOf(value) !== "object") return [];
  const { required = [], properties = {}, additionalProperties } = schema;
  const members = Object.entries(Object(value));
  const missing = required.filter((name) => !members.some(([key]) => key === name));
  const wrong = members.flatMap(([name, member]) => {
    const known = properties[name] ?? additionalProperties;
    if (known === false) return [`${at}.${name} is not described`];
    return known === undefined ? [] : check(member, known, `${at}.${name}`);
  });
  return [...missing.map((name) => `${at}.${name} is missing`), ...wrong];
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

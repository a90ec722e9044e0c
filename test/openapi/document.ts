import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Schema, schemaShape } from "./faults-of.ts";

const root = join(import.meta.dirname, "..", "..");
const words = z.string().min(1);
const reference = z.strictObject({ $ref: words });
const media = z.strictObject({ schema: schemaShape, example: z.unknown() });
const header = z.strictObject({ description: words, schema: schemaShape, example: z.unknown() });
const response = z.strictObject({
  description: words,
  headers: z.record(z.string(), header).optional(),
  content: z.record(z.string(), media).optional(),
});
const parameter = z.strictObject({
  name: words,
  in: z.enum(["path", "query"]),
  required: z.literal(true).optional(),
  description: words,
  schema: schemaShape,
  example: z.unknown(),
});
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  tags: z.array(words).length(1),
  summary: words,
  description: words.optional(),
  security: z.array(z.record(z.string(), z.array(words))).optional(),
  parameters: z.array(reference).optional(),
  requestBody: z
    .strictObject({ required: z.literal(true), description: words, content: z.record(z.string(), media) })
    .optional(),
  responses: z.record(z.string().regex(/^[1-5]\d\d$/), z.union([response, reference])),
});
const scheme = z.strictObject({
  type: z.literal("http"),
  scheme: z.literal("bearer"),
  bearerFormat: z.literal("JWT"),
  description: words,
});

/** The form that OpenAPI 3.1 demands, as far as this document uses it; nothing else may stand in it. */
const documentShape = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.strictObject({
    title: words,
    version: words,
    summary: words,
    description: words,
    license: z.strictObject({ name: words, identifier: words }),
  }),
  servers: z.array(z.strictObject({ url: words, description: words })),
  security: z.array(z.record(z.string(), z.array(words))),
  tags: z.array(z.strictObject({ name: words, description: words })),
  paths: z.record(z.string().startsWith("/"), z.partialRecord(z.enum(["get", "post", "put", "delete"]), operation)),
  components: z.strictObject({
    securitySchemes: z.record(z.string(), scheme),
    parameters: z.record(z.string(), parameter),
    responses: z.record(z.string(), response),
    schemas: z.record(z.string(), schemaShape),
  }),
});

export type Document = z.infer<typeof documentShape>;
export type Operation = z.infer<typeof operation> & { readonly method: string; readonly path: string };
export type Answer = z.infer<typeof response>;

/** Reads docs/openapi.json; throws with every fault of its form. */
export async function readDocument(): Promise<Document> {
  const text = await readFile(join(root, "docs", "openapi.json"), "utf8");
  const parsed = documentShape.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}

export function operationsOf(document: Document): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
}

export function schemaOf(document: Document, ref: string): Schema {
  return found(document.components.schemas, "schemas", ref);
}

/** The answers of an operation by their status, references followed. */
export function answersOf(document: Document, operation: Operation): Readonly<Record<string, Answer>> {
  const { responses } = document.components;
  return Object.fromEntries(
    Object.entries(operation.responses).map(([status, answer]) => [
      status,
      "$ref" in answer ? found(responses, "responses", answer.$ref) : answer,
    ]),
  );
}

export function parametersOf(document: Document, operation: Operation) {
  const { parameters } = document.components;
  return (operation.parameters ?? []).map(({ $ref }) => found(parameters, "parameters", $ref));
}

/** Every `$ref` that stands anywhere in a part of the document. */
export function refsIn(part: unknown): readonly string[] {
  if (Array.isArray(part)) return part.flatMap(refsIn);
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => (key === "$ref" ? [String(value)] : refsIn(value)));
}

function found<T>(components: Readonly<Record<string, T>>, kind: string, ref: string): T {
  const component = components[ref.replace(`#/components/${kind}/`, "")];
  if (component === undefined) throw new Error(`${ref} leads nowhere`);
  return component;
}

/** What one JSON value may be. `always` binds answers, `needed` binds requests, `readOnly` is ignored in requests. */
export type Shape = Readonly<{ always?: true; needed?: true; readOnly?: true }> &
  (
    | { readonly kind: "text"; readonly oneOf?: readonly string[] }
    | { readonly kind: "flag" }
    | { readonly kind: "whole" }
    | { readonly kind: "number" }
    | { readonly kind: "anything" }
    /** Names chosen by the user, each with a text. */
    | { readonly kind: "map" }
    | { readonly kind: "list"; readonly of: Shape }
    | { readonly kind: "object"; readonly fields: Readonly<Record<string, Shape>> }
  );

/** An answer must hold what Azure always sends; a request may leave out or repeat what only Azure can set. */
export type Direction = "answer" | "request";

/**
 * All the ways in which a value differs from its shape, in words, each with the path of the field.
 *
 * Both directions refuse fields that the official definition does not know.
 */
export function shapeFaults(shape: Shape, value: unknown, direction: Direction, path = "$"): readonly string[] {
  if (direction === "request" && shape.readOnly) return [];
  switch (shape.kind) {
    case "anything":
      return [];
    case "text":
      return textFaults(shape.oneOf, value, path);
    case "flag":
      return typeof value === "boolean" ? [] : [`${path} must be a boolean.`];
    case "whole":
    case "number":
      return numberFaults(shape.kind, value, path);
    case "map":
      return mapFaults(value, path);
    case "list":
      if (!Array.isArray(value)) return [`${path} must be an array.`];
      return value.flatMap((item, index) => shapeFaults(shape.of, item, direction, `${path}[${index}]`));
    case "object":
      return objectFaults(shape.fields, value, direction, path);
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textFaults(oneOf: readonly string[] | undefined, value: unknown, path: string): readonly string[] {
  if (typeof value !== "string") return [`${path} must be a string.`];
  if (oneOf && !oneOf.includes(value)) return [`${path} must be one of ${oneOf.join(", ")}.`];
  return [];
}

function numberFaults(kind: "whole" | "number", value: unknown, path: string): readonly string[] {
  if (kind === "whole") return Number.isInteger(value) ? [] : [`${path} must be a whole number.`];
  return Number.isFinite(value) ? [] : [`${path} must be a number.`];
}

function mapFaults(value: unknown, path: string): readonly string[] {
  if (!isRecord(value)) return [`${path} must be an object.`];
  return Object.entries(value).flatMap(([name, text]) => textFaults(undefined, text, `${path}.${name}`));
}

function objectFaults(
  fields: Readonly<Record<string, Shape>>,
  value: unknown,
  direction: Direction,
  path: string,
): readonly string[] {
  if (!isRecord(value)) return [`${path} must be an object.`];
  const missing = Object.entries(fields)
    .filter(([name, field]) => isDemanded(field, direction) && value[name] === undefined)
    .map(([name]) => `${path}.${name} is missing.`);
  const wrong = Object.entries(value).flatMap(([name, item]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field) return [`Could not find member '${name}' at ${path}.`];
    return shapeFaults(field, item, direction, `${path}.${name}`);
  });
  return [...missing, ...wrong];
}

function isDemanded(field: Shape, direction: Direction): boolean {
  return direction === "answer" ? field.always === true : field.needed === true;
}

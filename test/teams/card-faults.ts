import { createRequire } from "node:module";

// The package's own entry is ESM that node cannot load; its UMD file can be required, but carries no types.
const parser: typeof import("adaptivecards") = createRequire(import.meta.url)(
  "adaptivecards/dist/adaptivecards.min.js",
);

type Json = Readonly<Record<string, unknown>>;

/** What version 1.5 of Adaptive Cards knows of the elements that our cards use; the parser does not complain about more. */
const known: Readonly<Record<string, readonly string[]>> = {
  AdaptiveCard: ["version", "body", "actions", "fallbackText", "refresh"],
  TextBlock: ["text", "wrap", "size", "weight", "style", "isSubtle", "separator", "spacing"],
  FactSet: ["facts"],
  Container: ["items", "style", "bleed", "spacing"],
  "Input.Text": ["id", "label", "placeholder", "isMultiline", "maxLength", "isRequired", "errorMessage"],
  "Action.Execute": ["title", "verb", "style", "data", "fallback"],
  "Action.Submit": ["title", "style", "data"],
  "Action.OpenUrl": ["title", "url", "style"],
};

/** Everything that is wrong with a card: by the parser of the `adaptivecards` package at 1.5, and by our own rules. */
export function cardFaults(card: object): readonly string[] {
  const nodes = [...nodesOf(card)];
  return [
    ...parserFaults(card),
    ...nodes.flatMap(unknownProperties),
    ...nodes.flatMap(actionFaults),
    ...nodes.flatMap(textFaults),
    ...inputFaults(nodes),
    ...sizeFaults(card),
    ...("version" in card && card.version === "1.5" ? [] : ["the version is not 1.5"]),
  ];
}

export function sizeOf(card: object): number {
  return Buffer.byteLength(JSON.stringify(card), "utf8");
}

/** Every element and action of a card, however deep. */
export function* nodesOf(value: unknown): Generator<Json> {
  if (Array.isArray(value)) for (const item of value) yield* nodesOf(item);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const node = value as Json;
  if ("type" in node) yield node;
  for (const child of Object.values(node)) yield* nodesOf(child);
}

export function nodesOfType(card: object, type: string): readonly Json[] {
  return [...nodesOf(card)].filter((node) => node["type"] === type);
}

function parserFaults(json: object): readonly string[] {
  const context = new parser.SerializationContext(parser.Versions.v1_5);
  const card = new parser.AdaptiveCard();
  card.parse(json, context);
  const events = Array.from({ length: context.eventCount }, (_, index) => context.getEventAt(index).message);
  return [...events, ...card.validateProperties().validationEvents.map((event) => event.message)];
}

function unknownProperties(node: Json): readonly string[] {
  const allowed = known[String(node["type"])];
  if (!allowed) return [`${node["type"]} is not an element that our cards use`];
  const others = Object.keys(node).filter((key) => key !== "type" && !allowed.includes(key));
  return others.map((key) => `${node["type"]} has no ${key} in 1.5`);
}

function actionFaults(node: Json): readonly string[] {
  if (node["type"] !== "Action.Execute") return [];
  const data = node["data"] as Json | undefined;
  const fallback = node["fallback"] as Json | undefined;
  const fallbackData = fallback?.["data"] as Json | undefined;
  return [
    ...(node["verb"] ? [] : ["an Execute has no verb"]),
    ...(data?.["requestId"] ? [] : ["an Execute names no request"]),
    ...(Object.keys(data ?? {}).length === 1 ? [] : ["an Execute carries more than the request"]),
    ...(!fallback || fallbackData?.["verb"] === node["verb"] ? [] : ["a fallback does not repeat the verb"]),
    ...(!fallback || fallbackData?.["requestId"] === data?.["requestId"] ? [] : ["a fallback names another request"]),
  ];
}

function textFaults(node: Json): readonly string[] {
  return node["type"] === "TextBlock" && !node["text"] ? ["a TextBlock has no text"] : [];
}

function inputFaults(nodes: readonly Json[]): readonly string[] {
  const inputs = nodes.filter((node) => String(node["type"]).startsWith("Input.")).map((node) => String(node["id"]));
  return inputs
    .filter((id) => ["requestId", "verb"].includes(id))
    .map((id) => `the input ${id} hides the action's data`);
}

function sizeFaults(card: object): readonly string[] {
  const size = sizeOf(card);
  return size < 20_000 ? [] : [`the card has ${size} bytes`];
}

type Json = Readonly<Record<string, unknown>>;

/** What a reader gets from a card, line by line: a snapshot of this can be read by people. */
export function readingOf(card: object): readonly string[] {
  return linesOf({ ...card, fallbackText: undefined, refresh: undefined });
}

/** A card without any of its words: all that must not depend on the language. */
export function shapeOf(card: object): unknown {
  const words = ["text", "title", "value", "label", "placeholder", "errorMessage", "fallbackText"];
  return JSON.parse(JSON.stringify(card, (key, value) => (words.includes(key) ? "…" : value)));
}

function linesOf(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(linesOf);
  if (typeof node !== "object" || node === null) return [];
  const { text, title, value, label, placeholder, errorMessage, body, items, facts, actions } = node as Json;
  const own = [text, value === undefined ? undefined : `${title}: ${value}`, label, placeholder, errorMessage];
  const button = "verb" in node || "url" in node ? [`[${title}]`] : [];
  return [
    ...own.filter((line) => typeof line === "string"),
    ...button,
    ...[body, items, facts, actions].flatMap(linesOf),
  ];
}

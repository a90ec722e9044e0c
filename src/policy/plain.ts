import type { FactValue } from "../connection/facts.ts";

/** Control and format characters (the latter turn the direction of writing), line separators, half characters. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const longest = 300;

/** Text of unknown origin as one line that a terminal can show: what it would act on stands as `\u001b`. */
export function plain(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)} … (${text.length} characters)` : text;
  return cut.replace(unprintable, escaped);
}

/** A value as it stood in a policy or a fact: texts in quotes, so that `"5"` and `5` differ. */
export function quoted(value: FactValue): string {
  if (typeof value !== "string") return String(value);
  const cut = value.length > longest ? value.slice(0, longest) : value;
  const more = value.length > longest ? ` … (${value.length} characters)` : "";
  return JSON.stringify(cut).replace(unprintable, escaped) + more;
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

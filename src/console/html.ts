/**
 * HTML that may stand in a page as it is. Only the tag `html` makes it (and `ours`, for a constant), so a text of somebody else
 * can never pass for it.
 */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }

  static of(strings: TemplateStringsArray, values: readonly Fill[]): Html {
    const parts = strings.flatMap((part, at) => (at < values.length ? [part, written(values[at])] : [part]));
    return new Html(parts.join(""));
  }
}

/** What may stand in a hole of the tag: text is escaped, HTML is taken as it is, `undefined` and `false` are nothing. */
export type Fill = string | number | Html | readonly Fill[] | undefined | false;

/**
 * Writes HTML: every text in a hole is escaped for content and for quoted attributes, wherever it came from (design.md,
 * rule 7). Holes stand in content or between double quotes, nowhere else; a test reads the templates for that.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Fill[]): Html {
  return Html.of(strings, values);
}

/** HTML out of a constant of ours, such as the style, whose hash must be that of the very bytes. Never for anything else. */
export function ours(constant: string): Html {
  return Html.of(Object.assign([constant], { raw: [constant] }), []);
}

function written(fill: Fill): string {
  if (fill === undefined || fill === false) return "";
  if (fill instanceof Html) return fill.toString();
  if (typeof fill === "string" || typeof fill === "number") return escaped(visible(String(fill)));
  return fill.map(written).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => entities[character] ?? "");
}

// Controls (but not those that break a line), formats such as bidi and zero-width, halves of pairs, and all that has no look.
const invisible = /[[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]--[\t\n\r]]/gv;

/** The text without characters that nobody sees: they hide words, or turn the direction of those around them. */
function visible(text: string): string {
  return text.replace(invisible, "");
}

const blanks = /[\s\u0085]+/gu;
// A base letter may carry accents, but not a tower of them that covers the lines around it.
const piledMarks = /(\p{M}{4})\p{M}+/gu;

/**
 * Somebody else's words, on one line and cut at `limit` code points, isolated so that their direction of writing ends with
 * them. What has no visible character is the `otherwise`.
 */
export function foreign(text: string | null | undefined, limit: number, otherwise = ""): Html {
  const shown = visible((text ?? "").slice(0, limit * 4).replace(blanks, " "))
    .replace(piledMarks, "$1")
    .trim();
  return shown === "" ? html`${otherwise}` : html`<bdi>${cut(shown, limit)}</bdi>`;
}

function cut(text: string, limit: number): string {
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  return `${characters.slice(0, limit - 1).join("")}…`;
}

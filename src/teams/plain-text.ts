/**
 * Turns text that somebody else wrote into text that a card only ever shows (teams.md 4.7).
 *
 * Cards read a subset of Markdown, `{{DATE()}}`, HTML entities and bare addresses, and no escape is known to work in every
 * Teams client. So the characters that mean something are replaced by others that look alike, whatever they would have
 * meant where they stand. Invisible characters and those that turn the direction of writing are dropped, line breaks
 * become spaces, and the text is cut at `limit` code points with an ellipsis as the last.
 *
 * What comes out is for eyes: it is not what was written, so it is never compared, stored or sent anywhere else.
 * Applied twice it changes nothing more.
 */
export function plainText(text: string, limit: number): string {
  const visible = text.replace(invisible, "").replace(blanks, " ").replace(piledMarks, "$1").trim();
  // Cut first: each replacement is one for one, and the ellipsis may complete what must be defused.
  return defuse(cut(visible, limit));
}

const blanks = /[\s\u0085]+/gu;
// Controls (but not those that break a line), formats such as bidi and zero-width, halves of pairs, and all that has no look.
const invisible =
  /[[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]--[\t-\r\u0085]]/gv;
// A base letter may carry accents, but not a tower of them that covers the lines around it.
const piledMarks = /(\p{M}{4})\p{M}+/gu;

const lookAlikes: Readonly<Record<string, string>> = {
  "[": "［",
  "]": "］",
  "(": "（",
  ")": "）",
  "{": "｛",
  "}": "｝",
  "*": "∗",
  _: "＿",
  "~": "∼",
  "`": "ˋ",
  "#": "＃",
  ">": "›",
  "|": "ǀ",
  "<": "‹",
  "\\": "＼",
  // An entity would bring back what was just taken away: `&lsqb;`, `&rlm;`.
  "&": "＆",
  "@": "＠",
};

const markup = /[[\](){}*_~`#>|<\\&@]/g;
// `https:`, `mailto:`, but not `12:30`.
const scheme = /(?<=\p{L}):(?=\S)|:(?=\/)/gu;
const doubleSlash = /\/(?=\/)/g;
// `www.example.com`, but not `10.0.0.4` and not the end of a sentence.
const innerDot = /(?<=\S)\.(?=[\p{L}\p{M}])|(?<=[\p{L}\p{M}])\.(?=\S)/gu;
// At the start of a line Markdown reads these as a list.
const bullet = /^[-+](?= |$)/;
const numbering = /^(\d+)\.(?= |$)/;

function defuse(text: string): string {
  return text
    .replace(markup, (character) => lookAlikes[character] ?? "")
    .replace(scheme, "∶")
    .replace(doubleSlash, "∕")
    .replace(innerDot, "․")
    .replace(bullet, (character) => (character === "-" ? "‐" : "＋"))
    .replace(numbering, "$1․");
}

function cut(text: string, limit: number): string {
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  return `${characters
    .slice(0, Math.max(0, limit - 1))
    .join("")
    .trimEnd()}…`;
}

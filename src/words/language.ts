/** The languages that plgate speaks to people. A text that is missing in one does not compile. */
export const languages = ["en", "ja"] as const;
export type Language = (typeof languages)[number];

/**
 * The reader's language out of what a client says: `ja-JP`, or a header Accept-Language with its weights.
 * `otherwise` when it names none that we speak. Never throws: the text is anybody's.
 */
export function languageOf(wish: string | null | undefined, otherwise: Language): Language {
  const wishes = (wish ?? "").slice(0, 500).split(",").map(weighted);
  const ours = wishes.filter(({ weight }) => weight > 0).toSorted((one, other) => other.weight - one.weight);
  return ours.flatMap(({ tag }) => languages.find((language) => language === tag) ?? [])[0] ?? otherwise;
}

function weighted(part: string): { readonly tag: string; readonly weight: number } {
  const [range = "", ...parameters] = part.split(";");
  const quality = parameters
    .map((one) => /^\s*q=(\d(?:\.\d{1,3})?)\s*$/.exec(one)?.[1])
    .find((one) => one !== undefined);
  return { tag: range.trim().toLowerCase().split("-")[0] ?? "", weight: Number(quality ?? 1) };
}

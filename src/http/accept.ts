type Wish = { readonly range: string; readonly quality: number };

/**
 * Which of the offered media types the caller likes best (RFC 9110, 12.5.1); undefined when it takes none of them.
 *
 * The most specific range that fits a type says how much it is wanted. Types that are wanted alike: the one that is named
 * comes before one that a wildcard lets in, then the order of the offer counts. No wish takes anything.
 */
export function preferredType<T extends string>(accept: string | null, offered: readonly T[]): T | undefined {
  const wishes = (accept ?? "").split(",").flatMap((part) => wishIn(part) ?? []);
  if (wishes.length === 0) return (accept ?? "").trim() === "" ? offered[0] : undefined;
  const ranked = offered
    .map((type) => ({ type, ...fitOf(type, wishes) }))
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality || other.precision - one.precision);
  return ranked[0]?.type;
}

function wishIn(part: string): Wish | undefined {
  const [range = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
  if (!/^(\*\/\*|[\w!#$&^.+-]+\/(\*|[\w!#$&^.+-]+))$/.test(range)) return undefined;
  const weight = parameters.find((text) => text.startsWith("q="))?.slice(2) ?? "1";
  // What is no weight is no wish: to guess one could send what the caller cannot read.
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? { range, quality: Number(weight) } : undefined;
}

function fitOf(type: string, wishes: readonly Wish[]): { readonly quality: number; readonly precision: number } {
  const ranges = ["*/*", `${type.split("/")[0]}/*`, type];
  const fits = wishes
    .map(({ range, quality }) => ({ quality, precision: ranges.indexOf(range) }))
    .filter(({ precision }) => precision >= 0)
    .sort((one, other) => other.precision - one.precision || other.quality - one.quality);
  return fits[0] ?? { quality: 0, precision: -1 };
}

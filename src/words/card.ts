import { englishCard } from "./card-english.ts";
import { japaneseCard } from "./card-japanese.ts";
import type { CardWords } from "./card-words.ts";
import type { Language } from "./language.ts";

/** What cards say, once for each language. */
export const cardWords: Readonly<Record<Language, CardWords>> = { en: englishCard, ja: japaneseCard };

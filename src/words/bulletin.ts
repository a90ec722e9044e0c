import { englishBulletin } from "./bulletin-english.ts";
import { japaneseBulletin } from "./bulletin-japanese.ts";
import type { BulletinWords } from "./bulletin-words.ts";
import type { Language } from "./language.ts";

/** What plgate says beside cards, once for each language. */
export const bulletinWords: Readonly<Record<Language, BulletinWords>> = { en: englishBulletin, ja: japaneseBulletin };

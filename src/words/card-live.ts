import { englishLiveCard } from "./card-live-english.ts";
import { japaneseLiveCard } from "./card-live-japanese.ts";
import type { LiveCardWords } from "./card-live-words.ts";
import type { Language } from "./language.ts";

/** What cards say of connections that are approved already, once for each language. */
export const liveCardWords: Readonly<Record<Language, LiveCardWords>> = { en: englishLiveCard, ja: japaneseLiveCard };

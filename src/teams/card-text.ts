import { cardWords } from "../words/card.ts";
import { liveCardWords } from "../words/card-live.ts";
import type { LiveCardWords } from "../words/card-live-words.ts";
import type { CardWords } from "../words/card-words.ts";
import type { RequestView } from "../workflow/ports.ts";
import { plainText } from "./plain-text.ts";

// A card must stay under 20 KB whatever is written into it (teams.md 5); these are its share for each part.
const nameLimit = 80;
const sentenceLimit = 200;
const justificationLimit = 140;
const mediumLimit = 50;
const briefLimit = 40;
/** Most lines of one list. */
export const listLimit = 4;

/** The words of the card, in the language of its channel; of a connection that is approved it says some things otherwise. */
export function wordsOf({ language, request }: Pick<RequestView, "language" | "request">): CardWords {
  return request.live ? { ...cardWords[language], ...liveCardWords[language].instead } : cardWords[language];
}

/** What only cards about approved connections say. */
export function liveWordsOf({ language }: Pick<RequestView, "language">): LiveCardWords {
  return liveCardWords[language];
}

/*
 * What others wrote, defused and cut to what it may take of a card. An empty text is said to be unknown.
 */

export function shortName(text: string | null | undefined, words: CardWords): string {
  return defused(text ?? "", nameLimit) || words.unknown;
}

export function mediumName(text: string, words: CardWords): string {
  return defused(text, mediumLimit) || words.unknown;
}

export function brief(text: string, words: CardWords): string {
  return defused(text, briefLimit) || words.unknown;
}

export function sentence(text: string, words: CardWords): string {
  return defused(text, sentenceLimit) || words.noReason;
}

/** A consumer's message; nothing when there is nothing to see in it. */
export function messageText(text: string | null): string {
  return defused(text ?? "", sentenceLimit);
}

export function justificationText(text: string, words: CardWords): string {
  return defused(text, justificationLimit) || words.noReason;
}

/** The limits are in characters of up to three bytes, which holds for all of Japanese; of rarer ones there is room for fewer. */
function defused(text: string, limit: number): string {
  const whole = plainText(text, limit);
  return Buffer.byteLength(whole) <= 3 * limit ? whole : plainText(whole, Math.floor((3 * limit) / 4));
}

export function listed(texts: readonly string[], words: CardWords, limit = listLimit): string {
  const shown = texts.slice(0, limit).map((text) => brief(text, words));
  return words.listed(shown, texts.length - shown.length);
}

/**
 * A moment in the reader's own time and words, by the two functions that cards know.
 * Those take whole seconds only; anything that is no instant is said to be unknown.
 */
export function moment(instant: string, words: CardWords): string {
  const time = new Date(instant);
  if (Number.isNaN(time.getTime())) return words.unknown;
  const seconds = `${time.toISOString().slice(0, 19)}Z`;
  return `{{DATE(${seconds}, SHORT)}} {{TIME(${seconds})}}`;
}

const durationPattern = /^P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?)?$/;

/** An ISO 8601 duration of weeks, days, hours and minutes, said for people; any other text is shown as it is, defused. */
export function lasting(duration: string, words: CardWords): string {
  const parts = durationPattern.exec(duration);
  const [weeks = 0, days = 0, hours = 0, minutes = 0] = (parts ?? []).slice(1).map((part) => Number(part ?? 0));
  return (parts && words.lasting({ weeks, days, hours, minutes })) || brief(duration, words);
}

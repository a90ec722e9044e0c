import { cardWords } from "../words/card.ts";
import type { Language } from "../words/language.ts";
import { sampleWords } from "../words/sample.ts";
import { type AdaptiveCard, factSet, paragraph } from "./adaptive-card.ts";
import { moment } from "./card-text.ts";
import { plainText } from "./plain-text.ts";

export type Sample = {
  readonly language: Language;
  /** The name of whoever asked for the test; anybody's text. */
  readonly sentBy: string;
  /** The channel as people know it; anybody's text. */
  readonly channel: string;
  readonly at: Date;
};

const nameLimit = 80;

/**
 * The card of a test: pure, without buttons and inputs, and its first words say that there is nothing to decide.
 * Names went through `plainText`, as everything that others wrote.
 */
export function sampleCard({ language, sentBy, channel, at }: Sample): AdaptiveCard {
  const words = sampleWords[language];
  return {
    type: "AdaptiveCard",
    version: "1.5",
    fallbackText: sampleSummary(language),
    body: [
      {
        type: "Container",
        style: "emphasis",
        bleed: true,
        items: [
          paragraph(words.heading, { style: "heading", size: "Large", weight: "Bolder" }),
          paragraph(words.nothingToDo, { spacing: "Small" }),
        ],
      },
      ...factSet([
        { title: words.sentBy, value: plainText(sentBy, nameLimit) },
        { title: words.sentAt, value: moment(at.toISOString(), cardWords[language]) },
        { title: words.channel, value: plainText(channel, nameLimit) },
      ]),
      paragraph(words.realCards, { isSubtle: true }),
    ],
    actions: [],
  };
}

/** What notifications say of the test card. */
export function sampleSummary(language: Language): string {
  const { heading } = sampleWords[language];
  return `plgate. ${heading}`;
}

/** The first message of a test: one line, which the card replaces. */
export function sampleLine(language: Language): string {
  return sampleWords[language].line;
}

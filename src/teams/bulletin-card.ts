import { bulletinWords } from "../words/bulletin.ts";
import type { Language } from "../words/language.ts";
import type { Bulletin } from "../workflow/ports.ts";
import type { Fact } from "./adaptive-card.ts";
import { namesIn, spoken } from "./bulletin.ts";
import { facts, heading, line, type NoticeCard, readable } from "./notice-card.ts";
import { plainText } from "./plain-text.ts";

const subscriptionsShown = 5;
const nameLimit = 60;

/** A bulletin for a webhook: a heading, what is the case, about what, and what to do. It holds nothing to press. */
export function bulletinCard(bulletin: Bulletin, language: Language): NoticeCard {
  const words = bulletinWords[language];
  const said = spoken(bulletin, language);
  return {
    type: "AdaptiveCard",
    version: "1.4",
    body: [
      heading(words.headings[said.heading]),
      ...(said.what === "" ? [] : [line(said.what)]),
      facts(about(bulletin, language)),
      ...(said.next === "" ? [] : [line(said.next)]),
    ],
    actions: [],
  };
}

function about(bulletin: Bulletin, language: Language): readonly Fact[] {
  const words = bulletinWords[language];
  const { labels, unknown } = words;
  const { serviceId, connectionId, consumerSubscriptionId, time } = bulletin;
  const { service, connection } = namesIn(bulletin, words);
  const subscriptions = subscriptionsIn(bulletin);
  const subscription = plainText(consumerSubscriptionId ?? "", nameLimit);
  return [
    ...(serviceId === null ? [] : [{ title: labels.service, value: service }]),
    ...(connectionId === null ? [] : [{ title: labels.connection, value: connection }]),
    ...(subscription === "" ? [] : [{ title: labels.subscription, value: subscription }]),
    ...(subscriptions === "" ? [] : [{ title: labels.subscriptions, value: subscriptions }]),
    { title: labels.seen, value: readable(time) ?? unknown },
  ];
}

/** Those that Azure lets in by itself, the first few. */
function subscriptionsIn({ detail }: Bulletin): string {
  const listed = typeof detail === "object" && detail !== null ? Reflect.get(detail, "subscriptions") : undefined;
  if (!Array.isArray(listed)) return "";
  const texts = listed.filter((one) => typeof one === "string" && one !== "*");
  const shown = texts.slice(0, subscriptionsShown).map((one) => plainText(one, nameLimit));
  return `${shown.join(", ")}${texts.length > shown.length ? `, … +${texts.length - shown.length}` : ""}`;
}

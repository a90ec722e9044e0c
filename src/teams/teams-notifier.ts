import { PlgateError } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import type { Language } from "../words/language.ts";
import { noticeWords } from "../words/notice.ts";
import type { Announced, Bulletin, Notifier, Place, RequestView, SentCard, Told, Updated } from "../workflow/ports.ts";
import { approvalCard, cardSummary } from "./approval-card.ts";
import { bulletinText } from "./bulletin.ts";
import { bulletinCard } from "./bulletin-card.ts";
import type { CardMessage, Connector, Refused } from "./connector.ts";
import type { Conversations } from "./conversations.ts";
import { type NoticeKind, noticeCard, reminderText } from "./notice-card.ts";
import { routerOf } from "./places.ts";
import type { Webhooks } from "./webhooks.ts";

export type NotifierMeans = {
  readonly connector: Pick<Connector, "announce" | "updateActivity" | "reply">;
  /** Null: no bot is configured. */
  readonly conversations: Pick<Conversations, "list"> | null;
  readonly webhooks: Webhooks;
  readonly tenantId: string;
  /** PLGATE_TEAMS_CHANNEL: the place of those for whom policy names none, by id or name; undefined: the first known. */
  readonly fallback: string | undefined;
  readonly language: Language;
  readonly log: Log;
  readonly sleep: (ms: number) => Promise<void>;
};

// Teams sometimes does not find a message that is there; it turns up within seconds (teams.md 5).
const waitsForLostActivity = [500, 1500];

/** Shows requests as cards in Teams channels, and tells webhooks of them. */
export function teamsNotifier(means: NotifierMeans): Notifier {
  const { conversations, webhooks, tenantId, fallback, language } = means;
  return {
    router: async () =>
      routerOf({
        tenantId,
        channels: conversations && (await conversations.list()),
        webhooks: webhooks.names,
        fallback,
      }),
    announce: async (view, place) => {
      if (place.kind === "channel") return announceIn(place, view, means);
      const told = await notify(place, view, "asked", means);
      return told.kind === "told" ? { kind: "announced", card: null } : told;
    },
    update: (view, card) => updateCard(view, card, means),
    remind: async (view, { place, card }, step) => {
      if (card === null) return notify(place, view, step, means);
      return reply(card, reminderText({ ...view, language }, step), means);
    },
    tellEnd: async (view, { place, card }) => {
      if (card === null) return notify(place, view, "ended", means);
      return reply(card, noticeWords[language].end(cardSummary(view), view.request.id), means);
    },
    bulletin: (bulletin, place) => postBulletin(bulletin, place, means),
  };
}

/** A line of text is all that a killed host may leave behind twice: `updateCard` makes a card of the one that is kept. */
async function announceIn(place: Place, view: RequestView, means: NotifierMeans): Promise<Announced> {
  const channel = await channelOf(place, means);
  if (!channel) return { kind: "gone", why: `the bot is not in channel ${place.id} any more` };
  const text = noticeWords[means.language].announcement(cardSummary(view));
  const outcome = await means.connector.announce(channel, text);
  if (outcome.kind !== "posted") return gone(outcome, place.id);
  const { serviceUrl, tenantId, channelId } = channel;
  const { conversationId, activityId } = outcome;
  return { kind: "announced", card: { serviceUrl, tenantId, channelId, conversationId, activityId } };
}

/** A line in a channel, in a thread of its own; a notice in a webhook. */
async function postBulletin(bulletin: Bulletin, place: Place, means: NotifierMeans): Promise<Told> {
  if (place.kind === "webhook") {
    const sent = await means.webhooks.send(place.id, bulletinCard(bulletin, means.language));
    return sent.kind === "sent" ? { kind: "told" } : sent;
  }
  const channel = await channelOf(place, means);
  if (!channel) return { kind: "gone", why: `the bot is not in channel ${place.id} any more` };
  const outcome = await means.connector.announce(channel, bulletinText(bulletin, means.language));
  return outcome.kind === "posted" ? { kind: "told" } : gone(outcome, place.id);
}

async function channelOf({ id }: Place, { conversations, tenantId }: NotifierMeans) {
  const known = (await conversations?.list()) ?? [];
  return known.find((one) => one.channelId === id && isSame(one.tenantId, tenantId));
}

async function updateCard(view: RequestView, card: SentCard, means: NotifierMeans): Promise<Updated> {
  const outcome = await updateWithPatience(card, { summary: cardSummary(view), card: approvalCard(view) }, means);
  if (outcome.kind === "done") return { kind: "shown" };
  if (outcome.kind !== "not-found" || outcome.what !== "activity") return gone(outcome, card.channelId);
  const { id, state } = view.request;
  means.log.warn("Teams does not find the card of a request", { request: id, state, activity: card.activityId });
  return { kind: "missing" };
}

async function updateWithPatience(card: SentCard, message: CardMessage, { connector, sleep }: NotifierMeans) {
  for (const wait of waitsForLostActivity) {
    const outcome = await connector.updateActivity(card, message);
    if (outcome.kind !== "not-found" || outcome.what !== "activity") return outcome;
    await sleep(wait);
  }
  return connector.updateActivity(card, message);
}

async function reply(card: SentCard, text: string, { connector }: NotifierMeans): Promise<Told> {
  const outcome = await connector.reply(card, text);
  return outcome.kind === "done" ? { kind: "told" } : gone(outcome, card.channelId);
}

async function notify(place: Place, view: RequestView, kind: NoticeKind, means: NotifierMeans): Promise<Told> {
  if (place.kind === "channel") throw new PlgateError("a channel is told by its card", { retryable: false });
  const outcome = await means.webhooks.send(place.id, noticeCard(view, kind, means.language));
  return outcome.kind === "sent" ? { kind: "told" } : outcome;
}

function gone(refused: Refused, channel: string): { readonly kind: "gone"; readonly why: string } {
  if (refused.kind === "forbidden") {
    const why = `Teams does not let the bot into channel ${channel} (${refused.why}): add the app to its team again`;
    return { kind: "gone", why };
  }
  return { kind: "gone", why: `Teams does not know the ${refused.what} in channel ${channel} any more` };
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

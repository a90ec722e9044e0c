import type { Log } from "../runtime/log.ts";
import type { Notifier, RequestView, SentCard, Shown } from "../workflow/ports.ts";
import { approvalCard, cardSummary } from "./approval-card.ts";
import type { CardMessage, Connector, Refused } from "./connector.ts";
import type { ConversationReference, Conversations } from "./conversations.ts";

export type NotifierMeans = {
  readonly connector: Connector;
  readonly conversations: Conversations;
  readonly tenantId: string;
  /** The channel that cards go to, when the bot is in it; undefined: the first known one. */
  readonly channelId: string | undefined;
  readonly log: Log;
  readonly sleep: (ms: number) => Promise<void>;
};

// Teams sometimes does not find a message that is there; it turns up within seconds (teams.md 5).
const waitsForLostActivity = [500, 1500];

/**
 * Shows requests as cards in a Teams channel.
 *
 * `update` replaces the card. Where Teams cannot find it, an end is told in its thread instead, so that nobody waits for an
 * answer that was given; a mere vote is not: the next update shows it.
 */
export function teamsNotifier(means: NotifierMeans): Notifier {
  return {
    post: async (view) => {
      const channel = channelOf(await means.conversations.list(), means);
      if (!channel) {
        return nowhere(`the bot is in no channel of tenant ${means.tenantId}: add the app to a team`);
      }
      const outcome = await means.connector.createConversation(channel, messageOf(view));
      if (outcome.kind !== "posted") return nowhere(whyNot(outcome, channel.channelName ?? channel.channelId));
      const { serviceUrl, tenantId, channelId } = channel;
      const { conversationId, activityId } = outcome;
      return { kind: "shown", card: { serviceUrl, tenantId, channelId, conversationId, activityId } };
    },
    update: async (view, card) => {
      const outcome = await updateWithPatience(card, messageOf(view), means);
      if (outcome.kind === "done") return { kind: "shown", card };
      if (outcome.kind === "not-found" && outcome.what === "activity") return tellInThread(view, card, means);
      return nowhere(whyNot(outcome, card.channelId));
    },
  };
}

function messageOf(view: RequestView): CardMessage {
  return { summary: cardSummary(view), card: approvalCard(view) };
}

/** The configured channel, else the first by id, so that every host chooses the same. */
function channelOf(
  known: readonly ConversationReference[],
  { tenantId, channelId }: Pick<NotifierMeans, "tenantId" | "channelId">,
): ConversationReference | undefined {
  const ours = known
    .filter((reference) => reference.tenantId.toLowerCase() === tenantId.toLowerCase())
    .toSorted((one, other) => (one.channelId < other.channelId ? -1 : 1));
  return ours.find((reference) => reference.channelId === channelId) ?? ours[0];
}

async function updateWithPatience(card: SentCard, message: CardMessage, { connector, sleep }: NotifierMeans) {
  for (const wait of waitsForLostActivity) {
    const outcome = await connector.updateActivity(card, message);
    if (outcome.kind !== "not-found" || outcome.what !== "activity") return outcome;
    await sleep(wait);
  }
  return connector.updateActivity(card, message);
}

async function tellInThread(view: RequestView, card: SentCard, means: NotifierMeans): Promise<Shown> {
  const { id, state } = view.request;
  means.log.warn("Teams does not find the card of a request", { request: id, state, activity: card.activityId });
  if (state === "awaiting-decision" || state === "received") return { kind: "shown", card };
  const outcome = await means.connector.reply(card, `${cardSummary(view)}. Request ${id}`);
  return outcome.kind === "done" ? { kind: "shown", card } : nowhere(whyNot(outcome, card.channelId));
}

function whyNot(refused: Refused, channel: string): string {
  if (refused.kind === "forbidden") {
    return `Teams does not let the bot into channel ${channel} (${refused.why}): add the app to its team again`;
  }
  return `Teams does not know the ${refused.what} in channel ${channel} any more`;
}

function nowhere(why: string): Shown {
  return { kind: "nowhere", why };
}
